"""Arithmetic on what was observed: pure functions, no I/O."""
