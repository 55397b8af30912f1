"""Sweeps: trials, packs and rungs, planned before anything trains."""
