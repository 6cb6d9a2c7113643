"""What users record: posts with all their media, read from Civitai once and kept."""
