"""Our tables in one file, taken while servers go on, and put into any Postgres: embedded or not, newer or older."""
