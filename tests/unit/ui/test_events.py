"""The stream of events: what is new in watched runs, and where to go on after a break."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from nnlab.ui.live_comparison import LiveComparison, Side
from nnlab.ui.watching import Watch
from nnlab.ui.worker.client import Progress
from tests.helpers.ui import browse, make_lab, make_run, record_line


def decode(events: list[bytes]) -> list[tuple[str, str, Any]]:
    """Return the name, the id and the data of events."""
    found = []
    for event in events:
        fields = dict(line.split(": ", 1) for line in event.decode().strip().splitlines())
        found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


def named(watch: Watch, name: str) -> list[tuple[str, Any]]:
    return [(cursor, data) for kind, cursor, data in decode(watch.look()) if kind == name]


def test_new_lines_are_told_of_once_with_the_cursor_after_them(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=2, seeds=2, status="running")
    metrics = run / "metrics.jsonl"
    lab = make_lab(tmp_path)
    lab.num_streams = 3
    watch = Watch.of(lab, f"a:{metrics.stat().st_size}")

    assert named(watch, "records") == []
    with metrics.open("a") as file:
        file.write(record_line(3, 0, loss=0.5) + record_line(3, 1, loss=0.25) + '{"epoch"')

    [(cursor, data)] = named(watch, "records")
    whole = metrics.stat().st_size - len('{"epoch"')
    assert cursor == f"a:{whole}"
    assert data == {"run": "a", "epoch": 3, "num_streams": 3}
    assert named(watch, "records") == []


def test_each_line_of_an_epoch_is_news(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=1, seeds=2, status="running")
    metrics = run / "metrics.jsonl"
    watch = Watch.of(make_lab(tmp_path), f"a:{metrics.stat().st_size}")

    for seed in range(2):
        with metrics.open("a") as file:
            file.write(record_line(2, seed))
        assert [data["epoch"] for _, data in named(watch, "records")] == [2]


def test_a_stream_goes_on_where_another_was_broken_off(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=3, seeds=1, status="running")
    content = (run / "metrics.jsonl").read_text()
    lab = make_lab(tmp_path)

    assert len(named(Watch.of(lab, f"a:{content.index(chr(10)) + 1}"), "records")) == 1
    assert named(Watch.of(lab, f"a:{len(content)}"), "records") == []


@pytest.mark.parametrize("ends", ["shorter", "longer", "as long", "another file", "gone"])
def test_a_file_that_was_cut_off_resets(ends: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=3, seeds=1, status="running")
    metrics = run / "metrics.jsonl"
    before = metrics.read_text()
    watch = Watch.of(make_lab(tmp_path), f"a:{len(before)}")
    watch.look()

    lines = before.splitlines(keepends=True)
    if ends == "gone":
        metrics.unlink()
    elif ends == "another file":
        shutil.copy(metrics, tmp_path / "copy")
        (tmp_path / "copy").replace(metrics)
    else:
        again = {"shorter": 2, "as long": 3, "longer": 4}[ends]
        new = [record_line(epoch, 0).replace("0.0", "0.1") for epoch in range(2, again + 1)]
        metrics.write_text("".join([lines[0], *new])[: len(before) if ends == "as long" else None])
        os.utime(metrics, ns=(1, 1))

    assert [data for _, data in named(watch, "reset")] == [{"run": "a"}]
    assert named(watch, "records") == []


def test_a_cursor_beyond_the_end_resets(tmp_path: Path) -> None:
    make_run(tmp_path, "a", status="running")
    watch = Watch.of(make_lab(tmp_path), "a:999999")
    assert len(named(watch, "reset")) == 1


def test_states_come_at_first_and_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.ui.watching.SECONDS_BETWEEN_LISTS", 0.0)
    monkeypatch.setattr("nnlab.ui.index.SHARE", 0.0)
    run = make_run(tmp_path, "a")
    watch = Watch.of(make_lab(tmp_path), "a,b")

    first = decode(watch.look())
    assert [data for name, _, data in first if name == "status"] == [
        {"run": "a", "status": "finished"},
        {"run": "b", "status": "removed"},
    ]
    assert [name for name, *_ in decode(watch.look())] == []
    meta = json.loads((run / "meta.json").read_text())
    (run / "meta.json").write_text(json.dumps({**meta, "status": "failed"}))
    assert [(name, data.get("status")) for name, _, data in decode(watch.look())] == [
        ("runs", None),
        ("status", "failed"),
    ]


def test_the_newest_epoch_that_can_be_shown_comes_once(tmp_path: Path) -> None:
    make_run(tmp_path, "a", status="running")
    lab = make_lab(tmp_path)
    watch, other = Watch.of(lab, "a"), Watch.of(lab, "b")
    lab.worker.progress.run = "a"
    assert named(watch, "frame") == []

    lab.worker.progress.add_frame(3, {})
    lab.worker.progress.add_frame(7, {})

    [(_, data)] = named(watch, "frame")
    assert data == {"run": "a", "epoch": 7, "version": 2}
    assert named(watch, "frame") == []
    assert named(other, "frame") == []


def test_a_comparison_is_told_of_once_at_each_of_its_stages(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    watch = Watch.of(lab, "")
    assert named(watch, "comparison") == []

    sides = [Side(name, "", name) for name in ("a", "b")]
    lab.comparison = comparison = LiveComparison(sides, 5, None)
    assert len(named(watch, "comparison")) == 1
    assert named(watch, "comparison") == []
    for message in (
        {"event": "reused", "run": "x"},
        {"event": "stored", "comparison": None, "is_finished": True, "note": None},
    ):
        comparison.take(message)
        assert named(watch, "comparison") == [("", {"seeds": 0})]
        assert named(watch, "comparison") == []
    lab.worker.progress.epoch += 1
    assert len(named(watch, "comparison")) == 1
    lab.comparison = LiveComparison(sides, 5, None)
    assert len(named(watch, "comparison")) == 1


def test_of_many_frames_the_first_and_the_newest_stay() -> None:
    progress = Progress()
    for epoch in range(1, 500):
        progress.add_frame(epoch, {})
        assert {1, *range(max(1, epoch - 9), epoch + 1)} <= progress.frames.keys()
        assert len(progress.frames) <= 40


@pytest.mark.parametrize("text", ["a:x", "a:-1", "a:1:2", "a:" + "1" * 16])
def test_a_watch_in_another_form_is_refused(text: str, tmp_path: Path) -> None:
    answer = browse(tmp_path).ask(f"/api/events?watch={text}")
    assert answer.status == 422
    assert "a number of bytes" in answer.json["error"]["text"]


def test_too_many_runs_are_refused(tmp_path: Path) -> None:
    ids = ",".join(f"r{number}" for number in range(51))
    assert browse(tmp_path).ask(f"/api/events?watch={ids}").status == 422
