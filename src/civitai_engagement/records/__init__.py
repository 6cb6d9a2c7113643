"""What the rooms hand to each other: frozen values (light) and tables (`records.tables`, which loads SQLModel)."""
