"""Postgres: the embedded server, migrations, and all SQL. Nothing else in the house speaks SQL."""
