"""Comparing experiments on the same seeds and the same examples."""
