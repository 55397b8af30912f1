"""The quick toy rows agree with independent implementations in loss, calibration and surface.

``python -m benchmarks.toys`` compares all rows.
"""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.toys import TOYS, compare

BY_ROW = {toy.row: toy for toy in TOYS}
LOGISTIC = ["D1", "D2", "D3"]
# What the three configs used to be: accuracies of 1, 0.51 and 1 hid a confident wrong surface.
OLD_LOGISTIC = ["optimizer={name: sgd, lr: 2.0}", "train.epochs=200", "train.batch_size=10"]


def outside(row: str, *overrides: str) -> set[str]:
    toy = dataclasses.replace(BY_ROW[row], seeds=min(BY_ROW[row].seeds, 7))
    return {found.name for found in compare(toy, overrides) if not found.is_within}


@pytest.mark.parametrize("row", [*LOGISTIC, "E1", "E3"])
def test_a_row_agrees_with_an_independent_implementation(row: str) -> None:
    assert outside(row) == set()


@pytest.mark.parametrize("row", LOGISTIC)
def test_the_old_logistic_regressions_do_not(row: str) -> None:
    assert {"train loss", "train ece", "surface (largest)"} <= outside(row, *OLD_LOGISTIC)


@pytest.mark.parametrize(("row", "override"), [("E1", "train.epochs=6"), ("E3", "train.epochs=50")])
def test_a_changed_network_does_not(row: str, override: str) -> None:
    assert outside(row, override)
