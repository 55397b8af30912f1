"""A seed that diverges is marked and left out; the others train as if it were not there."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

import nnlab
from nnlab.errors import DivergedError, RunError
from nnlab.storage.schemas import Summary, check
from tests.helpers.command import Command
from tests.helpers.runs import fingerprint
from tests.helpers.steps import end_of

# At the edge of stability some of the seeds diverge, in different epochs.
NUMBERS = {
    "name": "edge",
    "dataset": {"name": "regression", "num_samples": 90},
    "model": {"name": "mlp", "hidden_sizes": [8]},
    "optimizer": {"name": "sgd", "lr": 0.35, "momentum": 0.9},
    "train": {"epochs": 6, "batch_size": 20, "seeds": 8, "threads": 1},
}
CLASSES = {
    **NUMBERS,
    "dataset": {"name": "spiral", "num_samples": 90},
    "model": {"name": "mlp", "hidden_sizes": [8, 8]},
    "loss": {"name": "quadratic"},
    "optimizer": {"name": "sgd", "lr": 8.0, "momentum": 0.9},
}
OPTIONS = {
    "numbers": NUMBERS,
    "classes": CLASSES,
    "autograd": {**NUMBERS, "train": {**NUMBERS["train"], "engine": "autograd"}},
    "numpy": {**NUMBERS, "train": {**NUMBERS["train"], "engine": "numpy"}},
    "own splits": {
        **NUMBERS,
        "dataset": {**NUMBERS["dataset"], "split": {"vary": True}},
    },
    "plateau, best weights": {
        **NUMBERS,
        "schedule": {"name": "plateau", "patience": 1, "factor": 0.9},
        "train": {**NUMBERS["train"], "select": "best"},
    },
    "every second epoch": {**CLASSES, "train": {**NUMBERS["train"], "eval_every": 2}},
    "early stopping": {
        **CLASSES,
        "train": {**NUMBERS["train"], "early_stopping": {"patience": 2}},
    },
}


def split_up(run) -> tuple[list[dict], list[dict]]:
    """Return the results of the seeds that diverged, and of the others; there are both."""
    results = run.summary["per_seed"]
    lost = [seed for seed in results if "diverged" in seed]
    kept = [seed for seed in results if "diverged" not in seed]
    assert lost, "no seed has diverged: the test shows nothing"
    assert kept, "every seed has diverged: the test shows nothing"
    return lost, kept


@pytest.mark.parametrize("config", OPTIONS.values(), ids=OPTIONS)
def test_seeds_that_diverge_are_marked_and_left_out_of_the_means(config: dict) -> None:
    run = nnlab.train(config)

    lost, kept = split_up(run)
    check(Summary, run.summary)
    metric = "accuracy" if "accuracy" in run.summary["test"] else "mse"
    mean = statistics.fmean(seed["test"][metric] for seed in kept)
    assert run.summary["test"][metric] == pytest.approx(mean)
    assert {1, 2, 3, 4, 5, 6} >= {seed["diverged"]["epoch"] for seed in lost}
    assert not any({"train", "val", "test"} & seed.keys() for seed in lost)
    assert not nnlab.verify(run).problems
    assert nnlab.evaluate(run)["test"] == run.summary["test"]


@pytest.mark.parametrize("engine", ["autograd", "numpy"])
def test_the_others_have_the_bytes_that_they_have_alone(engine: str) -> None:
    config = {**NUMBERS, "train": {**NUMBERS["train"], "engine": engine}}
    run = nnlab.train(config)
    _, kept = split_up(run)

    for seed in kept[:3]:
        alone = nnlab.train(config, {"train.seed": seed["seed"], "train.seeds": 1})
        assert alone.summary["per_seed"] == [seed]
        assert logits(alone, 0).equal(logits(run, seed["seed"]))


def test_fused_seeds_have_the_bytes_that_they_have_in_other_company() -> None:
    run = nnlab.train(NUMBERS)
    _, kept = split_up(run)
    numbers = [seed["seed"] for seed in kept]
    first = next(n for n in numbers if n + 1 in numbers)

    pair = nnlab.train(NUMBERS, {"train.seed": first, "train.seeds": 2})

    assert all("diverged" not in seed for seed in pair.summary["per_seed"])
    for place in (0, 1):
        torch.testing.assert_close(logits(pair, place), logits(run, first + place))


def logits(run, replica: int) -> torch.Tensor:
    return safetensors.torch.load_file(run.predictions_path)["logits"][replica]


def test_a_run_that_is_stopped_again_and_again_marks_the_same_seeds(tmp_path: Path) -> None:
    config = nnlab.api.training.as_config(NUMBERS)
    assert end_of(config, tmp_path, 3, 5, 1, 6) == end_of(config, tmp_path)


def test_more_epochs_keep_the_mark() -> None:
    case = {**NUMBERS, "train": {**NUMBERS["train"], "epochs": 4}}
    short, whole = nnlab.train(case), nnlab.train(NUMBERS)
    split_up(short)

    assert fingerprint(nnlab.resume(short, epochs=6).path) == fingerprint(whole.path)


def test_predictions_are_the_mean_of_the_seeds_that_are_left() -> None:
    run = nnlab.train(NUMBERS)
    lost, kept = split_up(run)
    rows = np.linspace(-1, 1, 5)[:, None]

    answers = [record["value"] for record in nnlab.predict(run, rows)]

    models = [run.model(seed["seed"]) for seed in kept]
    expected = [model(run.preprocess(rows)).double() for model in models]
    answers = torch.tensor(answers, dtype=torch.float64)
    torch.testing.assert_close(answers, torch.stack(expected).mean(0)[:, 0].detach())
    with pytest.raises(RunError, match=f"seed {lost[0]['seed']} of run .* has diverged"):
        run.model(lost[0]["seed"])
    shown = nnlab.predict_examples(run, "test", examples=[0])[0]
    at_first = [logits(run, seed["seed"])[0].item() for seed in kept]
    assert shown["value"] == pytest.approx(statistics.fmean(at_first), rel=1e-5)


def test_a_prediction_names_the_seeds_it_is_the_mean_of(command: Command, tmp_path: Path) -> None:
    _, kept = split_up(nnlab.train(CLASSES))
    seeds = [seed["seed"] for seed in kept]
    rows = tmp_path / "rows.csv"
    rows.write_text("x1,x2\n0.1,0.2\n")

    shown = command("predict", "latest", str(rows), "--json")
    note = command("predict", "latest", str(rows)).stderr

    assert json.loads(shown.stdout)["seeds"] == seeds
    assert f"of seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}\n" in note


def test_only_seeds_that_no_contender_lost_are_compared() -> None:
    stable = {**NUMBERS, "name": "stable", "optimizer": {"name": "sgd", "lr": 0.01}}

    found = nnlab.compare([NUMBERS, stable], seeds=8)

    row = next(row for row in found.rows if row.name == "edge")
    assert row.diverged
    assert all(r.seeds == sorted(set(range(8)) - set(row.diverged)) for r in found.rows)
    assert {len(pair.per_seed) for pair in found.pairs} == {8 - len(row.diverged)}
    assert "of edge diverged: no contender is compared on them" in found.notes[0]
    assert "flatters edge" in found.notes[0]
    again = nnlab.compare([NUMBERS, stable], seeds=8)
    assert [r.runs for r in again.rows] == [r.runs for r in found.rows]


def test_every_output_names_the_seeds_that_diverged(
    command: Command, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "edge.yaml"
    file.write_text(json.dumps(NUMBERS))

    train = command("train", str(file))
    evaluate = command("eval", "latest")
    show = command("runs", "show", "latest")
    check = command("check", "latest")
    report = command("report", "latest")
    listed = command("runs", "list")

    run = nnlab.load_run("latest")
    lost, kept = split_up(run)
    first = lost[0]["seed"]
    assert "(!)" not in listed.stdout
    text = f"mean of {len(kept)} of 8 seeds"
    assert [done.code for done in (train, evaluate, show, report)] == [0, 0, 0, 0]
    assert check.code in {0, 8}
    assert f"of seed {first} is" in caplog.text
    assert "this seed has diverged and is left out" in caplog.text
    for done in (train, evaluate, show):
        assert text in done.stdout
    assert f"seed {first} diverged in epoch {lost[0]['diverged']['epoch']}" in train.stdout
    assert text in (run.path / "report.html").read_text()


def test_a_run_whose_every_seed_diverges_ends_as_one_that_has_diverged(command: Command) -> None:
    with pytest.raises(DivergedError, match=r"every seed has diverged; the .* loss of seed"):
        nnlab.train(NUMBERS, {"optimizer.lr": 5.0})

    assert nnlab.load_run("latest").status == "diverged"
    assert nnlab.load_run("latest").meta["exit_code"] == 6
