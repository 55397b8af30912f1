"""The table at the end of training, and the options that resuming takes."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnlab
from nnlab.metrics import METRICS
from nnlab.storage.registry import list_runs
from nnlab.storage.run_dir import RunDir
from nnlab.storage.schemas import means
from tests.helpers.command import Command

TINY = ["train.epochs=3", "train.seeds=2", "train.threads=1"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return nnlab.train("spiral_mlp", TINY, runs_dir=tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_last_table_explains_itself(
    width: int, run: RunDir, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    *lines, last = command("train", "--resume", str(run.path)).stdout.splitlines()

    assert last == str(run.path)
    assert max(map(len, lines)) <= width
    head = next(line for line in lines if "test (225)" in line)
    assert "95 % interval" in head
    assert ("train (1,050)" in head) == (width == 120)
    accuracy = next(line for line in lines if line.startswith(" accuracy"))
    assert " +- " in accuracy
    assert " to " in accuracy
    notes = " ".join(" ".join(lines).split())
    assert "+-: standard deviation over 2 seeds" in notes
    assert "95 % interval: how precisely 225 test examples measure the accuracy" in notes
    assert f"all 11 metrics, also by class: nnlab eval {run.id}" in notes
    assert "baseline, always 'c1': test accuracy 33.33 %" in notes


def metrics_in(stdout: str) -> list[str]:
    rows = (line.split() for line in stdout.splitlines() if line.startswith(" "))
    return [row[0] for row in rows if row and row[0] in METRICS]


def test_training_ends_with_what_sums_it_up_and_runs_show_has_all(
    run: RunDir, command: Command
) -> None:
    summed_up = command("train", "--resume", str(run.path)).stdout
    everything = command("runs", "show", str(run.path)).stdout

    shown = metrics_in(summed_up)
    assert shown == ["loss", "accuracy", "balanced_accuracy", "macro_f1", "roc_auc"]
    assert metrics_in(everything) == [*means(run.summary, "test")]


def test_few_right_answers_are_uncertain_although_no_seed_differs(
    command: Command, tmp_path: Path
) -> None:
    words = ["optimizer.lr=0.1", "train.epochs=60", *TINY[1:]]

    shown = command("train", "xor_mlp", *words, "--runs-dir", str(tmp_path)).stdout

    accuracy = next(line for line in shown.splitlines() if line.startswith(" accuracy"))
    assert accuracy.split()[1:5] == ["100.00", "+-", "0.00", "%"]
    assert accuracy.split()[5:8] == ["88.65", "to", "100.00"]


def test_a_regression_is_compared_with_the_mean(command: Command, tmp_path: Path) -> None:
    words = ["regression_mlp", "train.epochs=3", "--runs-dir", str(tmp_path)]

    shown = command("train", *words).stdout

    assert "baseline, always the mean: test mse " in shown
    assert "precision" not in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume", "RUN", "--device", "cuda"], "--device: a run keeps the seeds and the device"),
        (["--resume", "RUN", "--seeds", "3"], "--seeds: a run keeps the seeds and the device"),
        (["spiral_mlp", *TINY[::2], "--resume", "RUN", "--seeds", "3"], "does not belong to"),
        (["spiral_mlp", "--data-file", "x.csv"], "to train on another table: dataset.path=x.csv"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    words: list[str], message: str, run: RunDir, command: Command
) -> None:
    done = command("train", *(str(run.path) if word == "RUN" else word for word in words))

    assert done.code in {2, 4}
    assert message in done.stderr


def test_the_same_number_of_seeds_resumes(run: RunDir, command: Command) -> None:
    words = ["spiral_mlp", *TINY[::2], "--seeds", "2", "--resume", str(run.path)]

    assert command("train", *words).code == 0
    assert len(list_runs(run.path.parent)) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["trian"],
            "error: no such command 'trian' (did you mean 'train', 'trace'?); see: nnlab --help",
        ),
        (
            ["runs", "list", "--runs_dir", "x"],
            "error: no such option '--runs_dir' (did you mean '--runs-dir'?); see: nnlab runs list --help",
        ),
        (["eval"], "error: missing argument 'RUN'; see: nnlab eval --help"),
        (
            ["compare", "a", "b", "--seeds", "x"],
            "error: invalid value for '--seeds': should be a whole number; see: nnlab compare --help",
        ),
    ],
    ids=["command", "option", "argument", "value"],
)
def test_what_is_mistyped_looks_like_every_error(
    words: list[str], message: str, command: Command
) -> None:
    done = command(*words)

    assert done == (2, "", message + "\n")
