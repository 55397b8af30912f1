"""A stored run is opened once: what is checked is what is used."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnlab
from nnlab.config import load, yaml12
from nnlab.storage import run_dir
from tests.helpers.command import Command


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nnlab.RunDir:
    return nnlab.train("xor_mlp", ["train.epochs=2"], runs_dir=tmp_path_factory.mktemp("runs"))


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is parsed as YAML while the test runs."""
    texts: list[str] = []
    parse = yaml12.parse

    def counted(text: str, *args: object, **options: object) -> object:
        texts.append(text)
        return parse(text, *args, **options)

    monkeypatch.setattr(load, "parse", counted)
    return texts


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the JSON files that are read of runs while the test runs."""
    names: list[str] = []
    read_json = run_dir.RunDir.read_json

    def counted(self: run_dir.RunDir, path: Path, schema: str) -> object:
        names.append(path.name)
        return read_json(self, path, schema)

    monkeypatch.setattr(run_dir.RunDir, "read_json", counted)
    return names


@pytest.mark.parametrize("arguments", [["eval"], ["report"], ["verify"]])
def test_a_command_parses_the_stored_experiment_once(
    arguments: list[str],
    run: nnlab.RunDir,
    command: Command,
    parses: list[str],
    reads: list[str],
    tmp_path: Path,
) -> None:
    output = ["-o", str(tmp_path / "page.html")] if arguments == ["report"] else []
    assert command(*arguments, str(run.path), *output).code == 0
    assert parses == [run.resolved_path.read_text()]
    assert reads.count("preprocessing.json") == 1


def test_prediction_parses_the_stored_experiment_once(
    run: nnlab.RunDir, command: Command, parses: list[str], reads: list[str], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    names = run.preprocessing["feature_names"]
    rows.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    reads.clear()
    assert command("predict", str(run.path), str(rows)).code == 0
    assert parses == [run.resolved_path.read_text()]
    assert reads.count("preprocessing.json") == 1
