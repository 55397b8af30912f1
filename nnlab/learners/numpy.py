"""NumPy networks behind the learner protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from nnlab.learners.protocol import OneByOne, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.learners.numpy_mlp import Network, Optimizer
    from nnlab.learners.protocol import LearningRates
    from nnlab.tasks.protocol import Task


class NumpyLearner(OneByOne):
    """R networks in NumPy behind the learner protocol.

    Args:
        networks: One per replica.
        optimizers: One per replica.
        names: Names of the parameters in the module, in the order W1, b1, W2, b2, ...
        task: Metrics.
    """

    NEEDS_AUTOGRAD: ClassVar[bool] = False
    iterations: ClassVar[None] = None

    def __init__(
        self,
        networks: Sequence[Network],
        optimizers: Sequence[Optimizer],
        names: Sequence[str],
        task: Task,
    ) -> None:
        self.networks = networks
        self.optimizers = optimizers
        self.names = names
        self.task = task
        self.on_phase: Callable[[str], object] = ignore

    @np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is reported
    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update each replica once; see ``Learner``."""
        losses = [0.0] * len(lrs)
        for replica, lr in enumerate(lrs):
            if lr is None:
                continue
            network = self.networks[replica]
            rows = inputs[replica].flatten(1).numpy()  # (N, D)
            loss, gradients = network.loss_and_gradients(rows, targets[replica].numpy())
            self.optimizers[replica].update(network.parameters, gradients, lr)
            losses[replica] = loss
        return torch.tensor(losses, dtype=torch.float64)

    @np.errstate(over="ignore", invalid="ignore")
    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs of every replica; see ``Learner``."""
        rows = inputs.flatten(2 if is_varied else 1).numpy()
        of_replicas = rows if is_varied else [rows] * len(self.networks)
        pairs = zip(self.networks, of_replicas, strict=True)
        outputs = [network.forward(own)[1][-1] for network, own in pairs]
        return torch.from_numpy(np.stack(outputs))

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the parameters; see ``Learner``."""
        replicas = [network.parameters for network in self.networks]
        stacked = [np.stack(same) for same in zip(*replicas, strict=True)]
        return {n: torch.from_numpy(s) for n, s in zip(self.names, stacked, strict=True)}

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load the parameters; see ``Learner``."""
        for replica, network in enumerate(self.networks):
            for name, parameter in zip(self.names, network.parameters, strict=True):
                parameter[...] = weights[name][replica].numpy()

    def state_dict(self) -> dict[str, Tensor]:
        """Return the optimizers' states; see ``Learner``."""
        return {
            f"{replica}.{name}": torch.from_numpy(np.array(value))
            for replica, optimizer in enumerate(self.optimizers)
            for name, value in optimizer.state.items()
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state; see ``Learner``."""
        for full_name, value in state.items():
            replica, name = full_name.split(".")
            self.optimizers[int(replica)].state[name] = value.numpy().copy()
