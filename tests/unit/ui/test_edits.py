"""Tags, notes and the trash, as a person changes them in the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnlab.storage.run_dir import RunDir
from tests.helpers.ui import browse, make_run


def test_a_tag_is_added_moved_and_taken_away(tmp_path: Path) -> None:
    first, second = make_run(tmp_path, "a"), make_run(tmp_path, "b", tags=["best"])
    browser = browse(tmp_path)

    assert browser.post("/api/runs/a/tag", {"tag": "best"}).json == {"tags": ["best"]}
    assert RunDir(second).tags == []
    assert browser.post("/api/runs/a/tag", {"tag": "best", "remove": True}).json == {"tags": []}
    assert RunDir(first).tags == []


@pytest.mark.parametrize("name", ["latest", "", "a b", "../x", "<script>", "b"])
def test_a_tag_that_could_be_something_else_is_refused(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    make_run(tmp_path, "b")

    answer = browse(tmp_path).post("/api/runs/a/tag", {"tag": name})

    assert answer.status == 422
    assert "is not a valid tag" in answer.json["error"]["text"]
    assert RunDir(run).tags == []


def test_a_note_may_be_any_text_up_to_a_length(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    browser = browse(tmp_path)
    note = "<script>alert(1)</script>\n\u202e caf\u00e9 \x1b[31m"

    assert browser.post("/api/runs/a/note", {"note": note}).json == {"note": note}
    assert RunDir(run).note == note
    assert browser.get("/api/runs")["rows"][0]["note"] == note
    refused = browser.post("/api/runs/a/note", {"note": "x" * 5_001})
    assert refused.status == 422
    assert refused.json["error"]["text"] == (
        "a note may have 5,000 characters, and this one has 5,001"
    )
    assert RunDir(run).note == note


def test_what_is_deleted_is_in_the_trash_and_comes_back(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    browser = browse(tmp_path)

    assert browser.post("/api/runs/a/delete", {}).status == 200
    assert browser.get("/api/runs")["total"] == 0
    assert browser.ask("/api/runs/a").status == 404
    assert [row["id"] for row in browser.get("/api/trash")["rows"]] == ["a"]
    assert browser.post("/api/runs/a/restore", {}).status == 200

    assert browser.get("/api/trash")["rows"] == []
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_run_that_is_trained_is_not_deleted(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", status="running")

    with RunDir(run).lock():
        answer = browse(tmp_path).post("/api/runs/a/delete", {})

    assert answer.status == 409
    assert "is being trained" in answer.json["error"]["text"]
    assert run.is_dir()


@pytest.mark.parametrize("run_id", ["b", "latest", "lates", "..", ".trash"])
@pytest.mark.parametrize("edit", ["tag", "note", "delete", "restore"])
def test_only_the_id_of_a_result_is_edited(run_id: str, edit: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "lates-run")
    before = {path: path.read_bytes() for path in run.iterdir()}

    answer = browse(tmp_path).post(f"/api/runs/{run_id}/{edit}", {"tag": "x", "note": "x"})

    assert answer.status in {400, 404}
    assert {path: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"note": 1}', b'{"note": NaN}', b'{"note": "\\ud800"}', b"[" * 9_000],
)
def test_a_body_that_is_not_as_expected_is_refused(body: bytes, tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    browser = browse(tmp_path)
    headers = [*browser.headers, ("content-type", "application/json")]

    assert browser.ask("/api/runs/a/note", "POST", headers, body).status == 422


@pytest.mark.parametrize("edit", ["tag", "note", "delete", "restore"])
def test_nothing_is_edited_by_a_link(edit: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")

    assert browse(tmp_path).ask(f"/api/runs/a/{edit}?tag=x&note=x").status == 405
    assert run.is_dir()


def test_edits_leave_the_files_of_the_run_alone(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    browser = browse(tmp_path)

    browser.post("/api/runs/a/tag", {"tag": "x"})
    browser.post("/api/runs/a/note", {"note": "x"})

    after = {path.name: path.read_bytes() for path in run.iterdir()}
    assert json.loads(after.pop("tags.json")) == {"tags": ["x"]}
    assert json.loads(after.pop("note.json")) == {"note": "x"}
    assert after == before
