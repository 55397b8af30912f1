"""Class weights mean the same for every batch size, and go to the class they name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

import nnlab
from nnlab.assembly.job import build_job, build_models
from nnlab.config.load import config_from_mapping
from nnlab.config.losses import CrossEntropyConfig
from nnlab.config.resolve import build_task
from nnlab.errors import ConfigError
from tests.helpers.tables import write_table

SPIRAL = {"name": "spiral", "num_samples": 101}
WEIGHTS = {
    "balanced": "balanced",
    "inverse_count": "inverse_count",
    "listed": [1.0, 20.0, 0.5],
    "named": {"c2": 30},
}


def experiment(engine, batch_size, class_weight, smoothing=0.0):
    loss = {"name": "cross_entropy", "class_weight": class_weight, "label_smoothing": smoothing}
    return config_from_mapping(
        {
            "dataset": SPIRAL,
            "model": {"name": "mlp", "hidden_sizes": [5], "activation": "tanh"},
            "loss": loss,
            "optimizer": {"name": "sgd", "lr": 1.0},
            "train": {"engine": engine, "batch_size": batch_size, "precision": "float64"},
        }
    )


def mean_gradient(job) -> dict[str, torch.Tensor]:
    """Return the gradient of an epoch's batches at the initial weights, averaged over examples."""
    initial = job.learner.weights()
    total = {name: torch.zeros_like(tensor[0]) for name, tensor in initial.items()}
    for inputs, targets in job.batches.epoch(0):
        job.learner.train_step(inputs, targets, lrs=[1.0])
        for name, tensor in job.learner.weights().items():
            total[name] += targets.shape[1] * (initial[name] - tensor)[0]
        job.learner.load_weights(initial)
    return {name: tensor / job.batches.num_examples for name, tensor in total.items()}


def gradient_by_torch(config, job, smoothing) -> dict[str, torch.Tensor]:
    """Return the gradient of torch's weighted mean over the whole training split."""
    (model,) = build_models(config, job.dataset.spec, job.seeds)
    train, weight = job.dataset.train, job.learner.task.class_weight
    logits = model(train.inputs.double())
    F.cross_entropy(logits, train.targets, weight, label_smoothing=smoothing).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("batch_size", [1, 4, 64, "full"])
