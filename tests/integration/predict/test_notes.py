"""Notes beside the answers: unknown categories, and values far outside the training range."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import nnlab
from nnlab.data.columns.seen import ColumnRange, far_rows, joined, seen_in
from nnlab.errors import RunError
from tests.helpers.tables import write_table


@pytest.fixture(scope="module")
def shop_run(runs_dir, tmp_path_factory):
    """A run on a table with a category and a number."""
    rows = [(["red", "blue"][i % 2], i, ["lo", "hi"][i // 30]) for i in range(60)]
    path = write_table(tmp_path_factory.mktemp("t") / "shop.csv", ["colour", "size", "y"], rows)
    dataset = {"name": "csv", "path": str(path), "target": "y"}
    return nnlab.train(
        {
            "dataset": dataset,
            "model": {"name": "logistic"},
            "optimizer": {"name": "adam", "lr": 0.1},
            "train": {"epochs": 2},
        },
        runs_dir=runs_dir,
    )


def test_a_category_that_the_run_has_never_seen_is_noted(shop_run, tmp_path) -> None:
    rows = [("red", 3), ("mauve", 4), ("blue", 9e9), ("mauve", -9e9)]
    table = write_table(tmp_path / "new.csv", ["Colour", "size"], rows)

    notes = [answer["note"] for answer in nnlab.predict(shop_run, table)]
    (typed,) = nnlab.predict(shop_run, {"colour": "mauve", "size": 4})

    far = "far outside the training range: size = "
    assert notes[:2] == ["", "unknown category: colour = 'mauve'"]
    assert notes[2].startswith(f"{far}9e+09 (")
    assert notes[3].startswith(f"unknown category: colour = 'mauve'; {far}-9e+09 (")
    assert typed["note"] == notes[1]


def test_each_kind_of_note_is_shown_although_there_are_many(shop_run, tmp_path, command) -> None:
    rows = [*[("red", 9e9)] * 30, ("mauve", 3), *[("mauve", 9e9)] * 9]
    table = write_table(tmp_path / "new.csv", ["colour", "size"], rows)

    said = command("predict", shop_run.id, str(table), "--runs-dir", str(shop_run.path.parent))

    shown = said.stderr.splitlines()
    assert sum("far outside" in line for line in shown) == 10
    assert [line for line in shown if "row 31: unknown category: colour = 'mauve'" in line]
    assert "and 29 more rows with a note" in said.stderr


def test_the_note_names_the_category_that_may_be_meant(shop_run) -> None:
    words = ["Red", "blu", "r\u0435d", "green", "re\u200bd", "blue\u00a0"]

    notes = [nnlab.predict(shop_run, {"colour": w, "size": 4})[0]["note"] for w in words]

    assert notes == [
        "unknown category: colour = 'Red' (did you mean 'red'?)",
        "unknown category: colour = 'blu' (did you mean 'blue'?)",
        r"unknown category: colour = 'r\u0435d' (did you mean 'red'?)",
        "unknown category: colour = 'green'",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("value", "is_far"),
    [(5, False), (-1, False), (21, True), (-11, True), (11, False), (5 + 5.1 * 3, True)],
)
def test_far_is_beyond_the_range_or_five_deviations(value: float, is_far: bool) -> None:
    seen = ColumnRange(low=0, high=10, mean=5, std=3)

    assert seen.is_far(np.array([value])) == [is_far]


def test_a_constant_column_makes_any_other_value_far() -> None:
    ranges = seen_in(np.full((4, 1), 3.0), ["a"], ()).columns

    assert far_rows([[3.0], [3.5]], ["a"], ranges) == [
        "",
        "far outside the training range: a = 3.5 (3 to 3)",
    ]


def test_many_values_are_counted() -> None:
    names = [f"x{i}" for i in range(6)]
    ranges = seen_in(np.random.default_rng(0).random((9, 6)), names, ()).columns

    (note,) = far_rows(np.full((1, 6), 99.0), names, ranges)

    assert note.count("99 (") == 3
    assert note.endswith(" and 3 more")


def test_missing_cells_have_no_range_and_are_not_far() -> None:
    values = np.array([[np.nan, 1.0], [np.nan, 2.0]])
    ranges = seen_in(values, ["a", "b"], ()).columns

    assert set(ranges) == {"b"}
    assert far_rows([[5.0, np.nan]], ["a", "b"], ranges) == [""]


def test_replicas_with_their_own_splits_share_one_range() -> None:
    first, second = (seen_in(np.array([[x], [x + 1.0]]), ["a"], ()) for x in (0.0, 5.0))

    (found,) = joined([first, second]).columns.values()

    assert (found.low, found.high) == (0, 6)


@pytest.mark.parametrize(
    "seen",
    [
        {"columns": {"size": {"low": "a", "high": 1, "mean": 0, "std": 1}}},
        {"columns": {"size": [0, 1]}},
        {"pictures": {"ink": [0.1], "background": [0, 0]}},
        {"columns": 7},
    ],
)
def test_a_damaged_range_is_refused(shop_run, tmp_path, seen: dict) -> None:
    damaged = tmp_path / shop_run.id
    shutil.copytree(shop_run.path, damaged)
    path = damaged / "preprocessing.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seen": seen}))

    with pytest.raises(RunError, match="is damaged: seen"):
        nnlab.predict(damaged, {"colour": "red", "size": 1})
