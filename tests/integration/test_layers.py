"""The order of the layers in pyproject.toml is held, and a breach of it is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        REPOSITORY / "nnlab", tmp_path / "nnlab", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_down(copy: Path) -> None:
    linted = lint(copy)
    assert linted.returncode == 0, linted.stdout
    assert "2 kept, 0 broken" in linted.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("storage/folders.py", "from nnlab.training import loop", "Imports point down only"),
        ("tasks.py", "def f() -> None:\n    import nnlab.report.page", "Imports point down only"),
        ("data/types.py", "import nnlab.cli.app", "Imports point down only"),
        ("training/loop.py", "from nnlab import console", "Only the command line prints"),
    ],
    ids=["upwards", "hidden in a function", "the command line", "printing"],
)
def test_an_import_against_the_order_is_noticed(
    copy: Path, file: str, line: str, contract: str
) -> None:
    with (copy / "nnlab" / file).open("a") as module:
        module.write(f"\n{line}\n")

    linted = lint(copy)

    assert linted.returncode == 1
    assert f"{contract} BROKEN" in linted.stdout
