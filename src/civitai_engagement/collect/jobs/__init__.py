"""What the jobs do, one module each: which of them run when is said in collect/registry.py."""
