"""The process beside the server for what takes torch, or many data."""
