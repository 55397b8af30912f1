"""The life of a run: execute, load, use, verify."""
