"""Experiments for ``nnlab check``, one clean and one with five faults."""

from __future__ import annotations

import json

from tests.helpers.command import Command

CLEAN = """\
dataset: {name: spiral}
model: {name: mlp}
optimizer: {name: adam}
train: {seeds: 5}
"""
FAULTY = """\
# An experiment of mine.
dataset:
  name: spiral   # three arms
  split: {val: 0, order: "sequential"}

model: {name: mlp, output_activation: softmax}  # "probabilities"
optimizer: {name: adam, lr: 1e-3, weight_decay: 1e-4}
train: {monitor: test.accuracy, shuffle: false, seeds: 5}
"""
FAULTS = ["NL101", "NL201", "NL303", "NL401", "NL102"]


def found_codes(command: Command, *args: str, group: str = "findings") -> list[str]:
    (checked,) = json.loads(command("check", *args, "--json").stdout)["checked"]
    return [finding["code"] for finding in checked[group]]
