"""Every learner's gradients against autograd's, and autograd's against finite differences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nnlab.config.consistency import contradictions
from nnlab.formatting import without_nan
from nnlab.inspection.gradients import (
    DIFFERENCE_TOLERANCE,
    FiniteDifferences,
    LossAtInit,
    gradients_of_autograd,
    gradients_of_learner,
    relative_difference,
    with_engine,
    without_dropout,
)
from nnlab.native.library import find_library
from nnlab.storage import versions
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig

ENGINES = ("autograd", "fused", "native", "numpy")
LEARNER_TOLERANCE = 1e-10
# Cancelling sums have rounding errors of the size of their terms: smaller entries count as this
# fraction of the largest.
SMALL = 1e-3


@dataclass(frozen=True)
class ParameterCheck:
    """How far the gradients of one parameter differ.

    Attributes:
        name: Its name in the module.
        shape: Its shape.
        largest: Largest magnitude of an entry of autograd's gradient.
        learners: Largest relative difference of each learner from autograd.
        differences: Largest relative difference of finite differences from autograd, or None if no
            entry could be checked.
        num_checked: Entries checked by finite differences.
        num_at_kinks: Entries skipped because the loss has a kink within the width.
    """

    name: str
    shape: tuple[int, ...]
    largest: float
    learners: dict[str, float]
    differences: float | None
    num_checked: int
    num_at_kinks: int

    def failures(self) -> Iterator[str]:
        """Yield a message for each gradient farther from autograd's than rounding explains."""
        for engine, difference in self.learners.items():
            if not difference <= LEARNER_TOLERANCE:
                yield self._failure(f"the {engine} learner's", difference, LEARNER_TOLERANCE)
        if self.differences is not None and not self.differences <= DIFFERENCE_TOLERANCE:
            yield self._failure("the finite differences'", self.differences, DIFFERENCE_TOLERANCE)

    def _failure(self, whose: str, difference: float, tolerance: float) -> str:
        return (
            f"{whose} gradient of {self.name} differs from autograd's by {difference:.2g} "
            f"(relative; tolerance {tolerance:g})"
        )


@dataclass(frozen=True)
class GradientCheck:
    """The gradients of an experiment at its initial weights, compared.

    Attributes:
        name: Name of the experiment.
        loss: Loss at the initial weights.
        num_examples: Training examples in the loss.
        parameters: One entry per parameter tensor.
        not_checked: Why an engine cannot train the experiment, by engine.
    """

    name: str
    loss: float
    num_examples: int
    parameters: list[ParameterCheck]
    not_checked: dict[str, str]

    @property
    def engines(self) -> list[str]:
        """The engines that were checked."""
        return [engine for engine in ENGINES if engine not in self.not_checked]

    def failures(self) -> list[str]:
        """Return a sentence for each gradient that differs by more than rounding explains."""
        return [failure for parameter in self.parameters for failure in parameter.failures()]

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of ``nnlab gradcheck --json``."""
        return {
            "schema_version": versions.OUTPUT,
            "name": self.name,
            "loss": self.loss,
            "num_examples": self.num_examples,
            "tolerances": {"learners": LEARNER_TOLERANCE, "differences": DIFFERENCE_TOLERANCE},
            "not_checked": self.not_checked,
            "parameters": [without_nan(asdict(parameter)) for parameter in self.parameters],
        }


def check_gradients(config: ExperimentConfig, data_dir: Path) -> GradientCheck:
    """Compare every learner's gradients with autograd's, and autograd's with finite differences.

    Args:
        config: The experiment; its dropout is left out.
        data_dir: Folder of installed data.

    Raises:
        DataError: If the data set is missing, corrupt or unusable.
        DivergedError: If the loss is not finite at the initial weights.
    """
    with deterministic():
        at_init = LossAtInit.load(without_dropout(config), data_dir, has_dropout=False)
        reasons = why_not_checked(at_init.config)
        engines = [engine for engine, reason in reasons.items() if reason is None]
        with threads(at_init.job.num_threads):
            parameters = check_parameters(at_init, engines)
    return GradientCheck(
        config.name,
        at_init.loss(at_init.model()).item(),
        at_init.inputs.shape[1],
        parameters,
        {engine: reason for engine, reason in reasons.items() if reason is not None},
    )


def why_not_checked(config: ExperimentConfig) -> dict[str, str | None]:
    """Return, by engine, why it cannot train an experiment, or None if it can."""
    reasons = {
        engine: next((text for _, text in contradictions(with_engine(config, engine))), None)
        for engine in ENGINES
    }
    if find_library() is None:
        reasons["native"] = reasons["native"] or "it is not built here"
    return reasons


def check_parameters(at_init: LossAtInit, engines: Sequence[str]) -> list[ParameterCheck]:
    """Compare the gradients of learners and finite differences with autograd's."""
    learners = {engine: gradients_of_learner(at_init, engine) for engine in engines}
    expected = gradients_of_autograd(at_init)
    tiny = max(SMALL * max(_largest(gradient) for gradient in expected.values()), 1e-300)
    finite_differences = FiniteDifferences(at_init)
    checks = []
    for name, gradient in expected.items():
        to_learners = {
            engine: _largest(relative_difference(gradients[name], gradient, tiny))
            for engine, gradients in learners.items()
        }
        differences = finite_differences.compare(name, gradient, tiny)
        shape = tuple(gradient.shape)
        checks.append(ParameterCheck(name, shape, _largest(gradient), to_learners, *differences))
    return checks


def _largest(tensor: Tensor) -> float:
    return tensor.abs().max().item()
