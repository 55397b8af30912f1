"""Searches for a learning rate, each a program of its own: ``python -m benchmarks.searches.NAME N``."""
