"""Dense networks answer without torch what they answer with it, and refuse the same files."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nnlab
from nnlab.assembly.shapes import num_parameters, weight_shapes
from nnlab.config.models import AnyModel, FashionCNNConfig, LogisticConfig, MLPConfig
from nnlab.config.resolve import build_model
from nnlab.config.unions import members_of
from nnlab.data.types import DataSpec
from nnlab.errors import RunError
from nnlab.native.library import ACTIVATIONS, find_library
from nnlab.runs import predictor
from nnlab.runs.dense import DenseOutputs
from nnlab.runs.inference import ModuleOutputs
from nnlab.runs.inputs import dtype_of, inputs_of
from nnlab.runs.load import open_run
from nnlab.tasks.classification import probabilities
from tests.security.mutations import change_weights

pytestmark = pytest.mark.skipif(find_library() is None, reason="the native engine is not built")

# How far outputs may be apart, relative to the largest.
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
MLP = {"name": "mlp", "hidden_sizes": [7, 5]}
SPIRAL = {"name": "spiral", "num_samples": 200}
LINE = {"name": "regression", "num_samples": 100}
RUNS = {
    "logistic": (SPIRAL, {"name": "logistic"}, {}),
    "linear": (LINE, {"name": "logistic"}, {}),
    "mlp of numbers": (LINE, MLP, {}),
    "scaled target": ({**LINE, "standardize_target": True}, MLP, {"seeds": 2}),
    "no hidden layer": (SPIRAL, {**MLP, "hidden_sizes": []}, {}),
    "several seeds": (SPIRAL, MLP, {"seeds": 3}),
    "best weights": (SPIRAL, MLP, {"early_stopping": {"patience": 2}}),
    "own splits": ({**SPIRAL, "split": {"vary": True}}, MLP, {"seeds": 3}),
    "pictures": ({"name": "digits"}, {"name": "mlp"}, {}),
    "standardised pictures": ({"name": "digits", "standardize": True}, {"name": "mlp"}, {}),
    "bf16": (SPIRAL, MLP, {"precision": "bf16", "engine": "autograd"}),
    "another engine": (SPIRAL, MLP, {"engine": "autograd"}),
    "dropout": (SPIRAL, {**MLP, "dropout": 0.5}, {}),
    **{name: (SPIRAL, {**MLP, "activation": name}, {}) for name in ACTIVATIONS[:-1]},
    **{
        f"{name} of the outputs": (SPIRAL, {**MLP, "output_activation": name}, {})
        for name in ("softmax", "sigmoid")
    },
}


def trained(dataset, model, options) -> nnlab.RunDir:
    squashes = model.get("output_activation") is not None
    experiment = {
        "name": "dense",
        "dataset": dataset,
        "model": model,
        "optimizer": {"name": "adam", "lr": 0.05},
        "train": {"epochs": 4, **options},
        **({"loss": {"name": "quadratic"}} if squashes else {}),
    }
    return nnlab.train(experiment)


def rows_of(run: nnlab.RunDir) -> np.ndarray:
    """Return more rows than are computed together, some far from the data."""
    generator, shape = np.random.default_rng(0), run.preprocessing["input_shape"]
    if len(shape) > 1:
        return generator.integers(0, 256, (1200, *shape)).astype(np.uint8)
    return generator.normal(scale=3, size=(1200, *shape))


def with_torch(run: nnlab.RunDir, rows, monkeypatch: pytest.MonkeyPatch, **options):
    with monkeypatch.context() as patch:
        patch.setattr(predictor, "find_library", lambda: None)
        return nnlab.predict(run, rows, **options)


def numbers(records: list[dict]) -> np.ndarray:
    return np.array(
        [[*r["probabilities"].values()] if "class" in r else [r["value"]] for r in records]
    )


def assert_close(run: nnlab.RunDir, found: np.ndarray, expected: np.ndarray) -> None:
    """Compare answers for ``rows_of``; a probability moves by less than the outputs it is made of."""
    stored = open_run(run)
    outputs = ModuleOutputs(stored)(inputs_of(stored, rows_of(run)))
    largest = max(1.0, abs(outputs).max(), abs(expected).max())
    tolerance = TOLERANCE[dtype_of(stored).name] * largest
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("dataset", "model", "options"), RUNS.values(), ids=RUNS.keys())
def test_both_ways_agree(dataset, model, options, precision, monkeypatch) -> None:
    run = trained(dataset, model, {"precision": precision, **options})
    stored, rows = open_run(run), rows_of(run)
    assert isinstance(predictor.load_outputs(stored), DenseOutputs)
    found, expected = nnlab.predict(run, rows), with_torch(run, rows, monkeypatch)
    assert_close(run, numbers(found), numbers(expected))
    assert [[*record] for record in found] == [[*record] for record in expected]
    assert [record["note"] for record in found] == [record["note"] for record in expected]


@pytest.mark.parametrize("activation", ["none", "softmax", "sigmoid"])
def test_probabilities_are_those_of_the_metrics(activation: str) -> None:
    outputs = np.random.default_rng(0).normal(scale=30, size=(2, 50, 3))
    if activation == "softmax":
        outputs = predictor.probabilities_of(outputs, "none")
    if activation == "sigmoid":
        outputs = 1 / (1 + np.exp(-outputs))
        outputs[0, 7] = 0  # no class at all
    expected = probabilities(torch.from_numpy(outputs), activation).numpy()
    found = predictor.probabilities_of(outputs, activation)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("which", ["last", "best"])
def test_both_ways_take_the_weights_that_are_asked_for(spiral_run, which, monkeypatch) -> None:
    rows = rows_of(spiral_run)
    found = numbers(nnlab.predict(spiral_run, rows, checkpoint=which))
    expected = numbers(with_torch(spiral_run, rows, monkeypatch, checkpoint=which))
    other = {"last": "best", "best": "last"}[which]
    assert_close(spiral_run, found, expected)
    assert not np.allclose(found, numbers(nnlab.predict(spiral_run, rows, checkpoint=other)))


def test_the_command_prints_the_same_columns_and_classes(
    table_run, command, tmp_path, monkeypatch
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("width,height\n9,-210\n1e3,5\nx,1\n11,-100\n")
    words = ("predict", table_run.path, file, "--skip-bad-rows", "--keep", "all")
    found = command(*words)
    with monkeypatch.context() as patch:
        patch.setattr(predictor, "find_library", lambda: None)
        expected = command(*words)
    assert found.code == expected.code == 0
    assert found.stderr == expected.stderr
    tables = [[line.split(",") for line in done.stdout.splitlines()] for done in (found, expected)]
    assert len(tables[0]) == 5
    for one, other in zip(*tables, strict=True):
        assert one[:4] == other[:4]


@pytest.mark.parametrize("engine", ["autograd", "fused", "native", "numpy"])
def test_the_checkpoint_of_every_engine_is_read(engine: str, monkeypatch) -> None:
    experiment = {
        "dataset": SPIRAL,
        "model": MLP,
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"epochs": 2, "engine": engine},
    }
    run = nnlab.train(experiment)
    found, expected = nnlab.predict(run, rows_of(run)), with_torch(run, rows_of(run), monkeypatch)
    assert_close(run, numbers(found), numbers(expected))


def test_an_unfinished_run_answers(monkeypatch) -> None:
    run = trained(SPIRAL, MLP, {"seeds": 2})
    run.summary_path.unlink()
    run.update_meta(status="interrupted")
    found, expected = nnlab.predict(run, rows_of(run)), with_torch(run, rows_of(run), monkeypatch)
    assert_close(run, numbers(found), numbers(expected))


def test_other_models_keep_to_torch() -> None:
    run = nnlab.train("digits_cnn", ["train.epochs=1", "train.limit_batches=1"])
    assert isinstance(predictor.load_outputs(open_run(run)), ModuleOutputs)


SPECS = {
    "table": DataSpec("classification", (5,), 3),
    "picture": DataSpec("classification", (1, 28, 28), 10),
    "numbers": DataSpec("regression", (4,), 1),
}
MODELS = [
    LogisticConfig(),
    MLPConfig(),
    MLPConfig(hidden_sizes=()),
    MLPConfig(hidden_sizes=(3, 4, 5)),
]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_shapes_without_torch_are_those_of_the_module(model, spec: DataSpec) -> None:
    module = build_model(model, spec)
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    assert weight_shapes(model, spec) == expected
    assert num_parameters(model, spec) == sum(p.numel() for p in module.parameters())


def test_buffers_are_no_parameters() -> None:
    spec = SPECS["picture"]
    module = build_model(FashionCNNConfig(), spec)
    assert set(weight_shapes(FashionCNNConfig(), spec)) == set(module.state_dict())
    assert num_parameters(FashionCNNConfig(), spec) == sum(p.numel() for p in module.parameters())


def test_dense_models_and_no_others_name_their_layers() -> None:
    for model in members_of(AnyModel):
        assert bool(model().layer_names) == model.is_dense


CHANGES = {
    "not finite": (lambda tensor: tensor / 0, "has weights that are not finite"),
    "a shape that would be repeated": (lambda tensor: tensor[:1], "the model has"),
    "half precision": (lambda tensor: tensor.half(), "is float16 of shape"),
    "integers of another size": (lambda tensor: tensor.int(), "is int32 of shape"),
    "missing": (lambda tensor: None, "is missing"),
    "no type of NumPy": (lambda tensor: tensor.bfloat16(), "holds no tensors|is bfloat16 of shape"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES.keys())
def test_both_ways_refuse_the_same_weights(change, message: str, monkeypatch) -> None:
    run = trained(SPIRAL, MLP, {"seeds": 2})
    change_weights(run, change)
    with pytest.raises(RunError, match=message):
        nnlab.predict(run, rows_of(run))
    with pytest.raises(RunError, match=message):
        with_torch(run, rows_of(run), monkeypatch)
