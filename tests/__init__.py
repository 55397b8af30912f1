"""Tests, and the processes they start, share the cores: each computes with one thread."""

import os

for _library in ("OMP", "MKL", "OPENBLAS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
