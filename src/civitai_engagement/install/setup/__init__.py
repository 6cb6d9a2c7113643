"""`setup`: what it would write for the clients it finds, shown before it is written, and taken back on request."""
