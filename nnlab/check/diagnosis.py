"""Diagnosing a finished run: one cause first, with its evidence and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.check.causes import far_lr, feature_scale, large_lr, target_scale
from nnlab.check.fitting import slow, underfitting
from nnlab.check.in_data import extrapolation, linted, shift
from nnlab.check.inside import gradients, units
from nnlab.check.measured import measure
from nnlab.check.memory import chance, gap, overfitting
from nnlab.check.noise import class_imbalance, label_noise, noise_limit
from nnlab.check.remedies import Diagnosis, Finding, settle
from nnlab.check.run_facts import Facts, curves_of, rates_of
from nnlab.errors import NnlabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from nnlab.check.measured import Measured
    from nnlab.runs.load import StoredRun


class Findings(NamedTuple):
    """What a diagnosis says about a run.

    Attributes:
        problems: The problems, the root cause first.
        limits: Limits that are no fault of the run, in words.
        skipped: Why nothing was measured, or None.
    """

    problems: list[Diagnosis]
    limits: list[str]
    skipped: str | None = None


def diagnose(run: StoredRun, flaws: Mapping[str, str], data_dir: Path | None = None) -> Findings:
    """Return the problems of a finished run; a cause stands for its consequences.

    Args:
        run: The run.
        flaws: What the linter found in its experiment, by the code of the rule.
        data_dir: Folder of installed data, to measure the run's answers; None reads no data, which
            cannot tell a model that is too small from noise.

    Raises:
        RunError: If it is not finished, or is damaged.
    """
    curves, probe_records = curves_of(run.folder.metrics), run.folder.probe_records
    summary = run.summary
    if run.config.model.title == "dummy":  # it is to be poor
        return Findings([], [])
    measured, skipped = (None, None) if data_dir is None else _measure(run, data_dir)
    rates = rates_of(run.folder.metrics)
    facts = Facts(summary, curves, probe_records, run.config, flaws, measured, rates)
    problems = settle(find_all(facts), run.config)
    limit = None if problems else noise_limit(facts)
    return Findings(problems, [limit] if limit else [], skipped)


def _measure(run: StoredRun, data_dir: Path) -> tuple[Measured | None, str | None]:
    """Return what can be measured in a run, or why nothing can: its data are gone or have changed."""
    try:
        return measure(run, data_dir), None
    except NnlabError as error:
        return None, str(error)


def find_all(facts: Facts) -> list[Finding]:
    """Return what every rule finds."""
    found = [finding for rule in RULES for finding in rule(facts)]
    return [*found, *far_lr(facts, found)]


RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    large_lr,
    linted,
    extrapolation,
    shift,
    target_scale,
    feature_scale,
    gradients,
    units,
    class_imbalance,
    slow,
    underfitting,
    label_noise,
    chance,
    overfitting,
    gap,
)
