"""Bytes on disk: atomic writes, untrusted reading, folders, run directories, checkpoints."""
