from __future__ import annotations

import json
import math

import pytest

from nnlab.storage.checkpoint import LogSizes
from nnlab.storage.run_dir import RunDir
from tests.helpers.run_folders import record


def test_records_are_read_as_they_were_appended(run: RunDir) -> None:
    records = [record(n, seed=s, val={"loss": n / 3}) for n in (1, 2) for s in (0, 1)]

    run.append_metrics(records[:2])
    run.append_metrics(records[2:])

    assert run.metrics == records
    assert len(run.metrics_path.read_bytes().splitlines()) == 4


def test_a_run_without_metrics_has_no_records(run: RunDir) -> None:
    assert run.metrics == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_becomes_null_with_a_flag(value: float, run: RunDir) -> None:
    run.append_metrics([{"epoch": 1, "train": {"loss": value, "accuracy": 0.5}}])

    assert json.loads(run.metrics_path.read_text()) == {
        "epoch": 1,
        "train": {"loss": None, "accuracy": 0.5},
        "diverged": True,
    }


def test_a_number_in_a_list_that_is_not_finite_becomes_null(run: RunDir) -> None:
    run.append_metrics([record(1, per_class=[{"f1": math.nan}, {"f1": 1.0}])])

    assert run.metrics == [record(1, per_class=[{"f1": None}, {"f1": 1.0}], diverged=True)]


def test_only_the_record_that_diverged_has_the_flag(run: RunDir) -> None:
    run.append_metrics([record(1, lr=0.1), record(1, seed=1, lr=math.nan)])

    assert run.metrics == [record(1, lr=0.1), record(1, seed=1, lr=None, diverged=True)]


@pytest.mark.parametrize(
    "torn", [b'{"epoch": 2, "val": {"lo', b"{", b'{"epoch": 2}', b"\xff\xfe", b"\0" * 100]
)
def test_a_torn_last_line_is_left_out(torn: bytes, run: RunDir) -> None:
    run.append_metrics([record(1)])
    with run.metrics_path.open("ab") as file:
        file.write(torn)

    assert run.metrics == [record(1)]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"\0\0\0",
        b"",
        b"[1, 2]",
        b"3",
        b"null",
        b"\xff",
        b'{"loss": NaN}',
        b"[" * 100_000,
        b'{"epoch": ' + b"9" * 5000 + b"}",
        b'{"epoch": "' + b"x" * 1_000_000 + b'"}',
        json.dumps({"epoch": 1, "step": 1, "seed": "0", "train": {"loss": 0.5}}).encode(),
        json.dumps({"epoch": 1, "step": 1, "seed": 0}).encode(),
    ],
    ids=[
        "torn",
        "zeros",
        "empty",
        "list",
        "number",
        "null",
        "not text",
        "not a number",
        "deep",
        "huge number",
        "huge line",
        "a seed that is a text",
        "no loss",
    ],
)
def test_a_damaged_line_does_not_hide_the_others(line: bytes, run: RunDir) -> None:
    before, after = (json.dumps(record(epoch)).encode() for epoch in (1, 3))
    run.metrics_path.write_bytes(before + b"\n" + line + b"\n" + after + b"\n")

    assert run.metrics == [record(1), record(3)]


def test_records_after_a_checkpoint_can_be_forgotten(run: RunDir) -> None:
    run.append_metrics([record(1)])
    sizes = run.sync_logs()
    run.append_metrics([record(2)])

    run.truncate_logs(sizes)

    assert run.metrics == [record(1)]


def test_a_run_without_metrics_has_nothing_to_forget(run: RunDir) -> None:
    assert run.sync_logs() == LogSizes(0, 0)

    run.truncate_logs(LogSizes(0, 0))

    assert run.metrics == []