@pytest.mark.parametrize("engine", ["autograd", "fused", "numpy"])
@pytest.mark.parametrize("class_weight", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_batches_of_any_size_have_the_gradient_of_the_weighted_mean(
    class_weight, engine, batch_size
):
    smoothing = 0.2 if class_weight == "balanced" else 0.0
    config = experiment(engine, batch_size, class_weight, smoothing)
    job = build_job(config, Path("no data is needed"))

    expected = gradient_by_torch(config, job, smoothing)

    for name, gradient in mean_gradient(job).items():
        assert_close(gradient, expected[name], rtol=1e-9, atol=1e-12)


def test_the_training_loss_of_an_epoch_is_the_weighted_mean():
    batches = build_job(experiment("autograd", 4, "inverse_count"), Path()).batches
    job = build_job(experiment("autograd", "full", "inverse_count"), Path())
    task, (inputs, targets) = job.learner.task, next(job.batches.epoch(0))
    logits = job.learner.predict(inputs[0])[0]
    (whole,) = task.metrics(task.sums(logits[None], targets[0]))
    losses = [
        targets.shape[1] * task.criterion(job.learner.predict(inputs[0])[0], targets[0]).item()
        for inputs, targets in batches.epoch(0)
    ]
    assert sum(losses) / len(logits) == pytest.approx(whole.scalars["loss"], rel=1e-9)


def test_weights_of_single_examples_do_not_cancel(tmp_path):
    rows = [(0.5, "rare" if i % 20 == 0 else "common") for i in range(400)]
    table = write_table(tmp_path / "t.csv", ["x", "y"], rows)
    noise = {
        "dataset": {"name": "csv", "path": str(table), "target": "y"},
        "model": {"name": "logistic"},
        "loss": {"name": "cross_entropy", "class_weight": "balanced"},
        "optimizer": {"name": "adam", "lr": 0.003},
        "train": {"epochs": 10, "batch_size": 1, "threads": 1},
    }
    (record,) = nnlab.predict(nnlab.train(noise), [[0.5]])
    assert record["probabilities"]["rare"] == pytest.approx(0.5, abs=0.2)


def weights_of(class_weight, class_names):
    config = CrossEntropyConfig(class_weight=class_weight)
    targets = torch.arange(len(class_names))
    return build_task(config, class_names, targets, "none").class_weight.tolist()


@pytest.mark.parametrize(
    ("given", "class_names", "expected"),
    [
        ({"rare": 5}, ("common", "rare"), [1, 5]),
        ({"b": 2, "a": 3}, ("a", "b", "c"), [3, 2, 1]),
        ({2: 5}, ("0", "1", "2", "10"), [1, 1, 5, 1]),
        ({10: 4}, ("1", "10", "2"), [1, 4, 1]),
        ({2: 5}, ("1.0", "2.0"), [1, 5]),
        ({"02": 5}, ("02", "2"), [5, 1]),
        ({0.5: 3}, ("0.25", "0.50"), [1, 3]),
        ({"-1": 7}, ("-1", "1"), [7, 1]),
        ({"klein, fast": 7}, ("gro\u00df", "klein, fast"), [1, 7]),
    ],
    ids=str,
)
def test_weights_by_name_go_to_their_classes(given, class_names, expected):
    assert weights_of(given, class_names) == expected


@pytest.mark.parametrize(
    ("given", "class_names", "message"),
    [
        ({"rar": 5}, ("common", "rare"), r"class_weight\.rar: .* \(did you mean 'rare'\?\); clas"),
        ({"Rare": 5}, ("common", "rare"), r"\(did you mean 'rare'\?\); classes: common, rare"),
        ({3: 5}, ("1", "2"), r"class_weight\.3: there is no such class.*; classes: 1, 2"),
        ({2: 5}, ("02", "2.0"), r"class_weight\.2: there is no such class"),
        ({"2": 5, "2.0": 3}, ("1", "2"), r"2\.0: is the class '2', which '2' names too"),
        ((1.0, 2.0), ("0", "1", "10"), "2 weights for 3 classes; their order: 0, 1, 10"),
        ((1.0, 2.0), tuple(map(str, range(30))), "their order: 0, 1, .*, 11 and 18 more"),
    ],
    ids=str,
)
def test_weights_that_name_no_class_are_refused(given, class_names, message):
    with pytest.raises(ConfigError, match=message):
        weights_of(given, class_names)


def test_a_wrong_name_is_shown_in_its_line(command, tmp_path):
    path = tmp_path / "e.yaml"
    path.write_text(
        "dataset: {name: spiral, num_samples: 60}\n"
        "model: {name: logistic}\n"
        "loss:\n"
        "  name: cross_entropy\n"
        "  class_weight: {c1: 2, d2: 5}\n"
        "optimizer: {name: adam}\n"
    )
    finished = command("train", str(path))
    assert finished.code == 2
    assert f"{path}:5:25: loss.class_weight.d2: there is no such class" in finished.stderr
    assert "      |                         ^^" in finished.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{}", "loss.class_weight: names no class"),
        ("{c1: -1}", "loss.class_weight.c1: should be at least 1e-09, not -1"),
        ("{c1: heavy}", 'loss.class_weight.c1: should be a number, not "heavy"'),
        ("{c1: }", "loss.class_weight.c1: should be a number, not null"),
        ("3", "loss.class_weight: should be 'balanced' or 'inverse_count' or a list or a mapping"),
    ],
)
def test_weights_that_are_none_are_refused(command, words, message):
    finished = command("train", "spiral_mlp", f"loss.class_weight={words}")
    assert finished.code == 2
    assert message in " ".join(finished.stderr.split())


def test_smoothed_labels_are_not_for_scikit_learn(command):
    words = ["loss={name: cross_entropy, label_smoothing: 0.1}", "train.engine=sklearn"]
    finished = command("train", "tiny_sklearn", *words)
    assert "loss.label_smoothing: the sklearn engine does not smooth labels" in finished.stderr
