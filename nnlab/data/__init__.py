"""Data sets as tensors: reading, generating, splitting, standardising, batching."""
