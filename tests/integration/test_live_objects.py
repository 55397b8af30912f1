"""Training from Python with a class and with data in memory."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
import torch

import nnlab
from nnlab.errors import ConfigError, DataError
from tests.helpers.command import Command
from tests.helpers.own_code import BLOCKS, NET

TRAIN = {"optimizer": {"name": "adam", "lr": 0.01}, "train": {"epochs": 2, "batch_size": 16}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def points() -> tuple[np.ndarray, np.ndarray]:
    inputs = np.random.default_rng(0).normal(size=(80, 3))
    return inputs, np.where(inputs[:, 0] > 0, "high", "low")


def as_given(kind: str) -> tuple[Any, Any]:
    inputs, targets = points()
    if kind == "torch":
        return torch.from_numpy(inputs), torch.from_numpy((targets == "low").astype(np.int64))
    if kind == "lists":
        return inputs.tolist(), targets.tolist()
    if kind in {"pandas", "polars"}:
        library = pytest.importorskip(kind)
        frame = library.DataFrame({f"f{i}": inputs[:, i] for i in range(3)})
        return frame, library.Series(targets)
    return inputs, targets


@pytest.mark.parametrize("kind", ["numpy", "torch", "lists", "pandas", "polars"])
def test_data_in_memory_are_kept_with_the_run(kind: str, command: Command) -> None:
    run = nnlab.train({"model": {"name": "mlp"}, **TRAIN}, dataset=as_given(kind))
    assert run.summary["num_evaluated"]["train"] > 40
    if kind in {"pandas", "polars"}:
        assert run.preprocessing["feature_names"] == ["f0", "f1", "f2"]
    verified = command("verify", "latest")
    assert verified.code == 0, verified.stderr
    assert not list(run.path.parent.glob(".arrays-*"))


def test_keys_of_the_data_may_be_given() -> None:
    inputs, _ = points()
    config = {"dataset": {"task": "regression"}, "model": {"name": "mlp"}, **TRAIN}
    run = nnlab.train(config, dataset=(inputs, inputs[:, 1] * 2))
    assert "r2" in run.summary["test"]


def test_a_class_is_recorded_with_its_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    (folder / "layers").mkdir()
    (folder / "layers" / "blocks.py").write_text(dedent(BLOCKS))
    (folder / "live_net.py").write_text(dedent(NET))
    monkeypatch.syspath_prepend(str(folder))
    model = importlib.import_module("live_net").MyNet
    run = nnlab.train("spiral_mlp", ["train.epochs=2", "model.width=5"], model=model)
    assert run.config.model.name == "live_net.py:MyNet"
    assert run.config.model.width == 5
    assert (run.path / "code" / "live_net.py").read_text() == dedent(NET)
    assert command("eval", "latest").code == 0
    for name in ("live_net", "layers", "layers.blocks"):
        sys.modules.pop(name, None)


def test_a_class_of_a_program_itself_is_refused(folder: Path) -> None:
    (folder / "program.py").write_text(
        "import nnlab\nfrom torch import nn\n\n"
        "class Net(nn.Module):\n    pass\n\n"
        "nnlab.train('spiral_mlp', model=Net)\n"
    )
    import subprocess

    done = subprocess.run(
        [sys.executable, "program.py"], capture_output=True, text=True, check=False
    )
    assert "Net is in no file of its own" in done.stderr


def test_a_local_class_is_refused() -> None:
    class Net(torch.nn.Module):
        pass

    with pytest.raises(ConfigError, match="write it into a file beside this program"):
        nnlab.train("spiral_mlp", model=Net)


def test_columns_of_several_types_are_refused() -> None:
    frame = pytest.importorskip("pandas").DataFrame({"a": [1] * 20, "b": ["x"] * 20})
    with pytest.raises(DataError, match="the inputs are of several types: int, str"):
        nnlab.train({"model": {"name": "mlp"}, **TRAIN}, dataset=(frame, [0, 1] * 10))


def test_numbers_that_are_objects_are_numbers() -> None:
    inputs, targets = points()
    config = {"model": {"name": "mlp"}, **TRAIN}
    plain, objects = (
        nnlab.train(config, dataset=(values, targets)) for values in (inputs, inputs.astype(object))
    )
    assert plain.summary["test"] == objects.summary["test"]


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (points()[0], r"dataset is \(inputs, targets\), not ndarray"),
        ((points()[0], points()[1][:-1]), "dataset has 80 inputs and 79 targets"),
        ((points()[0], [None, *points()[1][1:]]), "some targets are None"),
    ],
    ids=["inputs alone", "lengths", "missing labels"],
)
def test_data_that_do_not_fit_are_refused(dataset: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        nnlab.train({"model": {"name": "mlp"}, **TRAIN}, dataset=dataset)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (torch.nn.Linear(3, 2), "model is a Linear already made, .* give the class, model=Linear"),
        ("my_net.py:Net", "a name belongs into the experiment, model: {name: 'my_net.py:Net'}"),
    ],
    ids=["module", "name"],
)
def test_only_a_class_or_a_function_makes_models(model: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        nnlab.train("spiral_mlp", model=model)


def test_images_in_memory_are_predicted_as_they_were_trained() -> None:
    generator = np.random.default_rng(0)
    images, targets = generator.integers(0, 17, (60, 6, 6)).astype(float), np.arange(60) % 2
    images[targets == 1, :3] = 0
    run = nnlab.train({"model": {"name": "mlp"}, **TRAIN}, dataset=(images, targets))
    with pytest.raises(DataError, match="as numbers from 0 to 1, not numbers from 0 to 16; scale"):
        nnlab.predict(run, images)
    answers = nnlab.predict(run, images / 16)
    assert answers == nnlab.predict(run, images[:, None] / 16)
    examples = nnlab.predict_examples(run, "train")
    for one in examples[:5]:
        assert any(one["probabilities"] == other["probabilities"] for other in answers)
