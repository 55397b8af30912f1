"""The health of the first replica: dead and saturated units, gradient norms by layer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnlab.learners.protocol import Learner
    from nnlab.tasks.protocol import Task

NUM_EXAMPLES = 256
# A tanh or sigmoid unit this close to its limits passes on hardly any gradient.
SATURATION_MARGIN = 0.01
# Measuring may take this fraction of the training time.
MAX_FRACTION = 0.01
EARLIEST_SECONDS = 1.0


class Health(NamedTuple):
    """The state of a network on one batch.

    Attributes:
        dead: Fraction of ReLU units that are zero for every example; None without such units.
        saturated: Fraction of tanh and sigmoid activations near an end of their range; None
            without such units.
        gradient_norms: Euclidean norm of the gradient of each weight matrix, by its name.
    """

    dead: float | None
    saturated: float | None
    gradient_norms: dict[str, float]


class Probe:
    """Measures the health of the first replica from time to time, always on the same batch.

    Args:
        model: A module of the experiment; its weights are overwritten.
        inputs: Training examples as the model takes them, ``(N, ...)``.
        targets: ``(N,)``.
        task: Gives the loss.
    """

    def __init__(self, model: nn.Module, inputs: Tensor, targets: Tensor, task: Task) -> None:
        self.model = model.eval()
        self.inputs = inputs
        self.targets = targets
        self.task = task
        self._next_measurement = time.monotonic() + EARLIEST_SECONDS

    def measure_if_due(self, learner: Learner) -> Health | None:
        """Return the health, or None if measuring it again so soon would cost too much."""
        start = time.monotonic()
        if start < self._next_measurement:
            return None
        health = self.measure(learner)
        now = time.monotonic()
        self._next_measurement = now + (now - start) / MAX_FRACTION
        return health

    def measure(self, learner: Learner) -> Health:
        """Return the health of the first replica; nothing is measured without parameters."""
        return self.measure_weights({n: tensor[0] for n, tensor in learner.weights().items()})

    @torch.inference_mode(False)
    def measure_weights(self, weights: Mapping[str, Tensor]) -> Health:
        """Return the health of a network with the given weights; see ``measure``."""
        if not any(True for _ in self.model.parameters()):
            return Health(None, None, {})
        self.model.load_state_dict(weights)
        outputs: list[tuple[nn.Module, Tensor]] = []
        handles = [
            module.register_forward_hook(lambda module, _, a: outputs.append((module, a.detach())))
            for name, module in self.model.named_modules()
            if isinstance(module, nn.ReLU | nn.Tanh | nn.Sigmoid) and name != "output_activation"
        ]
        self.model.zero_grad()
        with torch.enable_grad():
            loss = self.task.criterion(self.model(self.inputs), self.targets)
            loss.backward()  # type: ignore[no-untyped-call]
        for handle in handles:
            handle.remove()
        relus = [_is_dead(a) for module, a in outputs if isinstance(module, nn.ReLU)]
        others = [_is_saturated(m, a) for m, a in outputs if not isinstance(m, nn.ReLU)]
        norms = {
            name: parameter.grad.norm().item()
            for name, parameter in self.model.named_parameters()
            if parameter.grad is not None and parameter.ndim > 1
        }
        return Health(_fraction(relus), _fraction(others), norms)


def _is_dead(a: Tensor) -> Tensor:
    """Return whether each unit or channel is zero everywhere, ``(C,)``."""
    return (a <= 0).transpose(0, 1).flatten(1).all(1)


def _is_saturated(module: nn.Module, a: Tensor) -> Tensor:
    low = 0.0 if isinstance(module, nn.Sigmoid) else -1.0
    return ((a - low < SATURATION_MARGIN) | (1 - a < SATURATION_MARGIN)).flatten()


def _fraction(flags: list[Tensor]) -> float | None:
    """Return the fraction that is true, or None if there are no flags."""
    return torch.cat(flags).double().mean().item() if flags else None
