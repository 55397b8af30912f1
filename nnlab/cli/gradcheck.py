"""nnlab gradcheck: every learner's gradient against autograd's, and autograd's against others."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from nnlab import api, console
from nnlab.config.consistency import contradictions
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import without_nan
from nnlab.inspection.expressions import Expression, Formula
from nnlab.inspection.gradients import (
    DIFFERENCE_TOLERANCE,
    Point,
    Slopes,
    gradients_of_autograd,
    gradients_of_learner,
    relative_difference,
    with_engine,
    without_dropout,
)
from nnlab.storage import folders
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig

ENGINES = ("autograd", "fused", "numpy")
LEARNER_TOLERANCE = 1e-10
FORMULA_TOLERANCE = 1e-12
# Sums that cancel leave a rounding error as large as their terms: smaller entries count as this
# fraction of the largest.
SMALL = 1e-3
MAX_SHOWN = 1000


@dataclass(frozen=True)
class ParameterCheck:
    """How far the gradients of one parameter tensor are apart.

    Attributes:
        name: The module's name of it.
        shape: Its shape.
        largest: Largest size of an entry of autograd's gradient.
        learners: Largest relative difference of each learner to autograd.
        differences: Largest relative difference of finite differences to autograd, or None if no
            entry could be checked.
        num_checked: Entries checked by finite differences.
        num_at_kinks: Entries left out, because the loss has a kink within the width.
    """

    name: str
    shape: tuple[int, ...]
    largest: float
    learners: dict[str, float]
    differences: float | None
    num_checked: int
    num_at_kinks: int

    def failures(self) -> Iterator[str]:
        """Yield what is farther from autograd than rounding explains."""
        for engine, found in self.learners.items():
            if not found <= LEARNER_TOLERANCE:
                yield self._failure(f"the {engine} learner's", found, LEARNER_TOLERANCE)
        if self.differences is not None and not self.differences <= DIFFERENCE_TOLERANCE:
            yield self._failure("the finite differences'", self.differences, DIFFERENCE_TOLERANCE)

    def _failure(self, whose: str, found: float, tolerance: float) -> str:
        return (
            f"{whose} gradient of {self.name} differs from autograd's by {found:.2g} (relative; "
            f"at most {tolerance:g})"
        )


def gradcheck(
    words: Sequence[str], *, expression: str | None, data_dir: str | None, as_json: bool
) -> None:
    """Compare the gradients of an experiment, or the derivatives of an expression.

    Args:
        words: The experiment and its overrides; with an expression, ``name=value`` words.
        expression: What to differentiate instead of a loss.
        data_dir: Folder of installed data.
        as_json: Whether to print one JSON object.

    Raises:
        CheckFailedError: If two of them differ by more than rounding.
    """
    if expression is not None:
        failures = _check_expression(Expression(expression, words), as_json=as_json)
    elif words:
        config = without_dropout(api.as_config(words[0], words[1:]))
        failures = _check_experiment(config, folders.data_dir(data_dir), as_json=as_json)
    else:
        msg = "which experiment? give a config file, a bundled experiment, or --expr"
        raise ConfigError(msg)
    if failures:
        raise CheckFailedError("\n".join(failures))


def _check_experiment(config: ExperimentConfig, data_dir: Path, *, as_json: bool) -> list[str]:
    with deterministic():
        point = Point.load(config, data_dir)
        reasons = {engine: _why_not(point.config, engine) for engine in ENGINES}
        engines = [engine for engine in ENGINES if reasons[engine] is None]
        with threads(point.job.num_threads):
            checks = check_parameters(point, engines)
    summary = {
        "schema_version": 1,
        "name": config.name,
        "loss": point.loss(point.model()).item(),
        "num_examples": point.inputs.shape[1],
        "tolerances": {"learners": LEARNER_TOLERANCE, "differences": DIFFERENCE_TOLERANCE},
        "not_checked": {engine: reason for engine, reason in reasons.items() if reason},
    }
    if as_json:
        rows = [without_nan(dataclasses.asdict(check)) for check in checks]
        console.say_json(summary | {"parameters": rows})
    else:
        _say_experiment(summary, checks, engines)
    return [failure for check in checks for failure in check.failures()]


def _why_not(config: ExperimentConfig, engine: str) -> str | None:
    """Return why an engine cannot train an experiment, or None if it can."""
    return next((text for _, text in contradictions(with_engine(config, engine))), None)


def check_parameters(point: Point, engines: Sequence[str]) -> list[ParameterCheck]:
    """Compare the gradients of learners, and finite differences, with autograd's."""
    learners = {engine: gradients_of_learner(point, engine) for engine in engines}
    expected = gradients_of_autograd(point)
    tiny = max(SMALL * max(_largest(gradient) for gradient in expected.values()), 1e-300)
    slopes = Slopes(point)
    checks = []
    for name, gradient in expected.items():
        worst = {
            engine: _largest(relative_difference(found[name], gradient, tiny))
            for engine, found in learners.items()
        }
        differences = slopes.compare(name, gradient, tiny)
        shape = tuple(gradient.shape)
        checks.append(ParameterCheck(name, shape, _largest(gradient), worst, *differences))
    return checks


