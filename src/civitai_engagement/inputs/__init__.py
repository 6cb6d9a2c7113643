"""What people write, read: ids and URLs, names, instants, ages, time zones, metadata; for tools and commands alike."""
