"""Versions of the JSON documents; a version goes up when a field is removed or changes meaning."""

from __future__ import annotations

RUN = 1  # meta.json, preprocessing.json, summary.json
CHECKPOINT = 1  # checkpoints/manifest.json
COMPARISON = 2  # comparison.json, and what nnlab compare prints
SWEEP = 1  # plan.json
CHECK = 2  # what nnlab check prints
OUTPUT = 1  # what the other commands print
