"""What ``nnlab export`` refuses, whatever the format."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import nnlab
from nnlab.cli.export import export
from nnlab.export.formats import FORMATS, describe_size, find_exporter
from tests.helpers.command import Command
from tests.helpers.exports import SPIRAL, train

for package in ("onnx", "onnxruntime", "onnxscript"):
    pytest.importorskip(package)

FOREST = {
    "dataset": SPIRAL,
    "model": {"name": "sklearn", "estimator": "random_forest"},
}


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_the_function_of_every_format_exists_and_takes_its_options(name: str) -> None:
    known = set(export.__annotations__)

    exporter = find_exporter(name, FORMATS[name].options)

    assert FORMATS[name].options <= set(exporter.__annotations__) & known


def test_an_unknown_format_is_refused(command: Command) -> None:
    done = command("export", "latest", "--to", "onx")

    assert done.code == 2
    assert (
        f"unknown format 'onx' (did you mean 'onnx'?); formats: {', '.join(FORMATS)}" in done.stderr
    )


@pytest.mark.parametrize("name", FORMATS)
def test_an_existing_output_is_refused(name: str, command: Command) -> None:
    run = train("logistic, three seeds")
    Path("taken.onnx").write_text("mine")

    done = command("export", run.id, "--to", name, "-o", "taken.onnx")

    assert done.code == 2
    assert "taken.onnx already exists; choose another name with -o" in done.stderr
    assert Path("taken.onnx").read_text() == "mine"


@pytest.mark.parametrize("name", FORMATS)
def test_an_output_in_no_folder_is_refused(name: str, command: Command) -> None:
    run = train("logistic, three seeds")

    done = command("export", run.id, "--to", name, "-o", "nowhere/x.onnx")

    assert done.code == 2
    assert "-o nowhere/x.onnx: there is no folder nowhere" in done.stderr


def test_data_that_are_gone_are_missed(command: Command) -> None:
    run = train("messy table")
    before = sorted(Path().iterdir())
    Path("messy.csv").rename("elsewhere.csv")

    done = command("export", run.id, "--to", "onnx")

    assert done.code == 4
    assert "which is gone\nsay where it is now: --data-file FILE" in done.stderr
    Path("elsewhere.csv").rename("messy.csv")
    assert sorted(Path().iterdir()) == before


def test_changed_data_are_refused(command: Command) -> None:
    run = train("regression of a table")
    text = Path("houses.csv").read_text()
    Path("houses.csv").write_text(text.replace("1", "2", 1))

    done = command("export", run.id, "--to", "onnx")

    assert done.code == 4
    assert f"the data of run {run.id} has changed" in done.stderr


def test_an_estimator_of_scikit_learn_is_refused(command: Command) -> None:
    run = nnlab.train({"name": "forest", **FOREST})

    done = command("export", run.id, "--to", "onnx")

    assert done.code == 2
    assert "is a random_forest of scikit-learn, which stores no weights" in done.stderr


def test_a_seed_and_the_ensemble_exclude_each_other(command: Command) -> None:
    run = train("logistic, three seeds")

    both = command("export", run.id, "--to", "onnx", "--ensemble", "--seed", "0")
    unknown = command("export", run.id, "--to", "onnx", "--seed", "9")

    assert (both.code, unknown.code) == (2, 4)
    assert "--ensemble exports all seeds; leave out --seed 0" in both.stderr
    assert "has no seed 9; it has 4, 5, 6" in unknown.stderr


def test_a_missing_package_is_named_with_its_extra(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train("logistic, three seeds")
    monkeypatch.setitem(sys.modules, "onnxscript", None)

    done = command("export", run.id, "--to", "onnx")

    assert done.code == 2
    assert "--to onnx needs onnxscript: pip install 'nnlab[onnx]'" in done.stderr


@pytest.mark.parametrize(
    ("size", "text"),
    [(812, "812 B"), (237_900, "238 kB"), (1_230_000, "1.23 MB"), (2**31, "2.15 GB")],
)
def test_sizes_are_read_easily(size: int, text: str) -> None:
    assert describe_size(size) == text
