"""What is recorded and followed, with its latest counters."""
