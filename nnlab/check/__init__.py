"""Lint rules for experiments, and the diagnosis of finished runs."""
