"""Whether collecting works, and what is stored."""
