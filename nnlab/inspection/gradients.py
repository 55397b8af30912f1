"""Gradients at the initial weights: each learner's, autograd's, and by finite differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd
from torch.utils._python_dispatch import TorchDispatchMode

from nnlab.assembly.job import build_job, build_models
from nnlab.assembly.learner import Parts, build_learner
from nnlab.assembly.replicas import Replica
from nnlab.config.optimizers import SGDConfig
from nnlab.errors import ConfigError, DivergedError
from nnlab.models.layers import Dropout
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.training.job import Job

DIFFERENCE_TOLERANCE = 1e-5
MAX_EXAMPLES = 16
MAX_ENTRIES = 30
# A step of plain gradient descent changes a weight by lr times its gradient. A power of two keeps
# every digit of the gradient, and this large, the weight has no digit left to round it to.
LR = 2.0**60
WIDTHS = (1e-5, 1e-6)
ROUNDING = 100 * torch.finfo(torch.float64).eps

aten = torch.ops.aten
KINKED_AT_ZERO = {aten.relu.default, aten.leaky_relu.default, aten.elu.default}
ARGMAX_OPS = {aten.max_pool2d_with_indices.default}


@dataclass(frozen=True)
class LossAtInit:
    """An experiment at its initial weights with one batch, to compute the loss and its gradient.

    Attributes:
        config: The experiment, with one seed in float64 on the CPU and plain gradient descent.
        job: The job built from it.
        inputs: ``(1, N, ...)`` float64, N at most 16.
        targets: ``(1, N)``.
        has_dropout: Whether dropout is active; a gradient check needs a loss that does not change
            between evaluations.
    """

    config: ExperimentConfig
    job: Job
    inputs: Tensor
    targets: Tensor
    has_dropout: bool

    @classmethod
    def load(
        cls, config: ExperimentConfig, data_dir: Path, *, has_dropout: bool = True
    ) -> LossAtInit:
        """Build an experiment and take its first batch.

        Raises:
            ConfigError: If the model has no gradients.
            DataError: If the data set is missing, corrupt or unusable.
            DivergedError: If the loss is not finite at the initial weights.
        """
        check_has_gradients(config)
        plain = _plain(config)
        job = build_job(plain, data_dir)
        at_init = cls(plain, job, *next(job.batches.epoch(0)), has_dropout)
        loss = at_init.loss(at_init.model()).item()
        if not abs(loss) < float("inf"):
            msg = f"the loss is {loss} at the initial weights, without a gradient; see model.init"
            raise DivergedError(msg)
        return at_init

    def model(self) -> nn.Module:
        """Return a new module with the initial weights, in training mode."""
        (model,) = build_models(self.config, self.job.dataset.spec, self.job.seeds)
        for module in model.modules():
            if not self.has_dropout and isinstance(module, Dropout | _DropoutNd):
                module.p = 0.0
        return model.train()

    def loss(self, model: nn.Module) -> Tensor:
        """Return the loss ``()`` of the batch, without penalties that an optimizer adds."""
        return self.job.learner.task.criterion(model(self.inputs[0]), self.targets[0])


def check_has_gradients(config: ExperimentConfig) -> None:
    """Check that a model has layers and gradients to look at.

    Raises:
        ConfigError: If it is an estimator of scikit-learn.
    """
    if config.model.is_estimator:
        msg = f"{config.model.title} has no layers and no gradients: scikit-learn fits it in one go"
        raise ConfigError(msg)


def relative_difference(a: Tensor, b: Tensor, tiny: float) -> Tensor:
    """Return |a - b| / max(|a| + |b|, tiny), entry by entry."""
    return (a - b).abs() / (a.abs() + b.abs()).clamp(min=tiny)


def gradients_of_autograd(at_init: LossAtInit) -> dict[str, Tensor]:
    """Return autograd's gradient of each parameter, by name."""
    model = at_init.model()
    names, parameters = zip(*model.named_parameters(), strict=True)
    gradients = torch.autograd.grad(at_init.loss(model), parameters)
    return dict(zip(names, gradients, strict=True))


def gradients_of_learner(at_init: LossAtInit, engine: str) -> dict[str, Tensor]:
    """Return the gradients that a learner applies in one step, by name."""
    config = with_engine(at_init.config, engine)
    job, models = at_init.job, [at_init.model()]
    names = [name for name, _ in models[0].named_parameters()]
    replicas = [Replica(config, job.seeds[0])]
    parts = Parts(config, models, job.learner.task, replicas, job.dataset, job.device)
    learner = build_learner(parts)
    before = learner.weights()
    learner.train_step(at_init.inputs, at_init.targets, lrs=[LR])
    after = learner.weights()
    return {name: (before[name][0] - after[name][0]) / LR for name in names}


