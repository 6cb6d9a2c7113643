"""Installed: what other programs of this machine are told of us (clients, service managers), and what is wrong."""
