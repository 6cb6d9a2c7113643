"""The clock: when the jobs run, and in which of several processes."""
