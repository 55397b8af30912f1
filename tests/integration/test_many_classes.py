"""Runs of more classes than a picture has room for."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

import nnlab
from nnlab.config.losses import CrossEntropyConfig
from nnlab.config.resolve import build_task
from nnlab.formatting import format_weights
from nnlab.metrics import Metrics
from nnlab.report.classes import (
    class_colors,
    class_marker,
    confusion_of,
    most_confused,
    weakest,
)
from nnlab.storage.schemas import SplitMetrics, Summary, check
from tests.helpers.tables import write_table

NUM_CLASSES = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run on a table of two features and 60 classes of 6 rows."""
    folder = tmp_path_factory.mktemp("many")
    generator = np.random.default_rng(0)
    labels = np.arange(6 * NUM_CLASSES) % NUM_CLASSES
    rows = [[*generator.normal(size=2), f"k{label:02}"] for label in labels]
    path = write_table(folder / "t.csv", ["x1", "x2", "y"], rows)
    config = {
        "dataset": {"name": "csv", "path": str(path), "target": "y"},
        "model": {"name": "mlp", "hidden_sizes": [4]},
        "optimizer": {"name": "adam"},
        "train": {"epochs": 1, "threads": 1},
    }
    return nnlab.train(config, runs_dir=folder / "runs")


@pytest.mark.parametrize("number", [2, 10, 11, 25, 60, 300])
def test_every_class_has_a_colour_of_its_own(number):
    colors = class_colors(number)

    assert len(colors) == len(set(colors)) == number


def test_classes_of_similar_colours_have_different_markers():
    assert len({class_marker(index) for index in range(0, 120, 10)}) == 12


def test_the_first_ten_colours_do_not_depend_on_the_number_of_classes():
    assert class_colors(300)[:10] == class_colors(10)
    assert class_colors(3) == class_colors(10)[:3]


def test_the_classes_of_most_mistakes_are_shown_in_their_order():
    counts = np.diag([9, 9, 9, 9])
    counts[1, 3] = 5
    counts[0, 1] = 2

    assert most_confused(csr_array(counts), 2).tolist() == [1, 3]
    assert weakest(np.array([0.5, 0.1, 0.9, 0.2]), 2).tolist() == [1, 3]


@pytest.mark.parametrize("kind", ["boundary", "confusion", "classes", "roc"])
def test_a_picture_of_sixty_classes_is_drawn(run, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(run.path.parents[1])
    path = nnlab.plot(run, kind, tmp_path / f"{kind}.svg")

    text = path.read_text()
    expected = {
        "boundary": "and 36 more",
        "confusion": "the 25 of 60 classes with the most mistakes",
        "classes": "the 40 of 60 classes with the lowest F1",
        "roc": "first 24 of ",
    }
    assert expected[kind] in text


def test_eval_shows_the_weakest_classes_and_says_how_many_are_left(run, command):
    table = run.path.parents[1] / "t.csv"
    shown = command("eval", str(run.path), "--data-file", str(table))

    assert shown.code == 0
    assert sum(line.startswith(" k") for line in shown.stdout.splitlines()) == 30
    assert "and 30 more classes, which have a higher F1 (--json)" in shown.stdout
    whole = json.loads(command("eval", str(run.path), "--data-file", str(table), "--json").stdout)
    assert len(whole["per_seed"][0]["test"]["per_class"]) == NUM_CLASSES


def test_a_table_of_sixty_classes_is_shown_in_part(run, command):
    shown = command("data", "show", str(run.path.parents[1] / "t.csv"))

    assert "and 30 more classes (--json)" in shown.stdout


@pytest.mark.parametrize("num_classes", [5, 100, 101, 1500])
def test_many_classes_have_the_metrics_and_counts_of_few(num_classes):
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(num_classes, (400,), generator=generator)
    outputs = torch.randn(2, 400, num_classes, generator=generator)
    outputs[:, :300].scatter_(2, targets[:300].expand(2, -1)[..., None], 9.0)
    names = [str(i) for i in range(num_classes)]
    task = build_task(CrossEntropyConfig(), names, targets, "none")

    parts = [task.sums(outputs[:, at], targets[at]) for at in (slice(250), slice(250, 400))]
    found = task.metrics({name: parts[0][name] + parts[1][name] for name in parts[0]})

    preds = outputs.argmax(-1)
    counts = confusion_of(found).toarray()
    expected = sum(confusion_matrix(targets, p, labels=range(num_classes)) for p in preds)
    assert (counts == expected).all()
    for metrics, pred in zip(found, preds, strict=True):
        assert metrics.is_sparse == (num_classes > 100)
        assert metrics.scalars["accuracy"] == pytest.approx(accuracy_score(targets, pred))
        f1 = f1_score(targets, pred, average="weighted", zero_division=0)
        assert metrics.scalars["f1"] == pytest.approx(f1)
        stored = json.loads(json.dumps(metrics.to_json()))
        assert Metrics.from_json(check(SplitMetrics, stored)) == metrics
        assert len(json.dumps(stored)) < 40_000 + 120 * num_classes


@pytest.mark.parametrize("entry", [[0, NUM_CLASSES, 1], [0, 1], [0, -1, 1]], ids=str)
def test_entries_that_are_no_counts_of_two_classes_are_refused(run, entry):
    summary = json.loads(json.dumps(run.summary))
    check(Summary, summary)
    stored = summary["per_seed"][0]["test"]
    del stored["confusion"]

    stored["confusion_entries"] = [[0, 1, 1]]
    check(Summary, summary)
    stored["confusion_entries"] = [entry]
    with pytest.raises(ValueError, match="per_seed"):
        check(Summary, summary)


def test_the_weights_of_many_classes_are_shown_in_part():
    shown = format_weights({f"k{i:02}": 1.0 for i in range(NUM_CLASSES)})

    assert shown.startswith("k00 1, k01 1, ")
    assert shown.endswith("k23 1, and 36 more")
