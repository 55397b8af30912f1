"""Dense networks trained by closed-form back-propagation: R replicas together, no allocation.

For layers l = 1..L, with a_0 the inputs (Nielsen 2015, chapter 2, BP1 to BP4, with a replica axis):

    z_l = a_{l-1} W_l + b_l              a_l = s(z_l)
    delta_L = dC/dz_L                    delta_{l-1} = (delta_l W_l^T) * s'(z_{l-1})
    dC/dW_l = a_{l-1}^T delta_l          dC/db_l = sum over examples of delta_l

All W ``(in, out)`` and b are views of one flat tensor, their gradients of another, so that one call
updates them all. A single replica uses plain matrices, which are faster than batches of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from nnlab.learners.captured_step import CapturedStep
from nnlab.learners.dense_buffers import Buffers
from nnlab.learners.dense_math import (
    ACTIVATIONS,
    LOSSES,
    OUTPUT_ACTIVATIONS,
    smoothed_cross_entropy,
)
from nnlab.learners.dense_parameters import DenseParameters
from nnlab.learners.protocol import OneByOne, ignore
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.learners.dense_buffers import DenseSpec
    from nnlab.learners.protocol import LearningRates
    from nnlab.tasks.protocol import Task

    MakeOptimizer = Callable[[Tensor, Tensor], "FlatOptimizer"]
    from nnlab.learners.flat_optimizer import FlatOptimizer


# Prefix of the optimizer's tensors in the learner's state.
OPTIMIZER = "optimizer."


class FusedLearner(OneByOne):
    """R dense networks behind the learner protocol.

    Args:
        models: One module per replica; its linear layers, in order, are the network.
        spec: Activations, dropout and loss.
        task: Metrics.
        seeds: One seed per replica, for dropout.
        make_optimizer: Builds an optimizer from flat parameters and flat gradients.
        device: Device to train on.
    """

    NEEDS_AUTOGRAD: ClassVar[bool] = False
    iterations: ClassVar[None] = None

    def __init__(
        self,
        models: Sequence[nn.Module],
        spec: DenseSpec,
        task: Task,
        *,
        seeds: Sequence[int],
        make_optimizer: MakeOptimizer,
        device: torch.device,
    ) -> None:
        self.task = task
        self.spec = spec
        self.seeds = seeds
        self.on_phase: Callable[[str], object] = ignore
        self.step = 0
        self.is_single = len(models) == 1
        self.act = ACTIVATIONS[spec.activation]
        self.output_act = OUTPUT_ACTIVATIONS[spec.output_activation]
        self.loss, self.class_weight = LOSSES[spec.loss], spec.class_weight
        if spec.label_smoothing:  # with weights for the classes that an example is not of
            self.loss = smoothed_cross_entropy(spec.label_smoothing, spec.class_weight)
            self.class_weight = None
        self.matmul = torch.mm if self.is_single else torch.bmm
        self.generators = [torch.Generator(device) for _ in seeds] if spec.dropout else []
        # Read by captured steps: the highest rate, and the part of it that each replica has.
        self.lr = torch.zeros((), device=device)
        self.fractions: Tensor | None = None
        self.parameters = DenseParameters(models, device)
        self.flat, self.flat_grad = self.parameters.flat, self.parameters.flat_grad
        self.weight, self.bias = self.parameters.views(self.flat)
        self.weight_grad, self.bias_grad = self.parameters.views(self.flat_grad)
        # Transposed once: doing it at every step would cost as much as an addition.
        self.weight_t = [weight.mT for weight in self.weight]
        self.optimizer = make_optimizer(self.flat, self.flat_grad)
        self.buffers: dict[int, Buffers] = {}
        self.is_captured = device.type == "cuda" and self.optimizer.is_capturable

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update every replica once; see ``Learner``."""
        buffers = self._buffers_for(inputs)
        targets = targets[0] if self.is_single else targets
        if self.spec.dropout:
            self._draw_dropout(buffers)
        self.step += 1
        if self.is_captured:
            return self._captured_step(targets, lrs, buffers)
        losses = self._losses_and_gradients(targets, buffers)
        self._update(*rate_and_fractions(lrs, self.flat))
        self.on_phase("optimizer")
        return losses

    def _captured_step(self, targets: Tensor, lrs: LearningRates, buffers: Buffers) -> Tensor:
        """Take a captured step, its targets and learning rates copied to where it reads them."""
        lr, fractions = rate_and_fractions(lrs, self.flat)
        self.lr.fill_(lr)
        if fractions is not None:
            self.fractions = (
                fractions if self.fractions is None else self.fractions.copy_(fractions)
            )
        if buffers.targets is None:
            buffers.targets = torch.empty_like(targets, memory_format=torch.contiguous_format)
        buffers.targets.copy_(targets)
        is_varied = fractions is not None
        if is_varied not in buffers.captured:
            buffers.captured[is_varied] = CapturedStep(
                lambda: self._step_in_place(buffers, self.fractions if is_varied else None)
            )
        return buffers.captured[is_varied]()

    def _step_in_place(self, buffers: Buffers, fractions: Tensor | None) -> Tensor:
        assert buffers.targets is not None, "_captured_step copies the targets first"
        losses = self._losses_and_gradients(buffers.targets, buffers)
        self._update(self.lr, fractions)
        return losses

    def _losses_and_gradients(self, targets: Tensor, buffers: Buffers) -> Tensor:
        self._forward(buffers.inputs, buffers)
        losses = self._loss_and_delta(targets, buffers)
        self.on_phase("forward")
        self._backward(buffers.inputs, buffers)
        if self.spec.clip_norm is not None:
            self._clip(self.spec.clip_norm)
        self.on_phase("backward")
        return losses

    def _forward(self, inputs: Tensor, buffers: Buffers) -> None:
        a = inputs
        last = len(self.weight) - 1
        for layer, z in enumerate(buffers.outputs):
            self.matmul(a, self.weight[layer], out=z)
            z.add_(self.bias[layer])
            if layer == last:
                self.output_act.forward(z)
                break
            if self.act.keeps_input:
                buffers.kept[layer].copy_(z)
            self.act.forward(z)
            a = z
            if self.spec.dropout:
                a = torch.mul(z, buffers.masks[layer], out=buffers.dropped[layer])

    def _loss_and_delta(self, targets: Tensor, buffers: Buffers) -> Tensor:
        """Write dC/dz_L (BP1) and return the mean loss of each replica, ``(R,)``."""
        outputs, delta = buffers.outputs[-1], buffers.deltas[-1]
        losses = self.loss(outputs, targets, delta)  # (R, N, 1)
        sample_weights = buffers.sample_weights
        if self.class_weight is not None:
            sample_weights = self.class_weight[targets].unsqueeze(-1) * sample_weights
        delta.mul_(sample_weights)
        self.output_act.backward(delta, outputs)
        return losses.mul_(sample_weights).sum((-2, -1)).view(len(self.seeds))

    def _backward(self, inputs: Tensor, buffers: Buffers) -> None:
        below = buffers.dropped if self.spec.dropout else buffers.outputs
        for layer in reversed(range(len(self.weight))):
            delta = buffers.deltas[layer]
            a = below[layer - 1] if layer else inputs
            self.matmul(a.mT, delta, out=self.weight_grad[layer])
            torch.sum(delta, -2, keepdim=True, out=self.bias_grad[layer])
            if layer:
                self._through_layer(layer, delta, buffers)

    def _through_layer(self, layer: int, delta: Tensor, buffers: Buffers) -> None:
        """Write delta_{l-1} = (delta_l W_l^T) * s'(z_{l-1}) (BP2)."""
        before = buffers.deltas[layer - 1]
        self.matmul(delta, self.weight_t[layer], out=before)
        if self.spec.dropout:
            before.mul_(buffers.masks[layer - 1])
        known = buffers.kept if self.act.keeps_input else buffers.outputs
        self.act.backward(before, known[layer - 1])

    def _draw_dropout(self, buffers: Buffers) -> None:
        """Draw each replica's masks from its own stream, scaled by 1 / (1 - p)."""
        keep = 1 - self.spec.dropout
        for generator, seed in zip(self.generators, self.seeds, strict=True):
            generator.manual_seed(derive_seed("dropout-0", seed, self.step))
        for mask in buffers.masks:
            rows = [mask] if self.is_single else mask
            for row, generator in zip(rows, self.generators, strict=True):
                draws = torch.rand(row.shape, generator=generator, device=row.device)
                row.copy_(draws < keep)
            mask.div_(keep)

    def _clip(self, clip_norm: float) -> None:
        """Scale each replica's gradient down to ``clip_norm``, as ``clip_grad_norm_`` does."""
        gradients = [*self.weight_grad, *self.bias_grad]
        norms = torch.stack([g.square().sum((-2, -1)) for g in gradients]).sum(0).sqrt()
        factors = (clip_norm / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factors[..., None, None])

    def _update(self, lr: float | Tensor, fractions: Tensor | None) -> None:
        """Update all replicas at a rate, or each at a fraction of it.

        Updates are proportional to the learning rate, so lower rates are interpolated.
        """
        if fractions is None:
            self.optimizer.update(lr)
            return
        before = [tensor.clone() for tensor in (*self.weight, *self.bias)]
        self.optimizer.update(lr)
        for old, new in zip(before, (*self.weight, *self.bias), strict=True):
            fraction = fractions[:, None, None]
            # The update of a replica that has diverged is not a number, even a fraction of 0 of it.
            new.copy_(torch.where(fraction == 0, old, torch.lerp(old, new, fraction)))

    def _buffers_for(self, inputs: Tensor) -> Buffers:
        """Return the buffers for a batch size, with a view of the inputs attached."""
        buffers = self.buffers.get(inputs.shape[1])
        if buffers is None:
            widths = [bias.shape[-1] for bias in self.bias]
            lead = inputs.shape[1:2] if self.is_single else inputs.shape[:2]
            shapes = [(*lead, width) for width in widths]
            buffers = self.buffers[inputs.shape[1]] = Buffers(shapes, self.flat, self.spec)
        if buffers.source is not inputs:
            buffers.source, buffers.captured = inputs, {}
            rows = inputs.flatten(2)  # (R, N, D)
            buffers.inputs = rows[0] if self.is_single else rows
        return buffers

    @torch.no_grad()
    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs of every replica; see ``Learner``."""
        a = inputs.flatten(2 if is_varied else 1)  # (N, D), or (R, N, D)
        if self.is_single:
            a = a[0] if is_varied else a
        elif not is_varied:
            a = a.expand(len(self.seeds), *a.shape)
        for layer, (weight, bias) in enumerate(zip(self.weight, self.bias, strict=True)):
            a = self.matmul(a, weight).add_(bias)
            act = self.output_act if layer == len(self.weight) - 1 else self.act
            act.forward(a)
        return a.unsqueeze(0) if self.is_single else a

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the parameters; see ``Learner``."""
        return self.parameters.copies()

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load the parameters; see ``Learner``."""
        self.parameters.load(weights)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the step and the optimizer's state; see ``Learner``."""
        return {"step": torch.tensor(self.step)} | {
            f"{OPTIMIZER}{name}": tensor for name, tensor in self.optimizer.state_dict().items()
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state; see ``Learner``."""
        self.step = int(state["step"])
        owned = {name: tensor for name, tensor in state.items() if name.startswith(OPTIMIZER)}
        self.optimizer.load_state_dict(
            {name.removeprefix(OPTIMIZER): tensor for name, tensor in owned.items()}
        )


def rate_and_fractions(lrs: LearningRates, like: Tensor) -> tuple[float, Tensor | None]:
    """Return the highest rate and each replica's fraction of it ``(R,)``; None if all are equal.

    Args:
        lrs: One rate per replica; None for a replica that has stopped, a fraction of 0.
        like: A tensor on the device and of the type of the fractions.
    """
    rates = [lr or 0.0 for lr in lrs]
    highest = max(rates)
    if all(lr == highest for lr in rates):
        return highest, None
    fractions = torch.tensor([lr / highest for lr in rates], dtype=like.dtype)
    return highest, fractions.to(like.device, non_blocking=True)
