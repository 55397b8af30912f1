"""Folders of plain PyTorch answer as the run does, in a process that has no nnlab."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import nnlab
from nnlab.export import to_torch
from nnlab.runs.load import open_run
from nnlab.runs.new_rows import row_of
from nnlab.runs.predictor import Predictor, mean_answer
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command
from tests.helpers.exports import EXPERIMENTS, raw_rows, tamper, train

ALLOWED = {"__future__", "json", "pathlib", "typing", "torch", "safetensors"}
# Answers the rows beside each exported folder, in isolated mode: no PYTHONPATH, no current folder.
PROGRAM = """\
import importlib.util, sys
from pathlib import Path
from safetensors.torch import load_file, save_file

for code in Path(sys.argv[1]).glob("*/plain/model.py"):
    found = importlib.util.spec_from_file_location("model", code)
    model = importlib.util.module_from_spec(found)
    found.loader.exec_module(model)
    rows = load_file(code.parents[1] / "rows.safetensors")["rows"]
    save_file({"answers": model.predict(rows).double()}, code.parents[1] / "answers.safetensors")
assert "nnlab" not in sys.modules
"""


# The others have the code of one of these.
NAMES = [name for name in EXPERIMENTS if name not in {"logistic, three seeds", "mlp, bf16"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each run, exported, raw rows, and the answers of a fresh process."""
    folder = tmp_path_factory.mktemp("plain")
    for name in NAMES:
        place = folder / name
        place.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            run = train(name, runs_dir=place / "runs")
            nnlab.export(run, "torch", "plain", runs_dir=place / "runs")
        rows = np.ascontiguousarray(raw_rows(run, 23))
        safetensors.numpy.save_file({"rows": rows}, place / "rows.safetensors")
    subprocess.run([sys.executable, "-I", "-B", "-c", PROGRAM, folder], check=True, timeout=300)
    return folder


def run_in(place: Path) -> RunDir:
    (path,) = (place / "runs").glob("*-small-*")
    return RunDir(path)


@pytest.mark.parametrize("name", NAMES)
def test_plain_pytorch_answers_raw_rows_as_nnlab_does(name: str, folder: Path) -> None:
    run, place = run_in(folder / name), folder / name
    rows = safetensors.numpy.load_file(place / "rows.safetensors")["rows"]

    answers = safetensors.numpy.load_file(place / "answers.safetensors")["answers"]

    stored = open_run(run)
    expected = mean_answer(stored, Predictor(stored).outputs(rows), [0])
    unit = np.max(run.preprocessing["target_std"] or 1)
    np.testing.assert_allclose(answers, expected, rtol=0, atol=1e-5 * unit)


@pytest.mark.parametrize("name", NAMES)
def test_the_code_is_plain_and_well_formed(name: str, folder: Path) -> None:
    code = folder / name / "plain" / "model.py"
    tree = ast.parse(code.read_text())
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imported |= {
        node.module.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
    }
    options = ["--isolated", "--line-length=100"]

    assert imported == ALLOWED
    assert sorted(p.name for p in code.parent.iterdir()) == [
        *("README.md", "model.py", "preprocessing.json", "weights.safetensors")
    ]
    for args in (["check", "--select=E,F,I,UP,B,ANN2,RET"], ["format", "--check"]):
        done = subprocess.run(["ruff", *args, *options, code], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_example_of_the_readme_runs(folder: Path) -> None:
    place = folder / "messy table" / "plain"
    text = (place / "README.md").read_text(encoding="utf-8")
    program = text.partition("```python\n")[2].partition("```")[0]

    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=place, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() in {"ja", "nein"}


def test_cells_may_be_text(folder: Path) -> None:
    place = folder / "messy table" / "plain"
    program = (
        "import model; rows = [[None, 70.5, city, 1, 4010, 3] for city in ('Ulm', 'Trier')]; "
        "print(model.predict(rows).tolist())"
    )

    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=place, capture_output=True, text=True, check=True
    )

    row = {"Größe": "", "Gewicht": "70,5", "Mitglied": "true", "geboren": "24.12.1980", "Käufe": 3}
    stored = open_run(run_in(folder / "messy table"))
    for city, found in zip(("Ulm", "Trier"), json.loads(done.stdout), strict=True):
        raw = row_of(stored, {**row, "Stadt": city}).raw
        expected = mean_answer(stored, Predictor(stored).outputs(raw), [0])
        np.testing.assert_allclose([found], expected, atol=1e-6)


def test_a_run_whose_weights_changed_is_not_exported(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = train("messy table")
    tamper(run)
    before = sorted(Path().iterdir())

    done = command("export", run.id, "--to", "torch", "-o", "changed")

    assert done.code == 8
    assert "differ from those of the stored outputs by up to" in done.stderr
    assert sorted(Path().iterdir()) == before


def test_code_that_fails_is_not_exported(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = train("logistic, three seeds")
    monkeypatch.setattr(to_torch, "code_of", lambda _source: "import nnlab\n")
    before = sorted(Path().iterdir())

    done = command("export", run.id, "--to", "torch", "--seed", "5")

    assert done.code == 8
    assert "model.py fails in a process of its own: ModuleNotFoundError" in done.stderr
    assert sorted(Path().iterdir()) == before


def test_names_in_a_table_are_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ['evil"""', "{{ evil }}", "evil\\"]
    rows = [f"{i},{i * i % 7},{names[i % 3]}" for i in range(90)]
    quoted = "\n".join(["evil,b'evil,y", *rows]).replace('evil"""', '"evil"""""""')
    Path("evil.csv").write_text(quoted + "\n")
    dataset = {"name": "csv", "path": "evil.csv", "target": "y"}
    run = train("logistic, three seeds", dataset=dataset)

    exported = nnlab.export(run, "torch")

    assert sorted(run.preprocessing["class_names"]) == sorted(names)
    assert "evil" not in (exported.path / "model.py").read_text()


def test_an_ensemble_is_for_onnx(command: Command) -> None:
    done = command("export", "latest", "--to", "torch", "--ensemble")

    assert done.code == 2
    assert "--ensemble is not for torch, but for onnx" in done.stderr
