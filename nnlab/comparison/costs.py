"""The cost of inference: FLOPs and latency."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nnlab.assembly.job import build_models
from nnlab.assembly.learner import DTYPES
from nnlab.inspection.products import products_of
from nnlab.training.runtime import choose_device

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nnlab.runs.load import StoredRun

BATCHES = (1, 1000)
SECONDS_TO_MEASURE = 0.2


@dataclass(frozen=True)
class Costs:
    """The cost of inference with one replica.

    Attributes:
        flops_per_example: Additions and multiplications of its linear layers and convolutions.
        latency_seconds: Median time of a forward pass by batch size, on this machine; empty for
            an estimator of scikit-learn, which is not a sum of products.
    """

    flops_per_example: int
    latency_seconds: dict[int, float]


def measure(run: StoredRun) -> Costs:
    """Measure the model of a run; the time does not depend on the weights."""
    config, spec = run.config, run.spec
    if config.model.is_estimator:
        return Costs(0, {})
    (model,) = build_models(config, spec, [config.train.seed])
    device, dtype = choose_device(config.train.device), DTYPES[config.train.precision]
    model = model.to(device).eval()
    batches = {n: torch.rand(n, *spec.input_shape, dtype=dtype, device=device) for n in BATCHES}
    latency = {n: _median_seconds(model, inputs) for n, inputs in batches.items()}
    return Costs(flops_per_example(model, batches[1]), latency)


def flops_per_example(model: nn.Module, inputs: Tensor) -> int:
    """Return two operations per weight and use of that weight, for one example.

    Args:
        model: The network of one replica.
        inputs: One example, ``(1, ...)``.
    """
    flops = 0
    for layer, _, outputs in products_of(model, inputs):
        weight = layer.get_parameter("weight")  # (outputs, ...)
        flops += 2 * weight.numel() * outputs.numel() // len(weight)
    return flops


@torch.no_grad()
def _median_seconds(model: nn.Module, inputs: Tensor) -> float:
    seconds: list[float] = []
    end = time.perf_counter() + SECONDS_TO_MEASURE
    while time.perf_counter() < end or len(seconds) < 3:
        start = time.perf_counter()
        model(inputs).cpu()  # sync
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
