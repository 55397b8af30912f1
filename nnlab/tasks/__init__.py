"""The tasks: criterion, metrics, and what outputs mean."""
