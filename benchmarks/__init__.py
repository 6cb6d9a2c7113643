"""Benchmarks: every figure a ratio to a server of the bare SDK, measured in the same run."""
