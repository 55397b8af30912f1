"""The file by which commands find a server: only this user can read it, and only such a one counts."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlab.storage.folders import Folders
from nnlab.ui import server_file
from nnlab.ui.server_file import FILE, Running, announced, cache_of, find_server


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Folders that do not exist yet."""
    return Folders(tmp_path / "runs", tmp_path / "data")


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every server that is found answers."""
    monkeypatch.setattr(server_file, "_answers", lambda _: True)


def path_of(folders: Folders) -> Path:
    return cache_of(folders) / FILE


def test_a_server_is_found_while_it_runs(folders: Folders, tmp_path: Path) -> None:
    assert find_server(folders) is None
    with announced(folders, 7117, "secret"):
        expected = Running(os.getpid(), 7117, "secret", str(tmp_path / "runs"))
        assert find_server(folders) == expected
        assert stat.S_IMODE(path_of(folders).stat().st_mode) == 0o600
        assert find_server(Folders(tmp_path / "other", tmp_path / "data")) is None
    assert find_server(folders) is None
    assert [*path_of(folders).parent.iterdir()] == []


def test_the_newest_server_is_found_and_the_end_of_another_does_not_hide_it(
    folders: Folders,
) -> None:
    with announced(folders, 2, "second"):
        with announced(folders, 1, "first"):
            path_of(folders).unlink()
            with announced(folders, 3, "third"):
                text = path_of(folders).read_text()
            path_of(folders).write_text(text)
            path_of(folders).chmod(0o600)
        found = find_server(folders)
    assert found is not None
    assert found.port == 3


def test_a_server_that_does_not_answer_is_not_found(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    with announced(folders, 1, "secret"):
        assert find_server(folders) is None


def test_where_nothing_can_be_written_a_server_runs_all_the_same(
    folders: Folders, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file")
    with announced(folders, 1, "secret"):
        assert find_server(folders) is None


def test_a_file_that_others_can_read_is_not_trusted(folders: Folders) -> None:
    with announced(folders, 1, "secret"):
        path_of(folders).chmod(0o640)
        assert find_server(folders) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
def test_a_file_of_another_user_is_not_trusted(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with announced(folders, 1, "secret"):
        monkeypatch.setattr(os, "getuid", lambda: 12_345)
        assert find_server(folders) is None


def test_a_link_is_not_followed(folders: Folders, tmp_path: Path) -> None:
    with announced(folders, 1, "secret"):
        path_of(folders).rename(tmp_path / "elsewhere")
        path_of(folders).symlink_to(tmp_path / "elsewhere")
        assert find_server(folders) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop("token"),
        lambda found: found.update(port="1"),
        lambda found: found.update(port=65_536),
        lambda found: found.update(port=0),
        lambda found: found.update(pid=-1),
        lambda found: found.update(token="a\r\nb"),
        lambda found: found.update(token="\u00e4"),
        lambda found: found.update(folder="/elsewhere"),
        lambda found: found.clear(),
    ],
)
def test_a_damaged_file_is_none(
    change: Callable[[dict[str, Any]], object], folders: Folders
) -> None:
    with announced(folders, 1, "secret"):
        found = json.loads(path_of(folders).read_text())
        change(found)
        path_of(folders).write_text(json.dumps(found))
        assert find_server(folders) is None