class FiniteDifferences:
    """Finite differences of the loss at the initial weights, one parameter entry at a time.

    If a unit crosses a kink (of ReLU, or of a maximum) between the two ends of a difference, the
    quotient is the slope of neither side. Such entries are tried with a smaller width, and skipped
    if that crosses a kink too.
    """

    def __init__(self, at_init: LossAtInit) -> None:
        self.at_init = at_init
        self.model = at_init.model()
        self.parameters = dict(self.model.named_parameters())
        self.loss, self.pattern = self._evaluate()
        # With large inputs, the loss changes proportionally faster.
        self.width_factor = 1 / max(1.0, at_init.inputs.abs().max().item())

    def compare(self, name: str, gradient: Tensor, tiny: float) -> tuple[float | None, int, int]:
        """Return the largest relative difference from a gradient, and entries checked and skipped.

        Args:
            name: Name of the parameter.
            gradient: The expected gradient, in the parameter's shape.
            tiny: Floor of the denominator, unless the rounding error of the loss is larger.
        """
        entries = _choose_entries(gradient.numel(), name)
        slopes = [self.slope(name, entry) for entry in entries]
        differences = []
        for entry, slope in zip(entries, slopes, strict=True):
            if slope is not None:
                value, rounding = slope
                floor = max(tiny, rounding / DIFFERENCE_TOLERANCE)
                expected = gradient.flatten()[entry]
                actual = expected.new_tensor(value)
                differences.append(relative_difference(actual, expected, floor))
        worst = torch.stack(differences).max().item() if differences else None
        return worst, len(differences), len(entries) - len(differences)

    @torch.no_grad()
    def slope(self, name: str, entry: int) -> tuple[float, float] | None:
        """Return a central difference and its rounding error, or None next to a kink."""
        flat = self.parameters[name].view(-1)
        value = flat[entry].item()
        try:
            for width in WIDTHS:
                ends = [value + width * self.width_factor, value - width * self.width_factor]
                losses = [self._loss_without_kink(flat, entry, end) for end in ends]
                if losses[0] is not None and losses[1] is not None:
                    distance = ends[0] - ends[1]
                    rounding = ROUNDING * max(1.0, abs(self.loss)) / distance
                    return (losses[0] - losses[1]) / distance, rounding
        finally:
            flat[entry] = value
        return None

    def _loss_without_kink(self, flat: Tensor, entry: int, value: float) -> float | None:
        """Return the loss at another value of an entry, or None if there is a kink in between."""
        flat[entry] = value
        loss, pattern = self._evaluate()
        return loss if all(map(torch.equal, pattern, self.pattern)) else None

    @torch.no_grad()
    def _evaluate(self) -> tuple[float, list[Tensor]]:
        with _KinkPattern() as kinks:
            loss = self.at_init.loss(self.model).item()
        return loss, kinks.pattern


class _KinkPattern(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch gives it no types
    """Records which side of the kink each input of a function with kinks is on."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pattern: list[Tensor] = []

    def __torch_dispatch__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ) -> Any:
        outputs = func(*args, **(kwargs or {}))
        if func in KINKED_AT_ZERO:
            self.pattern.append(args[0] > 0)
        elif func in ARGMAX_OPS:
            self.pattern.append(outputs[1])
        return outputs


def _choose_entries(size: int, name: str) -> Sequence[int]:
    if size <= MAX_ENTRIES:
        return range(size)
    generator = torch.Generator().manual_seed(derive_seed(f"gradcheck-{name}", 0))
    chosen: list[int] = torch.randperm(size, generator=generator)[:MAX_ENTRIES].tolist()
    return sorted(chosen)


def _plain(config: ExperimentConfig) -> ExperimentConfig:
    size = config.train.batch_size
    train = config.train.model_copy(
        update={
            "engine": "autograd",
            "precision": "float64",
            "device": "cpu",
            "seeds": 1,
            "batch_size": MAX_EXAMPLES if size == "full" else min(size, MAX_EXAMPLES),
            "shuffle": True,
            "clip_norm": None,
        }
    )
    return config.model_copy(update={"train": train, "optimizer": SGDConfig(lr=1.0)})


def without_dropout(config: ExperimentConfig) -> ExperimentConfig:
    """Return the experiment without dropout: its loss is then a function of the weights."""
    if not config.model.dropout_rate:
        return config
    model = config.model.model_copy(update={"dropout": 0.0})
    return config.model_copy(update={"model": model})


def with_engine(config: ExperimentConfig, engine: str) -> ExperimentConfig:
    """Return the experiment with another engine, without validating it."""
    train = config.train.model_copy(update={"engine": engine})
    return config.model_copy(update={"train": train})
