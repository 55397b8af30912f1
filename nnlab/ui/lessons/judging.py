"""Whether the seeds of a run are what a system gives: in its range, or spread like its reference seeds."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.ui.lessons.systems import Measure, System

# Samples with a smaller p count as different, and so does one in a hundred pairs that are equal.
DIFFERENT = 0.01


class Judgement(NamedTuple):
    """What is found about one measure.

    Attributes:
        is_inside: Whether the seeds are what the system gives.
        text: Why, as the end of a sentence.
        p_value: Of the Kolmogorov-Smirnov test; None where every seed is checked against the range.
    """

    is_inside: bool
    text: str
    p_value: float | None


def judge(system: System, measure: Measure, values: Sequence[float]) -> Judgement:
    """Compare the values of seeds with the range or the reference seeds of a measure."""
    shown = ", ".join(f"{value:.4g}" for value in values)
    if measure.low is None or measure.high is None:
        p_value = agreement(values, system.plain_seeds(measure))
        is_same = p_value >= DIFFERENT
        word = "agrees with" if is_same else "is not"
        return Judgement(
            is_same, f"{shown} {word} what plain PyTorch gives (p = {p_value:.2g})", p_value
        )
    is_inside = all(measure.low <= value <= measure.high for value in values)
    word = "is in" if is_inside else "is not all in"
    return Judgement(is_inside, f"{shown} {word} {written_range(measure)}", None)


def agreement(values: Sequence[float], plain: Sequence[float]) -> float:
    """Return the probability that two samples of one distribution differ this much."""
    from scipy import stats

    return float(stats.ks_2samp(values, plain).pvalue)


def written_range(measure: Measure) -> str:
    """Return the range of a measure whose seeds do not scatter."""
    is_point = measure.low == measure.high
    return f"{measure.low:g}" if is_point else f"{measure.low:g} - {measure.high:g}"


def plain_range(plain: Sequence[float]) -> str:
    """Return the range of plain PyTorch's seeds, and their number unless it is 20."""
    seeds = "" if len(plain) == 20 else f" ({len(plain)} seeds)"
    return f"{min(plain):.4g} - {max(plain):.4g}, mean {statistics.fmean(plain):.4g}{seeds}"
