"""Any module, trained with autograd and torch.optim, replica by replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from nnlab.learners.optimizer_state import pack, unpack
from nnlab.learners.protocol import OneByOne, ignore
from nnlab.models.layers import Dropout
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.learners.protocol import LearningRates
    from nnlab.tasks.protocol import Task


class AutogradLearner(OneByOne):
    """R modules, each with its optimizer.

    Args:
        models: One module per replica, on the device.
        optimizers: One optimizer per replica, over its module's parameters.
        task: Criterion and metrics.
        seeds: One seed per replica, for dropout.
        clip_norms: Maximum norm of each replica's gradient, or None; default: none is clipped.
        l2: Factor of half the squared norm of the weights (not biases) added to the loss.
        is_mixed: Whether products are computed in bfloat16 (autocast); weights keep their type.
        draws_globally: Whether modules may draw from torch's global generator.
        is_solver: Whether a step is a whole fit, by line searches. They compare losses that differ
            in the eighth digit, so the loss is computed in float64.
    """

    NEEDS_AUTOGRAD: ClassVar[bool] = True

    def __init__(
        self,
        models: Sequence[nn.Module],
        optimizers: Sequence[torch.optim.Optimizer],
        task: Task,
        *,
        seeds: Sequence[int],
        clip_norms: Sequence[float | None] | None = None,
        l2: float = 0.0,
        is_mixed: bool = False,
        is_solver: bool = False,
        draws_globally: bool = False,
    ) -> None:
        self.models = models
        self.optimizers = optimizers
        self.task = task
        self.seeds = seeds
        self.clip_norms = clip_norms or [None] * len(models)
        self.l2 = l2
        self.is_mixed = is_mixed
        self.is_solver = is_solver
        self.draws_globally = draws_globally
        self.on_phase: Callable[[str], object] = ignore
        self.step = 0
        self.device = next(models[0].parameters()).device
        self.dropouts = [_own_dropouts(model, self.device) for model in models]

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update each replica once; see ``Learner``."""
        losses = [
            self._update(replica, inputs[replica], targets[replica], lr)
            for replica, lr in enumerate(lrs)
        ]
        self.step += 1
        return torch.stack(losses)

    def _update(self, replica: int, inputs: Tensor, targets: Tensor, lr: float | None) -> Tensor:
        if lr is None:
            return torch.zeros((), device=self.device)
        optimizer = self.optimizers[replica]
        for group in optimizer.param_groups:
            group["lr"] = lr

        def closure() -> Tensor:
            loss = self._forward(replica, inputs, targets)
            self.on_phase("forward")
            self._backward(replica, loss)
            self.on_phase("backward")
            return loss

        loss: Tensor = optimizer.step(closure)  # type: ignore[assignment,arg-type]
        self.on_phase("optimizer")
        return self._loss_after(replica, inputs, targets) if self.is_solver else loss.detach()

    @torch.no_grad()
    def _loss_after(self, replica: int, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss ``()`` without penalty; batch statistics stay as they are."""
        outputs = self._outputs(self.models[replica].eval(), inputs)
        return self.task.criterion(outputs.double(), targets)

    @property
    def iterations(self) -> list[int] | None:
        """Iterations so far; see ``Learner``."""
        if not self.is_solver:
            return None
        states = [[*optimizer.state.values()] for optimizer in self.optimizers]
        return [state[0]["n_iter"] if state else 0 for state in states]

    def _forward(self, replica: int, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss, with its graph."""
        self._seed_dropout(replica)
        model = self.models[replica].train()
        outputs = self._outputs(model, inputs)
        outputs = outputs.double() if self.is_solver else outputs
        loss = self.task.criterion(outputs, targets)
        if self.l2:
            loss = loss + self.l2 / 2 * _squared_norm_of_weights(model)
        return loss

    def _backward(self, replica: int, loss: Tensor) -> None:
        self.optimizers[replica].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if (clip_norm := self.clip_norms[replica]) is not None:
            nn.utils.clip_grad_norm_(self.models[replica].parameters(), clip_norm)

    def _outputs(self, model: nn.Module, inputs: Tensor) -> Tensor:
        if not self.is_mixed:
            outputs: Tensor = model(inputs)
            return outputs
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = model(inputs)
        return outputs.float()

    def _seed_dropout(self, replica: int) -> None:
        if self.draws_globally:
            torch.manual_seed(derive_seed("forward", self.seeds[replica], self.step))
        for index, generator in enumerate(self.dropouts[replica]):
            seed = derive_seed(f"dropout-{index}", self.seeds[replica], self.step)
            generator.manual_seed(seed)

    @torch.no_grad()
    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs of every replica; see ``Learner``."""
        of_replicas = inputs if is_varied else [inputs] * len(self.models)
        pairs = zip(self.models, of_replicas, strict=True)
        return torch.stack([self._outputs(model.eval(), own) for model, own in pairs])

    def weights(self) -> dict[str, Tensor]:
        """Return copies of parameters and buffers; see ``Learner``."""
        states = [model.state_dict() for model in self.models]
        return {name: torch.stack([state[name] for state in states]) for name in states[0]}

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load parameters and buffers; see ``Learner``."""
        for replica, model in enumerate(self.models):
            model.load_state_dict({name: tensor[replica] for name, tensor in weights.items()})

    def state_dict(self) -> dict[str, Tensor]:
        """Return the step and the optimizers' states; see ``Learner``."""
        state = {"step": torch.tensor(self.step)}
        for replica, optimizer in enumerate(self.optimizers):
            state |= pack(optimizer, prefix=f"{replica}.")
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state; see ``Learner``."""
        self.step = int(state["step"])
        for replica, optimizer in enumerate(self.optimizers):
            unpack(optimizer, state, prefix=f"{replica}.")


def _own_dropouts(model: nn.Module, device: torch.device) -> list[torch.Generator]:
    """Give each dropout layer its own generator."""
    generators = []
    for module in model.modules():
        if isinstance(module, Dropout) and module.p > 0:
            module.generator = torch.Generator(device)
            generators.append(module.generator)
    return generators


def _squared_norm_of_weights(model: nn.Module) -> Tensor:
    weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    return torch.stack([weight.square().sum() for weight in weights]).sum()
