"""What watching a hundred thousand media costs: time, requests, bytes and memory."""
