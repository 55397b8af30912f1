"""Promises that take many tries to believe: ``python -m tests.soak``; CI makes fewer of each."""
