"""What the clock starts: collecting, and telling when collecting itself goes wrong."""
