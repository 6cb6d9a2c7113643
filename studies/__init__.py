"""Worlds whose truth is known, and how near the statistics come to it. Development only."""
