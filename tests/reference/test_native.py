"""The native learner: a seed has the same bytes in any company, and dropout is drawn as documented."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.data.steps import Steps
from nnlab.models.layers import Dropout
from nnlab.native.build import instruction_sets, library_path
from nnlab.native.library import Library, find_library
from nnlab.seeding import derive_seed
from nnlab.training.runtime import threads

pytestmark = pytest.mark.skipif(find_library() is None, reason="the native engine is not built")

NUM_STEPS = 20
EXPERIMENTS = {
    "adam, dropout": {
        "model": {"name": "mlp", "hidden_sizes": [33, 17], "activation": "tanh", "dropout": 0.2},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {"batch_size": 37},
    },
    "nesterov, clipped, gelu, float64": {
        "model": {"name": "mlp", "hidden_sizes": [40], "activation": "gelu"},
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
        "train": {"batch_size": 64, "clip_norm": 0.1, "precision": "float64"},
    },
    "rmsprop, full batch": {
        "model": {"name": "mlp", "hidden_sizes": [5], "activation": "sigmoid"},
        "optimizer": {"name": "rmsprop", "lr": 0.001, "momentum": 0.5},
        "train": {"batch_size": "full"},
    },
    "adagrad, weighted, varied split": {
        "dataset": {"name": "digits", "split": {"vary": True, "stratify": True}},
        "model": {"name": "mlp", "hidden_sizes": [64, 64], "activation": "elu"},
        "loss": {"name": "cross_entropy", "class_weight": [1.0, 2.0] * 5},
        "optimizer": {"name": "adagrad", "lr": 0.05},
        "train": {"batch_size": 100},
    },
}


def job_of(experiment: dict, seeds: int, seed: int = 0, **train):
    section = {
        **experiment["train"],
        "engine": "native",
        "epochs": 50,
        "seeds": seeds,
        "seed": seed,
    }
    config = {"dataset": {"name": "digits"}, **experiment, "train": {**section, **train}}
    return build_job(config_from_mapping(config), Path("no data is needed"))


def bytes_of_seeds(job, span: int) -> list[bytes]:
    """Return the weights and the test outputs of each seed after some steps, taken span by span."""
    per_epoch, done = job.batches.num_batches, 0
    while done < NUM_STEPS:
        count = min(span, NUM_STEPS - done)
        steps = Steps(job.batches, done // per_epoch, done % per_epoch, count)
        job.learner.train_steps(steps, [[job.lr] * len(job.seeds)] * count)
        done += count
    tensors = list(job.learner.weights().values())
    if not job.dataset.test.is_varied:
        tensors.append(job.learner.predict(job.dataset.test.inputs))
    return [b"".join(t[r].numpy().tobytes() for t in tensors) for r in range(len(job.seeds))]


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
def test_a_seed_has_the_same_bytes_in_any_company(experiment: dict) -> None:
    together = bytes_of_seeds(job_of(experiment, 17), 1)
    assert len(set(together)) == 17, "seeds that are all the same prove nothing"
    for seed in (0, 1, 8, 16):
        assert bytes_of_seeds(job_of(experiment, 1, seed), 3) == [together[seed]]
    for seeds, number in itertools.product((1, 3, 8, 17), (1, 2, 4, 8)):
        span = NUM_STEPS if number in (1, 4) else 7
        job = job_of(experiment, seeds)
        job.learner.crew = AlwaysAll(number)
        assert bytes_of_seeds(job, span) == together[:seeds], (seeds, number, span)


class AlwaysAll:
    """A crew that never takes fewer threads than there are."""

    def __init__(self, most: int) -> None:
        self.most = most

    def at_work(self, _num_steps: int):
        return contextlib.nullcontext(self.most)


def splitmix64(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def mask(seed: int, step: int, layer: int, shape: tuple[int, int], p: float) -> torch.Tensor:
    """Return the mask of a layer's units as the native engine draws it."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        key = splitmix64(np.uint64(derive_seed("dropout-0", seed)) + np.uint64(step) * golden)
        numbers = np.arange(shape[0] * shape[1], dtype=np.uint64) + (
            np.uint64(layer) << np.uint64(48)
        )
        bits = splitmix64(key + numbers * golden) >> np.uint64(11)
    keeps = bits >= np.uint64(p * 2**53)
    return torch.from_numpy(keeps.reshape(shape)).double() / (1 - p)


