"""Smoke: every tiny experiment trains and evaluates from the command line, without any archive."""

from __future__ import annotations

import json

import pytest

from nnlab.config.bundled import configs_in
from tests.helpers.command import Command


@pytest.mark.parametrize("name", [path.stem for path in configs_in("tiny")])
def test_a_tiny_experiment_trains_and_evaluates(name: str, command: Command) -> None:
    trained = command("train", name)
    assert trained.code == 0, trained.stderr
    folder = trained.stdout.splitlines()[-1]

    evaluated = command("eval", folder, "--json")

    assert evaluated.code == 0, evaluated.stderr
    assert json.loads(evaluated.stdout)["test"]["loss"] > 0


def test_two_tiny_experiments_on_the_same_data_are_compared(command: Command) -> None:
    finished = command("compare", "tiny_logistic", "tiny/tiny_mlp", "--seeds", "3")

    assert finished.code == 0, finished.stderr
    assert "tiny_mlp beats tiny_logistic" in finished.stdout
