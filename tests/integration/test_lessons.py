"""Every command that a lesson shows runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, stdev

import pytest

import nnlab
from nnlab.ui.lessons.reading import lesson, names
from tests.helpers.command import Command

# Only what takes long is made short.
SHORT = {
    "a1_": ["optimizer.max_iter=1"],
    "a2_": ["train.epochs=1", "train.limit_batches=2"],
    "b": ["train.epochs=200"],
    "c1_": ["train.epochs=1", "train.limit_batches=2"],
    "d7_": ["train.epochs=1", "train.limit_batches=2"],
}
ON_IMAGES = ("a-digits", "c-steps", "d-features")
BELOW_THE_MINIMUM = 8
LESSONS = [
    pytest.param(name, marks=[pytest.mark.archives] if name in ON_IMAGES else [])
    for name in names()
]


def commands(name: str) -> Iterator[list[str]]:
    for block in lesson(name).blocks:
        for node in block["nodes"]:
            if isinstance(node, dict) and node["tag"] == "pre":
                for line in node["children"][0].splitlines():
                    yield shlex.split(line)


def shortened(words: list[str]) -> list[str]:
    """Return the arguments of a command, its training made short."""
    if words[1] not in {"train", "compare"}:
        return words[1:]
    extra = [extra for start, extra in SHORT.items() if words[2].startswith(start)]
    return [*words[1:], *(extra[0] if extra else [])]


@pytest.mark.parametrize("name", LESSONS)
def test_every_command_of_a_lesson_runs(
    name: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in ON_IMAGES:
        monkeypatch.setenv("NNLAB_DATA", str(request.getfixturevalue("installed_data")))
    is_short = False
    shown = [*commands(name)]

    for words in shown:
        arguments = shortened(words)
        if arguments[0] == "train":
            is_short = len(arguments) > len(words) - 1
        finished = command(*arguments)
        fine = {0, BELOW_THE_MINIMUM} if is_short and arguments[0] == "eval" else {0}
        assert finished.code in fine, f"nnlab {shlex.join(arguments)}\n{finished.stderr}"

    assert len(shown) >= 7
    assert all(words[0] == "nnlab" for words in shown)


def scores(folder: Path, config: str, overrides: list[str], seeds: int, metric: str) -> list[float]:
    """Return what each seed has on the split that the lesson speaks of."""
    run = nnlab.train(config, overrides, seeds=seeds, runs_dir=folder)
    split, name = metric.split(".")
    return [found[split][name] for found in run.summary["per_seed"]]


def test_what_lessons_say_of_seeds_and_divisions_is_measured(tmp_path: Path) -> None:
    """With room for the last digits of another processor."""
    two = scores(tmp_path, "d4_xor_mlp", ["model.hidden_sizes=[2]"], 20, "train.accuracy")
    four = scores(tmp_path, "d4_xor_mlp", [], 20, "train.accuracy")
    one_division = scores(tmp_path, "e3_spiral_mlp", [], 20, "test.accuracy")
    divisions = scores(tmp_path, "e3_spiral_mlp", ["dataset.split.vary=true"], 20, "test.accuracy")
    order = ["dataset.split.order=random"]
    within = scores(tmp_path, "b2_regression_published", order, 5, "test.mse")

    failed = [sum(value < 0.8 for value in values) for values in (two, four)]
    assert failed[0] in {2, 3, 4}
    assert failed[1] in {0, 1, 2}
    assert failed[0] > failed[1]
    assert stdev(one_division) == pytest.approx(0.004, abs=0.001)
    assert stdev(divisions) == pytest.approx(0.009, abs=0.002)
    assert fmean(within) == pytest.approx(0.013, abs=0.001)
