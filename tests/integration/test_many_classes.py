"""Runs of more classes than a picture has room for."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nnlab
from nnlab.report.classes import class_colors, class_marker, most_confused, weakest
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

    assert most_confused(counts, 2).tolist() == [1, 3]
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
