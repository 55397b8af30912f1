"""ONNX graphs, run by ONNX Runtime, answer as ``nnlab predict`` does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from torch import Tensor, nn

import nnlab
from nnlab.export import to_onnx
from nnlab.export.formats import Exported
from nnlab.runs.inference import load_models
from nnlab.runs.load import open_run
from nnlab.runs.predictor import Predictor
from tests.helpers.command import Command
from tests.helpers.exports import EXPERIMENTS, raw_rows, tamper, train
from tests.integration.test_diverged_seeds import NUMBERS, split_up

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

DOUBLE_CNN = {"train": {**EXPERIMENTS["cnn"]["train"], "precision": "float64"}}
CASES = {**{name: (name, {}) for name in EXPERIMENTS}, "cnn, float64": ("cnn", DOUBLE_CNN)}
del CASES["messy table"]  # it takes longest, and is exported once


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> tuple[nnlab.Run, Exported]:
    """A run on the messy table, and its graph."""
    folder = tmp_path_factory.mktemp("messy")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run = train("messy table", runs_dir=folder)
        return run, nnlab.export(run, "onnx", folder / "messy.onnx", ensemble=True)


def answer(path: Path | str, rows: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (argument,) = session.get_inputs()
    return session.run(None, {argument.name: rows})


def metadata(path: Path | str) -> dict[str, str]:
    return onnxruntime.InferenceSession(str(path)).get_modelmeta().custom_metadata_map


def answers_as_nnlab(run: nnlab.Run, exported: Exported) -> None:
    """Check that a graph answers random raw rows as nnlab does, and with the most probable class."""
    predict, unit = Predictor(open_run(run)), run.preprocessing["target_std"] or 1
    for count in (1, 23):
        rows = raw_rows(run, count)
        answers, *classes = answer(exported.path, rows)
        expected = predict(rows)
        np.testing.assert_allclose(answers, expected, rtol=0, atol=1e-5 * unit)
        assert [c.tolist() for c in classes] in ([], [expected.argmax(-1).tolist()])


@pytest.mark.parametrize("case", CASES)
def test_a_graph_answers_raw_rows_as_nnlab_does(case: str) -> None:
    name, changes = CASES[case]
    run = train(name, **changes)

    exported = nnlab.export(run, "onnx", ensemble=True)

    answers_as_nnlab(run, exported)
    assert exported.facts["seeds"] == run.meta["seeds"]
    assert exported.facts["batches"] == [1, 2, 7, exported.facts["num_examples"]]


def test_a_graph_of_a_table_answers_cells_with_gaps_as_nnlab_does(
    messy: tuple[nnlab.Run, Exported],
) -> None:
    answers_as_nnlab(*messy)


def test_a_table_is_described_in_the_metadata_so_that_its_cells_can_be_encoded(
    messy: tuple[nnlab.Run, Exported],
) -> None:
    run, exported = messy
    about = metadata(exported.path)
    columns = {column["name"]: column for column in json.loads(about["columns"])}
    assert list(columns) == json.loads(about["features"])
    assert list(columns) == ["Größe", "Gewicht", "Stadt", "Mitglied", "geboren", "Käufe"]
    born = np.datetime64("1980-12-24") - np.datetime64("1970-01-01")
    city = columns["Stadt"]["categories"].index("Ulm")
    cells = np.array([[np.nan, 70.5, city, 1, born.astype(float), 3]])

    probabilities, classes = answer(exported.path, cells)

    row = {"Größe": "", "Gewicht": "70,5", "Stadt": "Ulm", "Mitglied": "true"}
    (expected,) = nnlab.predict(run, {**row, "geboren": "24.12.1980", "Käufe": "3"})
    labels = json.loads(about["labels"])
    assert labels[classes[0]] == expected["class"]
    assert list(expected["probabilities"]) == labels
    np.testing.assert_allclose(
        probabilities[0], list(expected["probabilities"].values()), atol=1e-6
    )


def test_a_graph_says_what_it_is_and_nothing_of_where_it_was_made() -> None:
    run = train("logistic, three seeds")
    exported = nnlab.export(run, "onnx")

    about = metadata(exported.path)

    assert about["run"] == run.id
    assert about["nnlab_version"] == nnlab.__version__
    assert json.loads(about["labels"]) == run.preprocessing["class_names"]
    assert json.loads(about["seeds"]) == [4]
    assert str(Path(nnlab.__file__).parents[1]).encode() not in exported.path.read_bytes()


def test_a_chosen_seed_is_exported(command: Command) -> None:
    run = train("logistic, three seeds")
    rows = raw_rows(run, 5)

    done = command("export", run.id, "--to", "onnx", "--seed", "6", "-o", "six.onnx", "--json")

    assert json.loads(done.stdout)["seeds"] == [6]
    expected = run.model(6)(run.preprocess(rows)).softmax(-1).detach().numpy()
    np.testing.assert_allclose(answer("six.onnx", rows)[0], expected, atol=1e-6)


def test_the_last_weights_are_compared_with_nnlab_predict() -> None:
    run = train("mlp, pixels, best weights")
    rows = raw_rows(run, 5)

    exported = nnlab.export(run, "onnx", checkpoint="last")

    assert exported.facts["origin"] == "nnlab predict"
    expected = Predictor(open_run(run), "last")(rows)
    np.testing.assert_allclose(answer(exported.path, rows)[0], expected, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "regression of a table"])
def test_a_run_whose_weights_changed_is_not_exported(name: str, command: Command) -> None:
    run = train(name)
    tamper(run)
    before = sorted(Path().iterdir())

    done = command("export", run.id, "--to", "onnx", "-o", "changed.onnx")

    assert done.code == 8
    assert "differ from those of the stored outputs by up to" in done.stderr
    assert "nothing was exported" in done.stderr
    assert sorted(Path().iterdir()) == before


class Own(nn.Module):
    """A network that nnlab does not know: around one of its own, a layer with its state and a branch."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.norm = nn.GroupNorm(1, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.inner(inputs) + 0 * self.norm(inputs).mean(-1, keepdim=True)