@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh"])
def test_dropout_is_that_of_the_modules_with_the_same_masks(activation: str, monkeypatch) -> None:
    p, seeds = 0.3, 2
    model = {"name": "mlp", "hidden_sizes": [9, 7], "activation": activation, "dropout": p}
    experiment = {"model": model, "optimizer": {"name": "sgd", "lr": 0.2}}
    experiment["train"] = {"batch_size": 50, "precision": "float64"}
    native, autograd = job_of(experiment, seeds), job_of(experiment, seeds, engine="autograd")
    dropouts = [
        next(m for m in of.modules() if isinstance(m, Dropout)) for of in autograd.learner.models
    ]
    layers = [
        itertools.cycle(range(2)) for _ in dropouts
    ]  # each is called after both hidden layers

    def forward(self, inputs):
        replica = next(r for r, dropout in enumerate(dropouts) if dropout is self)
        layer = next(layers[replica])
        return inputs * mask(replica, autograd.learner.step, layer, tuple(inputs.shape), p)

    monkeypatch.setattr(Dropout, "forward", forward)
    for inputs, targets in native.batches.epoch(0):
        lrs = [0.2] * seeds
        found = native.learner.train_step(inputs, targets, lrs=lrs)
        assert_close(
            found, autograd.learner.train_step(inputs, targets, lrs=lrs), rtol=0, atol=1e-10
        )
    drawn = torch.cat([mask(3, step, 1, (50, 40), p).flatten() for step in range(20)])
    assert (drawn > 0).double().mean().item() == pytest.approx(1 - p, abs=0.01)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"])
def test_what_is_not_a_number_reaches_the_loss(activation: str) -> None:
    model = {"name": "mlp", "hidden_sizes": [8, 8], "activation": activation}
    experiment = {"model": model, "optimizer": {"name": "sgd"}, "train": {"batch_size": 50}}
    job = job_of(experiment, 2)
    weights = job.learner.weights()
    weights["layers.0.weight"][1, 3, 5] = torch.nan
    job.learner.load_weights(weights)
    losses = job.learner.train_steps(Steps(job.batches, 0, 0, 2), [[0.1, 0.1]] * 2)
    assert losses[:, 0].isfinite().all()
    assert losses[:, 1].isnan().all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["elu", "tanh", "sigmoid"])
def test_exponentials_are_as_exact_as_torchs(activation: str, precision: str) -> None:
    """A network of two identities and one activation shows the activation itself."""
    model = {
        "name": "mlp",
        "hidden_sizes": [1],
        "activation": activation,
        "output_activation": "none",
    }
    config = {
        "dataset": {"name": "regression", "num_samples": 90},
        "model": model,
        "optimizer": {"name": "sgd"},
        "train": {"engine": "native", "precision": precision},
    }
    job = build_job(config_from_mapping(config), Path())
    dtype = job.dtype
    unit = {
        name: torch.full_like(t, float(name.endswith("weight")))
        for name, t in job.learner.weights().items()
    }
    job.learner.load_weights(unit)
    z = torch.cat(
        [torch.linspace(-90, 90, 100_001), torch.logspace(-12, 0, 1001), torch.tensor([0.0])]
    )
    z = torch.cat([z, -z]).to(dtype)
    exact = {"elu": torch.nn.functional.elu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[
        activation
    ](z.double())
    found = job.learner.predict(z[:, None])[0, :, 0].double()
    ulp = torch.finfo(dtype).eps
    assert_close(found, exact, rtol=4 * ulp, atol=torch.finfo(torch.float32).tiny)


@pytest.mark.parametrize("name", instruction_sets())
def test_every_instruction_set_of_this_processor_gives_alike_losses(name: str, monkeypatch) -> None:
    best = find_library()
    names = list(instruction_sets())
    if names.index(name) > names.index(best.instruction_set):
        pytest.skip(f"this processor has no {name}")
    experiment = EXPERIMENTS["nesterov, clipped, gelu, float64"]
    expected = job_of(experiment, 2)
    monkeypatch.setattr(
        "nnlab.assembly.learner.find_library", lambda: Library(name, library_path(name))
    )
    job = job_of(experiment, 2)
    assert job.learner.library.instruction_set == name
    steps, rates = 20, [[0.1, 0.1]] * 20
    assert_close(
        job.learner.train_steps(Steps(job.batches, 0, 0, steps), rates),
        expected.learner.train_steps(Steps(expected.batches, 0, 0, steps), rates),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize(("chosen", "expected"), [("auto", (3, 1)), (2, (2, 2)), (1, (1, 1))])
def test_the_engine_has_threads_of_its_own(chosen: str | int, expected: tuple[int, int]) -> None:
    """And torch, which is left little to do, has one, unless the user chooses."""
    with threads(3):
        job = job_of(EXPERIMENTS["adam, dropout"], 1, threads=chosen)
    assert (job.learner.num_threads, job.num_threads) == expected
