"""What the numbers mean: against the creator's own usual, at equal age, and beside each other."""
