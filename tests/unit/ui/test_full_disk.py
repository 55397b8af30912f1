"""A full disk: each change is refused in a sentence, nothing is half written, and later it works."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnlab.storage import atomic
from nnlab.storage.folders import Folders
from nnlab.ui.server_file import announced
from tests.helpers.ui import browse, make_run

resource = pytest.importorskip("resource", reason="limits of files are of POSIX")
POINTS = {"points": [[i / 10, i / 7, i % 2] for i in range(1_000)]}


@contextlib.contextmanager
def no_file_longer_than(size_bytes: int) -> Iterator[None]:
    """Let every write beyond a size fail as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("point", ["create", "write", "fsync", "replace"])
@pytest.mark.parametrize("change", [("tag", {"tag": "mine"}), ("note", {"note": "good"})])
def test_a_label_that_cannot_be_written_changes_nothing(
    point: str, change: tuple[str, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, body = change
    make_run(tmp_path, "a", tags=["before"])
    browser, before = browse(tmp_path), files_in(tmp_path / "runs")
    monkeypatch.setattr(atomic, "_visits", type(atomic._visits)())
    monkeypatch.setenv("NNLAB_FAILPOINT", f"{point}:1:enospc")
    refused = browser.post(f"/api/runs/a/{name}", body)
    assert refused.status == 409
    assert f"the disk is full: {tmp_path / 'runs/a'}" in refused.json["error"]["text"]
    assert files_in(tmp_path / "runs") == before
    assert browser.post(f"/api/runs/a/{name}", body).status == 200


def test_points_that_cannot_be_written_whole_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    browser = browse(tmp_path)
    with no_file_longer_than(1_000):
        refused = browser.post("/api/drawn", POINTS)
    assert refused.status == 409
    said = refused.json["error"]["text"]
    assert said.startswith(f"{tmp_path / 'drawn/points-1.csv'} cannot be read or written: ")
    assert files_in(tmp_path / "drawn") == {}
    assert browser.post("/api/drawn", POINTS).json["path"] == "drawn/points-1.csv"
    assert len((tmp_path / "drawn/points-1.csv").read_text().splitlines()) == 1_001


def test_points_are_not_written_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.mkdir()
    outer.mkdir()
    (inner / "drawn").symlink_to(outer)
    monkeypatch.chdir(inner)
    refused = browse(inner).post("/api/drawn", POINTS)
    assert refused.status == 409
    assert "is a link" in refused.json["error"]["text"]
    assert files_in(outer) == {}


def test_a_server_that_cannot_be_announced_runs_and_leaves_no_file(tmp_path: Path) -> None:
    with no_file_longer_than(10), announced(Folders(tmp_path / "runs", tmp_path), 7117, "secret"):
        assert files_in(tmp_path) == {}


def test_the_trash_needs_no_room(tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    browser = browse(tmp_path)
    browser.get("/api/runs")
    before = [*files_in(tmp_path / "runs/a").values()]
    with no_file_longer_than(0):
        assert browser.post("/api/runs/a/delete", {}).status == 200
        assert browser.get("/api/runs")["rows"] == []
        assert browser.post("/api/runs/a/restore", {}).status == 200
    assert [*files_in(tmp_path / "runs/a").values()] == before
