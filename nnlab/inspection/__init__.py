"""Inspecting an experiment: gradients, graphs and time."""