def _largest(tensor: Tensor) -> float:
    return tensor.abs().max().item()


def _say_experiment(
    summary: dict[str, Any], checks: Sequence[ParameterCheck], engines: Sequence[str]
) -> None:
    console.say(
        f"{summary['name']}: loss {summary['loss']:.6g} of {summary['num_examples']} training "
        f"examples, at the initial weights, in float64"
    )
    rows = [
        [
            check.name,
            " x ".join(map(str, check.shape)),
            f"{check.largest:.2g}",
            *(f"{check.learners[engine]:.1e}" for engine in engines),
            "-" if check.differences is None else f"{check.differences:.1e}",
            f"{check.num_checked} of {math.prod(check.shape)}",
            str(check.num_at_kinks),
        ]
        for check in checks
    ]
    columns = ["parameter", "shape", "largest", *engines, "differences", "entries", "at kinks"]
    console.say_table(columns, rows, left=2)
    console.say(
        "largest: the largest entry of autograd's gradient; then the largest differences to it,"
    )
    console.say(
        "|a - b| / (|a| + |b|), with a floor under what is divided by, for rounding errors."
    )
    console.say(
        f"Learners may differ by {LEARNER_TOLERANCE:g}, finite differences by "
        f"{DIFFERENCE_TOLERANCE:g}; these are of so many entries, without those next to a kink."
    )
    for engine, reason in summary["not_checked"].items():
        console.say(f"{engine}: not checked: {reason}")


def _check_expression(expression: Expression, *, as_json: bool) -> list[str]:
    rows = derivatives(expression)
    if as_json:
        value = expression.result.item()
        found = {"expression": expression.text, "value": value, "derivatives": rows}
        console.say_json({"schema_version": 1} | found)
    else:
        _say_expression(expression, rows)
    return [
        f"the derivatives by {row['variable']} differ by {row['difference']:.2g} (at most "
        f"{FORMULA_TOLERANCE:g}); large numbers in an expression lose digits"
        for row in rows
        if not row["difference"] <= FORMULA_TOLERANCE
    ]


def derivatives(expression: Expression) -> list[dict[str, Any]]:
    """Return the derivative by every variable, by autograd and by its formula.

    Raises:
        ConfigError: If one is no finite number.
    """
    variables = list(expression.variables.values())
    gradients = torch.autograd.grad(expression.result, variables, materialize_grads=True)
    formula = Formula(expression)
    rows = []
    for (name, at), gradient in zip(expression.variables.items(), gradients, strict=True):
        autograd = gradient.item()
        symbolic, text = formula.derivative(name)
        if not math.isfinite(autograd + symbolic):
            problem = (
                f"the derivative by {name} is {autograd} by autograd, {symbolic} by its formula"
            )
            expression.fail(f"{problem}; choose a point where it is finite", expression.root.place)
        difference = abs(autograd - symbolic) / max(abs(autograd) + abs(symbolic), 1.0)
        rows.append(
            {
                "variable": name,
                "at": at.item(),
                "autograd": autograd,
                "symbolic": symbolic,
                "formula": text,
                "difference": difference,
            }
        )
    return rows


def _say_expression(expression: Expression, rows: Sequence[dict[str, Any]]) -> None:
    console.say(f"{expression.text} = {expression.result.item():.13g}")
    cells = [
        [
            row["variable"],
            f"{row['at']:g}",
            f"{row['autograd']:.13g}",
            f"{row['symbolic']:.13g}",
            f"{row['difference']:.1e}",
        ]
        for row in rows
    ]
    console.say_table(["variable", "at", "autograd", "symbolic", "difference"], cells)
    for row in rows:
        text = row["formula"]
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} ..."
        console.say(f"d/d{row['variable']} = {shown}")
