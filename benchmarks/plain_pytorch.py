"""The systems as anybody would write them in torch, to measure how widely seeds scatter.

``python -m benchmarks.plain_pytorch`` writes configs/course/plain_pytorch.json, with which
reference.py and the lessons compare. The data and their split come from nnlab's experiment; the
training shares no code with it.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnlab import api
from nnlab.assembly.job import build_job
from nnlab.storage.folders import Folders
from nnlab.ui.lessons.systems import PLAIN_SEEDS, System, plain_seeds
from nnlab.ui.lessons.table import SYSTEMS

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig

ACTIVATIONS = {"elu": nn.ELU, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


def main() -> None:
    """Train every system that scatters, and store the results of each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", nargs="+", help="rows to train")
    options = parser.parse_args()
    for system in SYSTEMS:
        if not any(m.scatters for m in system.measures):
            continue
        if system.row in (options.only or [system.row]):
            numbers = [numbers_of(system, seed) for seed in range(options.seeds)]
            keep(system, list(zip(*numbers, strict=True)))


def keep(system: System, columns: Sequence[Sequence[float]]) -> None:
    """Store the values of a system's measures, and print their ranges."""
    results = dict(plain_seeds())
    for measure, values in zip(system.measures, columns, strict=True):
        results[f"{system.row}: {measure.label}"] = [float(f"{value:.6g}") for value in values]
        spread = f"{min(values):.4g} to {max(values):.4g}"
        print(f"{system.row}: {measure.label}: {spread}", flush=True)
    PLAIN_SEEDS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def numbers_of(system: System, seed: int) -> list[float]:
    """Train a system with one seed and return its measures."""
    config = api.as_config(system.config, system.overrides)
    dataset = build_job(config, Folders.choose().data).dataset
    dtype = torch.float64 if config.train.precision == "float64" else torch.float32
    parts = {
        name: (part.inputs.to(dtype) / part_scale(part.inputs), part.targets)
        for name in ("train", "test")
        if (part := getattr(dataset, name)) is not None
    }
    found = {}
    for epoch, model in enumerate(train(config, *parts["train"], seed), start=1):
        for measure in system.measures:
            if epoch == (measure.epoch or config.train.epochs):
                found[measure.label] = score(model, *parts[measure.part])
    return [found[measure.label] for measure in system.measures]


def part_scale(inputs: Tensor) -> float:
    """Return the divisor of the inputs: 255 for pixels, 1 for other features."""
    return 255 if inputs.dtype == torch.uint8 else 1


def train(
    config: ExperimentConfig, inputs: Tensor, targets: Tensor, seed: int
) -> Iterator[nn.Module]:
    """Train in the plainest way and yield the model after every epoch."""
    torch.manual_seed(seed)
    num_outputs = 1 if targets.is_floating_point() else int(targets.max()) + 1
    build = convolutional if config.model.name == "fashion_cnn" else dense
    model = build(config, inputs[0].numel(), num_outputs).to(inputs.dtype)
    settings = {"lr": config.optimizer.lr, "weight_decay": config.optimizer.weight_decay}
    optimizer = OPTIMIZERS[config.optimizer.name](model.parameters(), **settings)
    criterion = nn.MSELoss() if targets.is_floating_point() else nn.CrossEntropyLoss()
    batch_size = len(inputs) if config.train.batch_size == "full" else config.train.batch_size
    for _ in range(config.train.epochs):
        order = torch.randperm(len(inputs)) if config.train.shuffle else torch.arange(len(inputs))
        for chosen in order.split(batch_size):
            optimizer.zero_grad()
            model.train()
            criterion(model(inputs[chosen]).squeeze(-1), targets[chosen]).backward()
            optimizer.step()
        yield model


def dense(config: ExperimentConfig, num_features: int, num_outputs: int) -> nn.Module:
    """Return a multi-layer perceptron built from torch's own layers."""
    sizes = (num_features, *config.model.hidden_sizes, num_outputs)
    layers: list[nn.Module] = [nn.Flatten()]
    for size_in, size_out in itertools.pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), ACTIVATIONS[config.model.activation]()]
    last = nn.Softmax(dim=1) if config.model.output_activation == "softmax" else nn.Identity()
    return nn.Sequential(*layers[:-1], last)


def convolutional(config: ExperimentConfig, _: int, num_outputs: int) -> nn.Module:
    """Return the network of row D7, built from torch's own layers."""
    (first, second), (wide, narrow) = config.model.channels, config.model.hidden_sizes
    layers: list[nn.Module] = []
    for given, made, padding in ((1, first, 1), (first, second, 0)):
        layers += [nn.Conv2d(given, made, 3, padding=padding), nn.BatchNorm2d(made)]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Linear(36 * second, wide), nn.Dropout(config.model.dropout)]
    return nn.Sequential(
        *layers, nn.Linear(wide, narrow), nn.ReLU(), nn.Linear(narrow, num_outputs)
    )


@torch.no_grad()
def score(model: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    """Return the mean squared error (regression) or the accuracy (classification)."""
    outputs = torch.cat([model.eval()(batch) for batch in inputs.split(1000)])
    if targets.is_floating_point():
        return (outputs.squeeze(-1) - targets).square().mean().item()
    return (outputs.argmax(1) == targets).double().mean().item()


if __name__ == "__main__":
    main()
