"""How a network feels inside: dead and saturated units, and gradients layer by layer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from nnlab.learners.protocol import Learner
    from nnlab.tasks import Task

NUM_EXAMPLES = 256
# A tanh or sigmoid unit within this of its ends passes hardly any gradient on.
SATURATION_MARGIN = 0.01
# Looking may take this share of the time of training.
MAX_SHARE = 0.01
EARLIEST_SECONDS = 1.0


class Probe:
    """Looks at the first replica now and then, on a batch that stays the same.

    Args:
        model: A module of the experiment's kind; its weights are replaced.
        inputs: Training examples as the model takes them, ``(N, ...)``.
        targets: ``(N,)``.
        task: For the loss whose gradient is taken.
    """

    def __init__(self, model: nn.Module, inputs: Tensor, targets: Tensor, task: Task) -> None:
        self.model = model.eval()
        self.inputs = inputs
        self.targets = targets
        self.task = task
        self._next_look = time.monotonic() + EARLIEST_SECONDS

    def look_if_due(self, learner: Learner) -> dict[str, Any] | None:
        """Return what is seen, or None if looking again so soon would cost too much."""
        start = time.monotonic()
        if start < self._next_look:
            return None
        seen = self.look(learner)
        now = time.monotonic()
        self._next_look = now + (now - start) / MAX_SHARE
        return seen

    @torch.inference_mode(False)
    def look(self, learner: Learner) -> dict[str, Any]:
        """Return the state of the first replica.

        Returns:
            ``dead``: share of ReLU units that are zero for every example; ``saturated``: share of
            tanh and sigmoid values near an end (None where there are no such units);
            ``gradient_norms``: Euclidean norm of the gradient of each weight matrix, by its name.
        """
        self.model.load_state_dict({n: tensor[0] for n, tensor in learner.weights().items()})
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
        return {
            "dead": _share([_is_dead(a) for module, a in outputs if isinstance(module, nn.ReLU)]),
            "saturated": _share(
                [
                    _is_saturated(module, a)
                    for module, a in outputs
                    if not isinstance(module, nn.ReLU)
                ]
            ),
            "gradient_norms": {
                name: parameter.grad.norm().item()
                for name, parameter in self.model.named_parameters()
                if parameter.grad is not None and parameter.ndim > 1
            },
        }


def _is_dead(a: Tensor) -> Tensor:
    """Return, for each unit or channel, whether it is zero wherever it was computed, ``(C,)``."""
    return (a <= 0).transpose(0, 1).flatten(1).all(1)


def _is_saturated(module: nn.Module, a: Tensor) -> Tensor:
    low = 0.0 if isinstance(module, nn.Sigmoid) else -1.0
    return ((a - low < SATURATION_MARGIN) | (1 - a < SATURATION_MARGIN)).flatten()


def _share(flags: list[Tensor]) -> float | None:
    """Return the share of true ones, or None if there are none to count."""
    return torch.cat(flags).double().mean().item() if flags else None
