"""The user's own code: who may run it, and running it from the bytes that are recorded."""
