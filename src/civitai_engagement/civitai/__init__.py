"""Everything known about talking to Civitai: addresses, requests, pacing, and the shapes of its answers."""
