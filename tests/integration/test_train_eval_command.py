from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import DataError
from tests.helpers.command import Command


def test_missing_data_is_reported_with_the_two_commands_that_help(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        nnlab.train("mnist_mlp")
    assert "nnlab data fetch mnist" in str(error.value)
    assert "nnlab data import DIR" in str(error.value)
    assert not (tmp_path / "runs").exists()


def test_the_command_line_trains_and_evaluates(tmp_path: Path, forked: Command) -> None:
    trained = forked("train", "spiral_mlp", "train.epochs=200", "--seeds", "2")
    assert trained.code == 0, trained.stderr
    folder = Path(trained.stdout.splitlines()[-1])
    assert folder.parent == tmp_path / "runs"
    epochs = [line for line in trained.stderr.splitlines() if line.startswith("epoch")]
    assert [line.split("/")[0].split()[1] for line in epochs[:2] + epochs[-1:]] == ["1", "5", "200"]
    assert len(epochs) == 41
    assert "\x1b" not in trained.stdout + trained.stderr

    first = forked("eval", "latest", "--json")
    second = forked("eval", folder.name[:20], "--json")

    assert first.code == 0, first.stderr
    assert first.stdout == second.stdout
    evaluated = json.loads(first.stdout)
    summary = json.loads((folder / "summary.json").read_text())
    assert evaluated["test"] == summary["test"]
    assert summary["test"]["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("arguments", "exit_code", "fragment"),
    [
        (["train", "spiral_mlp", "train.epohs=3"], 2, "did you mean 'epochs'?"),
        (["train", "nothing.yaml"], 2, "there is no file nothing.yaml"),
        (["train"], 2, "which experiment?"),
        (["train", "mnist_mlp"], 3, "nnlab data import DIR"),
        (["train", "spiral_mlp", "--device", "cuda"], 7, "there is no CUDA device"),
        (["eval", "latest"], 4, "there are 0 runs"),
        (["predict", "nobody", "rows.csv"], 4, "there is no run 'nobody'"),
        (["frobnicate"], 2, "no such command"),
    ],
    ids=["unknown key", "no file", "no config", "no data", "no CUDA", "no run", "no such run", "?"],
)
def test_a_mistake_is_one_message_and_its_exit_code(
    forked: Command, arguments: list[str], exit_code: int, fragment: str, tmp_path: Path
) -> None:
    answer = forked(*arguments, CUDA_VISIBLE_DEVICES="")
    assert answer.code == exit_code
    assert fragment in answer.stderr
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written_exits_with_5(forked: Command, tmp_path: Path) -> None:
    occupied = tmp_path / "runs-are-here"
    occupied.write_text("a file")
    answer = forked("train", "spiral_linear", "--runs-dir", str(occupied))
    assert answer.code == 5
    assert str(occupied) in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_closed_pipe_ends_quietly() -> None:
    import shlex
    import subprocess
    import sys

    command = f"{shlex.quote(sys.executable)} -m nnlab config schema | head -1"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert answer.stdout == "{\n"
    assert answer.stderr == ""