class Undecided(nn.Module):
    """A network whose path depends on its inputs."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: Tensor) -> Tensor:
        return self.inner(inputs) if inputs.sum() > 0 else self.inner(-inputs)


def replace_models(monkeypatch: pytest.MonkeyPatch, kind: type[nn.Module]) -> None:
    """Let runs have networks of another kind."""
    monkeypatch.setattr(
        to_onnx, "load_models", lambda *args: [kind(model).eval() for model in load_models(*args)]
    )


def test_any_module_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    run = train("logistic, three seeds")
    replace_models(monkeypatch, Own)

    exported = nnlab.export(run, "onnx", ensemble=True)

    answers_as_nnlab(run, exported)


def test_a_module_that_torch_cannot_export_is_refused(
    monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    run = train("logistic, three seeds")
    replace_models(monkeypatch, Undecided)
    before = sorted(Path().iterdir())

    done = command("export", run.id, "--to", "onnx")

    assert done.code == 4
    assert f"torch cannot export the model of run {run.id} to ONNX: " in done.stderr
    assert sorted(Path().iterdir()) == before


def test_seeds_that_diverged_are_left_out(command: Command) -> None:
    run = nnlab.train(NUMBERS)
    lost, kept = split_up(run)

    exported = nnlab.export(run, "onnx", ensemble=True)
    first = nnlab.export(run, "onnx", "first.onnx")
    refused = command("export", run.id, "--to", "onnx", "-o", "x.onnx", "--seed", lost[0]["seed"])

    answers_as_nnlab(run, exported)
    assert exported.facts["seeds"] == [seed["seed"] for seed in kept]
    assert first.facts["seeds"] == [kept[0]["seed"]]
    assert refused.code == 4
    assert (
        f"seed {lost[0]['seed']} of run {run.id} has diverged; it has no weights" in refused.stderr
    )


@pytest.mark.archives
def test_ten_thousand_images_are_checked(
    command: Command, installed_data: Path, tmp_path: Path
) -> None:
    short = ["train.epochs=1", "train.limit_batches=9", "model.hidden_sizes=[8]"]
    run = nnlab.train("mnist_mlp", short, data_dir=installed_data)

    missing = command("export", run.id, "--to", "onnx", "--data-dir", tmp_path / "none")
    done = command("export", run.id, "--to", "onnx", "--data-dir", installed_data)

    assert missing.code == 3
    assert "mnist is not installed in" in missing.stderr
    assert "an export is checked on the data of its run, so they are needed here" in missing.stderr
    assert done.stdout.startswith("exported mnist_mlp.onnx (opset ")
    assert "): 10,000 test images, largest difference " in done.stdout
