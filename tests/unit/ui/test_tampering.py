"""Folders that change under a server that shows them, clocks that go back, and files of odd JSON."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from nnlab.ui.watching import Watch
from tests.helpers.ui import Browser, browse, make_lab, make_run, record_line

# Of processor time.
MAX_SECONDS = 10.0
OLD = (1, 1)
PARTS = ["", "/series?metric=train.loss", "/frames", "/study", "/examples"]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at a folder is a new one."""
    monkeypatch.setattr("nnlab.ui.watching.SECONDS_BETWEEN_LISTS", 0.0)
    monkeypatch.setattr("nnlab.ui.index.SHARE", 0.0)


def statuses(browser: Browser) -> list[int]:
    return [browser.ask(f"/api/runs/a{part}").status for part in PARTS]


@pytest.mark.usefixtures("eager")
def test_a_run_that_becomes_a_link_while_it_is_watched_is_gone(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", status="running")
    lab = make_lab(tmp_path)
    watch = Watch.of(lab, "a")
    watch.look()
    shutil.move(run, tmp_path / "elsewhere")
    with (tmp_path / "elsewhere/metrics.jsonl").open("a") as file:
        file.write(record_line(6, 0))
    run.symlink_to(tmp_path / "elsewhere")
    said = b"".join(watch.look())
    assert b'"status": "removed"' in said
    assert b'"epoch": 6' not in said
    browser = browse(tmp_path)
    assert set(statuses(browser)) == {404}
    assert browser.get("/api/runs")["rows"] == []
    for act in ("tag", "note", "delete"):
        body = {"tag": "x", "note": "x"}
        assert browser.post(f"/api/runs/a/{act}", body).status == 404
    assert not (tmp_path / "elsewhere/tags.json").exists()


def test_a_link_in_the_trash_hides_nothing_else_there(tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    make_run(tmp_path / "other", "b")
    browser = browse(tmp_path)
    assert browser.post("/api/runs/a/delete", {}).status == 200
    (tmp_path / "runs/.trash/b").symlink_to(tmp_path / "other/runs/b")
    assert [row["id"] for row in browser.get("/api/trash")["rows"]] == ["a"]
    assert browser.post("/api/runs/b/restore", {}).status == 404


@pytest.mark.parametrize("name", ["metrics.jsonl", "meta.json", "summary.json", "resolved.yaml", "tags.json"])  # fmt: skip
def test_a_file_that_becomes_a_link_is_not_read(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", tags=["known"])
    browser = browse(tmp_path)
    browser.get("/api/runs/a")
    secret = tmp_path / "secret"
    secret.write_text((run / name).read_text().replace("known", "told").replace("0.01", "0.777"))
    (run / name).unlink()
    (run / name).symlink_to(secret)
    for target in ("/api/runs", "/api/runs/a", "/api/runs/a/series?metric=lr"):
        answer = browser.ask(target)
        assert answer.status in {200, 404, 409}
        assert b"0.777" not in answer.body
        assert b"told" not in answer.body


@pytest.mark.usefixtures("eager")
def test_files_from_before_the_clock_was_set_back_are_read_again(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", status="running", epochs=2, seeds=1)
    browser = browse(tmp_path)
    assert browser.get("/api/runs")["rows"][0]["tags"] == []
    browser.get("/api/runs/a")
    (run / "tags.json").write_text(json.dumps({"tags": ["late"]}))
    with (run / "metrics.jsonl").open("a") as file:
        file.write(record_line(3, 0))
    for path in (*run.iterdir(), run):
        os.utime(path, OLD)
    assert browser.get("/api/runs")["rows"][0]["tags"] == ["late"]
    assert browser.get("/api/runs/a/series?metric=train.loss")["epochs"] == [1, 2, 3]


@pytest.mark.usefixtures("eager")
def test_a_clock_that_goes_back_stops_no_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, "a", status="running", epochs=2, seeds=1)
    watch = Watch.of(make_lab(tmp_path), "a")
    watch.look()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with (run / "metrics.jsonl").open("a") as file:
        file.write(record_line(3, 0))
    assert b'"epoch": 3' in b"".join(watch.look())


LINES = {
    "deep lists": '{"epoch": 3, "step": 3, "seed": 0, "train": {"loss": ' + "[" * 100_000,
    "deep mappings": '{"a":' * 100_000,
    "a long line": '{"epoch": 3, "note": "' + "x" * 20_000_000 + '"}',
    "a long number": record_line(3, 0).replace("3,", "3" * 100_000 + ",", 1).strip(),
    "a long exponent": record_line(3, 0).replace('"lr": 0.01', '"lr": 1e' + "9" * 50_000).strip(),
    "keys that come twice": record_line(3, 0).strip()[:-1] + ', "epoch": -7, "epoch": 3}',
    "no text": "\x00\x00\x00",
    "half a letter": '{"epoch": "\\ud800"}',
}


@pytest.mark.parametrize("name", LINES)
def test_an_odd_line_of_metrics_costs_little_and_hides_no_other(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=2, seeds=1)
    with (run / "metrics.jsonl").open("a") as file:
        file.write(f"{LINES[name]}\n{record_line(4, 0)}")
    browser, started = browse(tmp_path), time.process_time()
    found = browser.get("/api/runs/a/series?metric=train.loss&buckets=600")
    assert time.process_time() - started < MAX_SECONDS
    assert [epoch for epoch in found["epochs"] if epoch != 3] == [1, 2, 4]


@pytest.mark.parametrize("file", ["meta.json", "summary.json", "tags.json", "note.json"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{" + '"tags": [],' * 50_000 + '"note": 1}', "null", "", '{"name": NaN, "tags": NaN, "status": NaN}'], ids=range(6))  # fmt: skip
def test_an_odd_file_of_a_run_is_refused_and_hides_no_other_run(
    file: str, text: str, tmp_path: Path
) -> None:
    run = make_run(tmp_path, "a")
    make_run(tmp_path, "b")
    (run / file).write_text(text)
    browser, started = browse(tmp_path), time.process_time()
    rows = browser.get("/api/runs")["rows"]
    assert {row["id"] for row in rows} >= {"b"}
    assert {browser.ask(target).status for target in ("/api/runs/a", "/api/trash")} <= {200, 404, 409}  # fmt: skip
    assert time.process_time() - started < MAX_SECONDS
