"""The page about exports shows what works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.command import Command
from tests.integration.test_documents import ROOT, code_blocks, commands

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


def test_every_command_and_program_of_the_page_runs(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = list(code_blocks(ROOT / "docs" / "export.md"))

    for language, title, text in shown:
        if language == "sh":
            for args in commands(text):
                done = command(*args)
                assert done.code == 0, done.stderr
        elif language == "python":
            Path(title).write_text(text)

    for _, title, _ in (block for block in shown if block[0] == "python"):
        subprocess.run([sys.executable, title], check=True, capture_output=True)
    assert {path.name for path in tmp_path.glob("*.onnx")} == {
        *("spiral.onnx", "seed1.onnx", "both.onnx")
    }
    assert all((tmp_path / name / "model.py").is_file() for name in ("spiral", "again"))
