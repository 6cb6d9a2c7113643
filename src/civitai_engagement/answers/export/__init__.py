"""What is stored as whole tables, to take elsewhere: posts, assets, or the history of counters."""
