"""However metrics.jsonl grows, is cut off or is damaged: columns hold what a whole read gives."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.storage.records import parse_record
from nnlab.storage.run_dir import RunDir
from nnlab.ui.columns import ABSENT, NOT_FINITE, MetricsLog

NUMBERS = st.one_of(
    st.none(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**6), 10**6)
)
RECORDS = st.fixed_dictionaries(
    {
        "epoch": st.integers(0, 30),
        "step": st.integers(0, 100),
        "seed": st.integers(0, 3),
        "train": st.fixed_dictionaries({"loss": NUMBERS}),
    },
    optional={
        "val": st.dictionaries(st.sampled_from(["loss", "accuracy", "f1"]), NUMBERS),
        "lr": NUMBERS,
        "seconds": st.floats(0, 1e6),
        "more": st.one_of(st.text(max_size=3), st.lists(NUMBERS, max_size=2)),
    },
)
ODD = [
    b"",
    b"{}",
    b"null",
    b'{"epoch": 1}',
    b'{"epoch": 1.0, "step": 1, "seed": 0, "train": {"loss": 1}}',
    b'{"epoch": true, "step": 1, "seed": 0, "train": {"loss": 1}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": "1"}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1e999}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": 1e999}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1E+309}, "x": 1E+309}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": 1e+0000309}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1e-308}, "x": -1e308}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": NaN}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": NaN}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": "\\ud800"}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": "\xff"}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "epoch": 2}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": '
    + b"[" * 20
    + b"]" * 20
    + b"}",
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": '
    + b"[" * 16
    + b"]" * 16
    + b"}",
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": ' + b"9" * 400 + b"}}",
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "x": ' + b"9" * 5_000 + b"}",
    b'{"epoch": 9007199254740992, "step": 1, "seed": 0, "train": {"loss": 1}}',
    b'{"epoch": 01, "step": 1, "seed": 0, "train": {"loss": 1}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}} {}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1},}',
    b' \t{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}}\r',
    b'\xef\xbb\xbf{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1}, "val": {"loss": [1]}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": .5}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 1e-400}}',
    b'{"epoch": 1, "step": 1, "seed": -1, "train": {"loss": 1}}',
    b'{"epoch": 1, "step": 1, "seed": 0, "seconds": -1, "train": {"loss": 1}}',
]
LINES = st.one_of(RECORDS.map(lambda record: json.dumps(record).encode()), st.sampled_from(ODD))


@pytest.mark.parametrize("line", ODD, ids=range(len(ODD)))
def test_a_line_alone_is_read_as_among_others(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(line + b"\n")
    expected = RunDir(tmp_path).metrics

    found = parse_record(line)

    assert ([] if found is None else [found]) == expected


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_any_line_is_read_as_among_others(tmp_path_factory: Any, line: bytes) -> None:
    folder = tmp_path_factory.mktemp("run", numbered=True)
    (folder / "metrics.jsonl").write_bytes(line + b"\n")
    found = parse_record(line)
    assert ([] if found is None else [found]) == RunDir(folder).metrics


def columns_of(folder: Path) -> dict[str, Any]:
    """Return the columns, computed plainly from a whole read."""
    records = RunDir(folder).metrics
    rows = []
    for record in records:
        row = {"train.loss": record["train"]["loss"]}
        row |= {f"val.{name}": value for name, value in record.get("val", {}).items()}
        row |= {name: record[name] for name in ("lr", "seconds") if name in record}
        rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        "epochs": [record["epoch"] for record in records],
        "seeds": [record["seed"] for record in records],
        **{name: [number(row, name) for row in rows] for name in names},
    }


def number(row: dict[str, Any], name: str) -> float:
    if name not in row:
        return ABSENT
    try:
        return NOT_FINITE if row[name] is None else float(row[name])
    except OverflowError:
        return NOT_FINITE


def check(log: MetricsLog, folder: Path) -> None:
    log.poll()
    expected = columns_of(folder)
    found = {
        "epochs": [*log.epochs],
        "seeds": [log.seeds[place] for place in log.places],
        **{name: [*column] for name, column in log.columns.items()},
    }
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


STEPS = st.one_of(
    st.tuples(st.just("write"), st.lists(LINES, max_size=4), st.integers(0, 60)),
    st.tuples(st.just("cut"), st.floats(0, 1), st.just(0)),
    st.tuples(st.just("resume"), st.lists(LINES, min_size=1, max_size=4), st.integers(0, 400)),
    st.tuples(st.just("replace"), st.lists(LINES, max_size=3), st.just(0)),
)


@given(st.lists(st.tuples(STEPS, st.booleans()), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_history_of_the_file_gives_what_a_whole_read_gives(
    tmp_path_factory: Any, steps: list[tuple[tuple[str, Any, int], bool]]
) -> None:
    """Whether the reader looks after a step or only after a later one."""
    folder = tmp_path_factory.mktemp("run", numbered=True)
    path = folder / "metrics.jsonl"
    path.touch()
    log, waiting = MetricsLog(path), b""
    for (kind, value, cut), looks in steps:
        if kind == "write":
            text = waiting + b"".join(line + b"\n" for line in value)
            split = max(0, len(text) - cut)
            with path.open("ab") as file:
                file.write(text[:split])
            waiting = text[split:]
        elif kind == "resume":  # as a run does: cut off, and written again at once
            os.truncate(path, max(0, path.stat().st_size - cut))
            with path.open("ab") as file:
                file.write(b"".join(line + b"\n" for line in value))
            waiting = b""
        elif kind == "cut":
            os.truncate(path, int(value * path.stat().st_size))
            waiting = b""
        else:
            new = folder / "new"
            new.write_bytes(b"".join(line + b"\n" for line in value))
            new.replace(path)
            waiting = b""
        if looks:
            check(log, folder)
    check(log, folder)


def test_a_grid_has_a_place_for_each_epoch_and_seed(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [(2, 7, 0.5), (1, 3, 0.25), (2, 7, 0.75), (1, 7, None)]
    path.write_text(
        "".join(
            json.dumps({"epoch": e, "step": e, "seed": s, "train": {"loss": loss}}) + "\n"
            for e, s, loss in lines
        )
    )
    log = MetricsLog(path)
    log.poll()

    grid = log.grid("train.loss")

    assert grid.epochs.tolist() == [1, 2]
    assert grid.seeds == [7, 3]
    np.testing.assert_array_equal(grid.values, [[math.inf, 0.25], [0.75, math.nan]])
