from __future__ import annotations

from pathlib import Path

import pytest

from nnlab import __version__
from tests.helpers.command import Command


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["bad.yaml"], id="wrong file"),
        pytest.param(["gone.yaml"], id="absent file"),
        pytest.param(["good.yaml", "train.epochs=0"], id="wrong override"),
        pytest.param(["good.yaml", "train.epochs"], id="no override"),
        pytest.param(["good.yaml", "train.engine=sklearn"], id="contradiction"),
        pytest.param(["good.yaml", "--seeds", "0"], id="no seeds"),
        pytest.param(["good.yaml", "--seeds", "many"], id="seeds that are no number"),
        pytest.param(["good.yaml", "--device", "abacus"], id="unknown device"),
        pytest.param(["good.yaml", "--nonsense"], id="unknown option"),
        pytest.param([], id="no file"),
    ],
)
def test_a_config_error_exits_with_2_and_creates_no_run(
    args: list[str], command: Command, tmp_path: Path, in_own_folder: Path
) -> None:
    finished = command("train", *args)

    assert (finished.code, finished.stdout) == (2, "")
    assert finished.stderr != ""
    assert not (tmp_path / "runs").exists()
    assert sorted(path.name for path in in_own_folder.iterdir()) == ["bad.yaml", "good.yaml"]


def test_missing_data_exits_with_3_and_creates_no_run(command: Command, tmp_path: Path) -> None:
    finished = command("train", "good.yaml", "dataset={name: csv, path: gone.csv, target: y}")

    assert (finished.code, finished.stdout) == (3, "")
    assert "gone.csv" in finished.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["x" * 300, "good.yaml/x"], ids=["long name", "in a file"])
def test_an_invalid_file_name_is_a_config_error(name: str, command: Command) -> None:
    assert command("config", "show", name).code == 2


@pytest.mark.parametrize("args", [["nonsense"], ["config"], ["config", "nonsense"], ["--nonsense"]])
def test_a_wrong_command_exits_with_2(args: list[str], command: Command) -> None:
    assert command(*args).code == 2


def test_the_version_is_printed(command: Command) -> None:
    assert command("--version") == (0, f"nnlab {__version__}\n", "")


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["config", "-h"], ["config", "show", "-h"]])
def test_help_is_printed_on_stdout(args: list[str], command: Command) -> None:
    finished = command(*args)

    assert (finished.code, finished.stderr) == (0, "")
    assert "Usage:" in finished.stdout
