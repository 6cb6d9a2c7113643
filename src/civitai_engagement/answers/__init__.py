"""Answers to questions: read Civitai or the store, compute, return a typed value that is complete alone."""
