"""nnlab gradcheck: every learner's gradient against autograd's, and autograd's against others."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from nnlab import api, console
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import without_nan
from nnlab.inspection.derivatives import derivatives
from nnlab.inspection.expressions import read_expression
from nnlab.inspection.gradcheck import LEARNER_TOLERANCE, check_parameters, why_not_checked
from nnlab.inspection.gradients import DIFFERENCE_TOLERANCE, LossAtInit, without_dropout
from nnlab.storage import folders, versions
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.inspection.derivatives import Derivative
    from nnlab.inspection.expressions import Expression
    from nnlab.inspection.gradcheck import ParameterCheck


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
        failures = _check_expression(read_expression(expression, words), as_json=as_json)
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
        at_init = LossAtInit.load(config, data_dir)
        reasons = why_not_checked(at_init.config)
        engines = [engine for engine, reason in reasons.items() if reason is None]
        with threads(at_init.job.num_threads):
            checks = check_parameters(at_init, engines)
    summary = {
        "schema_version": versions.OUTPUT,
        "name": config.name,
        "loss": at_init.loss(at_init.model()).item(),
        "num_examples": at_init.inputs.shape[1],
        "tolerances": {"learners": LEARNER_TOLERANCE, "differences": DIFFERENCE_TOLERANCE},
        "not_checked": {engine: reason for engine, reason in reasons.items() if reason},
    }
    if as_json:
        rows = [without_nan(dataclasses.asdict(check)) for check in checks]
        console.say_json(summary | {"parameters": rows})
    else:
        _say_experiment(summary, checks, engines)
    return [failure for check in checks for failure in check.failures()]


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
    value = expression.compute(expression.variables()).item()
    if as_json:
        found = {"expression": expression.text, "value": value}
        found["derivatives"] = [dataclasses.asdict(row) for row in rows]
        console.say_json({"schema_version": versions.OUTPUT} | found)
    else:
        console.say(f"{expression.text} = {value:.13g}")
        _say_derivatives(rows)
    return [failure for row in rows for failure in row.failures()]


def _say_derivatives(rows: Sequence[Derivative]) -> None:
    cells = [
        [
            row.variable,
            f"{row.at:g}",
            f"{row.autograd:.13g}",
            "-" if row.symbolic is None else f"{row.symbolic:.13g}",
            "-" if row.difference is None else f"{row.difference:.1e}",
            "-" if row.finite_difference is None else f"{row.finite_difference:.9g}",
        ]
        for row in rows
    ]
    columns = ["variable", "at", "autograd", "symbolic", "difference", "finite difference"]
    console.say_table(columns, cells)
    for row in rows:
        if row.formula is not None:
            console.say(f"d/d{row.variable} = {row.formula}")
