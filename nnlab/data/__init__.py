"""Data sets as tensors: reading, generating, dividing, standardising, batching."""
