"""Outside judges, run on the server as people run it: other people's clients and suites. docs/decisions/0023."""
