"""nnlab check of an experiment with own code: read it, or run it by --code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.command import Command
from tests.helpers.own_code import DATA, NET, write_project

FORWARD = "hidden = self.first(inputs.flatten(1)).tanh()"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def test_a_plain_check_runs_nothing(folder: Path, command: Command) -> None:
    project = write_project(folder)
    for file in folder.rglob("*.py"):
        file.write_text(f"open({str(folder / 'ran')!r}, 'w')\n{file.read_text()}")
    done = command("check", project)
    assert done.code == 0, done.stderr
    assert "that would run layers/blocks.py, my_data.py" in done.stderr
    assert not (folder / "ran").exists()


def test_code_that_keeps_the_promises(folder: Path, command: Command) -> None:
    done = command("check", write_project(folder), "--code")
    assert done.code == 0, done.stderr
    assert "the same bytes together, alone, and resumed" in done.stdout


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import numpy as np; hidden = hidden + np.random.rand()", ": numpy.random: draw"),
        (
            "from random import gauss; import random; hidden = hidden + random.random()",
            ": random: ",
        ),
        ("import time; hidden = hidden + time.perf_counter() % 1", ": time: "),
        (
            "self.calls = getattr(self, 'calls', 0) + 1; hidden = hidden * self.calls",
            "saving and loading",
        ),
        ("import torch; hidden = hidden + torch.rand(1)", "evaluating twice"),
    ],
    ids=["numpy", "random", "time", "state", "drawn in evaluation"],
)
def test_what_breaks_them_is_named(line: str, found: str, folder: Path, command: Command) -> None:
    project = write_project(folder, my_net=NET.replace(FORWARD, f"{FORWARD}\n            {line}"))
    done = command("check", project, "--code")
    assert done.code == 8
    assert found in done.stdout


def test_data_that_change_are_named(folder: Path, command: Command) -> None:
    project = write_project(folder, my_data=DATA.replace("default_rng(0)", "default_rng()"))
    done = command("check", project, "--code", "--json")
    assert done.code == 8
    report = json.loads(done.stdout)["code"][str(project)]
    assert report["problems"][0] == "my_data.py:rings returns other data when it is called again"


def test_without_own_code_there_is_nothing_to_run(command: Command) -> None:
    done = command("check", "xor_mlp", "--code")
    assert done.code == 2
    assert "has no code of its own" in done.stderr
