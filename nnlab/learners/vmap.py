"""Any module whose operations torch.func can vectorise over replicas.

Forward and backward passes of all replicas are one call over stacked parameters; each replica keeps an
optimizer of its own, over its slice of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from nnlab.learners.optimizer_state import pack, unpack
from nnlab.learners.protocol import OneByOne, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.learners.protocol import LearningRates
    from nnlab.tasks.protocol import Task

    MakeOptimizer = Callable[[list[Tensor]], torch.optim.Optimizer]


class VmapLearner(OneByOne):
    """R modules whose passes are vectorised.

    Args:
        models: One module per replica, on the device.
        make_optimizer: Builds an optimizer over the parameters of a replica.
        task: Criterion and metrics.
        clip_norm: Maximum norm of a replica's gradient, or None.
    """

    NEEDS_AUTOGRAD: ClassVar[bool] = True
    iterations: ClassVar[None] = None

    def __init__(
        self,
        models: Sequence[nn.Module],
        make_optimizers: Sequence[MakeOptimizer],
        task: Task,
        *,
        clip_norm: float | None = None,
    ) -> None:
        self.model = models[0]
        self.names = list(self.model.state_dict())
        stacked, buffers = stack_module_state(list(models))
        self.parameters = {name: tensor.detach() for name, tensor in stacked.items()}
        self.buffers = {name: tensor.detach() for name, tensor in buffers.items()}
        self.task = task
        self.clip_norm = clip_norm
        self.on_phase: Callable[[str], object] = ignore
        self.slices = [[p[r] for p in self.parameters.values()] for r in range(len(models))]
        pairs = zip(make_optimizers, self.slices, strict=True)
        self.optimizers = [make(own) for make, own in pairs]
        self._grad_and_loss = vmap(grad_and_value(self._loss), randomness="error")
        self._forward = vmap(self._outputs)

    def _outputs(
        self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Tensor
    ) -> Tensor:
        outputs: Tensor = functional_call(self.model, (parameters, buffers), (inputs,))
        return outputs

    def _loss(
        self,
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        inputs: Tensor,
        targets: Tensor,
    ) -> Tensor:
        return self.task.criterion(self._outputs(parameters, buffers, inputs), targets)

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update each replica once; see ``Learner``."""
        stopped = [r for r, lr in enumerate(lrs) if lr is None]
        kept = {name: tensor[stopped] for name, tensor in self.buffers.items()}
        self.model.train()
        gradients, losses = self._grad_and_loss(self.parameters, self.buffers, inputs, targets)
        self.on_phase("backward")
        for name, tensor in kept.items():
            self.buffers[name][stopped] = tensor
        for replica, lr in enumerate(lrs):
            if lr is not None:
                self._update(replica, lr, gradients, losses[replica])
        self.on_phase("optimizer")
        detached: Tensor = losses.detach()
        return detached

    def _update(self, replica: int, lr: float, gradients: dict[str, Tensor], loss: Tensor) -> None:
        for parameter, gradient in zip(self.slices[replica], gradients.values(), strict=True):
            parameter.grad = gradient[replica]
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.slices[replica], self.clip_norm)
        optimizer = self.optimizers[replica]
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step(lambda: loss)  # type: ignore[arg-type,return-value]

    @torch.no_grad()
    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs of every replica; see ``Learner``."""
        self.model.eval()
        rows = inputs if is_varied else inputs.expand(len(self.slices), *inputs.shape)
        outputs: Tensor = self._forward(self.parameters, self.buffers, rows)
        return outputs

    def weights(self) -> dict[str, Tensor]:
        """Return copies of parameters and buffers; see ``Learner``."""
        tensors = {**self.parameters, **self.buffers}
        return {name: tensors[name].clone() for name in self.names}

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load parameters and buffers; see ``Learner``."""
        for name, tensor in (*self.parameters.items(), *self.buffers.items()):
            tensor.copy_(weights[name])

    def state_dict(self) -> dict[str, Tensor]:
        """Return the optimizers' states; see ``Learner``."""
        state: dict[str, Tensor] = {}
        for replica, optimizer in enumerate(self.optimizers):
            state |= pack(optimizer, prefix=f"{replica}.")
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state; see ``Learner``."""
        for replica, optimizer in enumerate(self.optimizers):
            unpack(optimizer, state, prefix=f"{replica}.")


def why_not_vectorised(model: nn.Module, inputs: Tensor) -> str | None:
    """Return why torch.func cannot vectorise a module in training, or None if it can.

    Args:
        model: The module; it does not change.
        inputs: A few inputs ``(N, ...)``.
    """
    parameters, buffers = (
        {n: t.detach()[None].repeat_interleave(2, 0) for n, t in named}
        for named in (model.named_parameters(), model.named_buffers())
    )

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor], rows: Tensor) -> Tensor:
        outputs: Tensor = functional_call(model, (parameters, buffers), (rows,))
        return outputs.square().mean()

    model.train()
    try:
        vmap(grad_and_value(loss), randomness="error")(
            parameters, buffers, inputs.expand(2, *inputs.shape)
        )
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        return str(error).partition("\n")[0].partition(". ")[0]
    return None
