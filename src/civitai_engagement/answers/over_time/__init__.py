"""How counters moved: history, changes and charts."""
