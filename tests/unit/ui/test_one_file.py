"""What the file of ``nnlab report --interactive`` refuses, and what its policy allows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from nnlab.errors import ConfigError, RunError
from nnlab.storage.folders import Folders
from nnlab.ui.one_file import write_file
from tests.helpers.ui import make_run

NAMES = ["20261127-090000-spiral_mlp-0001", "20261127-090001-spiral_mlp-0002"]


def write(folder: Path, *references: str) -> str:
    folders = Folders(folder / "runs", folder / "data")
    return write_file(references, folder / "file.html", folders).read_text()


def test_the_policy_allows_exactly_the_script_and_the_styles(tmp_path: Path) -> None:
    for name in NAMES:
        make_run(tmp_path, name)
    page = write(tmp_path, *NAMES)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (styles,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digests = [
        "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (script, styles)
    ]

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert re.findall(r"'(sha256-[^']*)'", policy[1]) == digests
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_a_name_cannot_end_the_data(tmp_path: Path) -> None:
    for name in NAMES:
        run = make_run(tmp_path, name)
        meta = json.loads((run / "meta.json").read_text())
        (run / "meta.json").write_text(json.dumps(meta | {"name": "</script><script>alert(1)"}))
    page = write(tmp_path, *NAMES)

    assert page.count("</script>") == 2
    assert r"\u003c/script>\u003cscript>alert(1)" in page


def test_runs_of_two_folders_and_files_of_the_user_are_refused(tmp_path: Path) -> None:
    one, other = make_run(tmp_path / "a", NAMES[0]), make_run(tmp_path / "b", NAMES[1])
    with pytest.raises(RunError, match=r"must lie in one folder, and these lie in .*a/runs and "):
        write(tmp_path, str(one), str(other))

    (tmp_path / "file.html").write_text("mine")
    with pytest.raises(ConfigError, match="already exists"):
        write(tmp_path, str(one))
    assert (tmp_path / "file.html").read_text() == "mine"
