"""A comparison in sentences: verdicts, evidence and costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.filesize import decimal

from nnlab.comparison.evidence import FEWEST, examples_needed
from nnlab.comparison.pairs import ALPHA, largest_unseen_fraction
from nnlab.comparison.planning import is_out_of_reach, plan
from nnlab.comparison.timing import why_incomparable
from nnlab.formatting import Column, format_metric, points, significant
from nnlab.metrics import is_fraction, label_of

if TYPE_CHECKING:
    from nnlab.comparison.intervals import Interval
    from nnlab.comparison.pairs import Pair
    from nnlab.comparison.result import Comparison


def format_difference(metric: str, value: float) -> str:
    """Format a difference of a metric; accuracies in percentage points."""
    return f"{_number(metric, value)}{unit(metric)}"


def format_interval(metric: str, interval: Interval) -> str:
    """Format both ends of an interval; accuracies in percent or percentage points."""
    return f"{_number(metric, interval.low)} to {_number(metric, interval.high)}"


def unit(metric: str) -> str:
    """Return the unit after a difference of a metric."""
    return " points" if is_fraction(metric) else ""


def to_unit(metric: str, shown: float) -> float:
    """Convert a difference given on the command line, where accuracies are in points."""
    return shown / 100 if is_fraction(metric) else shown


def _number(metric: str, value: float) -> str:
    return points(value) if is_fraction(metric) else significant(value)


def verdict(comparison: Comparison, pair: Pair) -> str:
    """Return what the comparison of two contenders supports, in one sentence."""
    if pair.method == "examples":
        return _one_seed(comparison, pair)
    if pair.is_refused:
        return f"{pair.first} vs {pair.second}: no verdict: {_refusal(comparison, pair)}"
    return _better(comparison, pair) if pair.is_decided else _undecided(comparison, pair)


def _one_seed(comparison: Comparison, pair: Pair) -> str:
    metric, advice = _name(comparison), "use --seeds 5 or more"
    if pair.is_refused:
        return f"no verdict from one seed: {_refusal(comparison, pair)}; {advice}"
    ahead = f"{pair.first} and {pair.second} tie"
    if pair.difference:
        lead = format_difference(comparison.metric, abs(pair.difference))
        ahead = f"{pair.first} is ahead of {pair.second} by {lead} of {metric}"
    interval = format_interval(comparison.metric, _gain(comparison, pair))
    return (
        f"no verdict from one seed: {ahead} in this run ({interval} on new examples with the same "
        f"weights), but the variation between seeds is unknown; {advice}"
    )


def _refusal(comparison: Comparison, pair: Pair) -> str:
    """Return why there is no verdict about two contenders that differ on too few examples."""
    metric, total = _name(comparison), comparison.num_examples
    examples = f"{total:,} {comparison.split} examples"
    if pair.num_differing is None:
        return f"their {metric} is the same on every split"
    if not pair.num_differing:
        unseen = ""
        if comparison.metric == "accuracy":
            limit = format_difference(comparison.metric, largest_unseen_fraction(total))
            unseen = f"; a true difference of up to {limit} would go unseen"
        return f"they do not differ on any of {examples}{unseen}"
    number = max(int(pair.num_differing), 1)
    needed = examples_needed(pair.num_differing, total)
    return (
        f"the difference of {metric} rests on {number} of {examples}; a verdict takes {FEWEST} "
        f"or more, about {needed:,} examples like these"
    )


def _better(comparison: Comparison, pair: Pair) -> str:
    return (
        f"{pair.first} beats {pair.second} by "
        f"{format_difference(comparison.metric, abs(pair.difference))} of {_name(comparison)} "
        f"({_evidence(comparison, pair)})"
    )


def _undecided(comparison: Comparison, pair: Pair) -> str:
    limit = max(abs(pair.interval.low), abs(pair.interval.high))
    if math.isinf(limit):
        return f"{pair.first} vs {pair.second}: {pair.num_seeds} seeds are too few to tell"
    return (
        f"{pair.first} vs {pair.second}: no difference larger than "
        f"{format_difference(comparison.metric, limit)} of {_name(comparison)} is supported "
        f"({_evidence(comparison, pair)}){_needed(comparison, pair)}"
    )


def _name(comparison: Comparison) -> str:
    """Return the split and the metric."""
    return f"{comparison.split} {label_of(comparison.metric)}"


def _gain(comparison: Comparison, pair: Pair) -> Interval:
    """Return the interval for how much better the first contender is."""
    return -pair.interval if comparison.is_lower_better else pair.interval


def _evidence(comparison: Comparison, pair: Pair) -> str:
    interval = format_interval(comparison.metric, _gain(comparison, pair))
    evidence = f"{_level(pair)} interval {interval}"
    evidence += ", valid after any number of looks" if pair.method == "anytime" else ""
    if pair.method == "resampled":
        return f"{evidence} for new splits of these examples; {pair.num_seeds} splits"
    if len(comparison.pairs) > 1:
        return evidence
    return f"{evidence}; {pair.num_seeds} seeds; sign-flip p = {pair.p_sign_flip:.2g}{_why(pair)}"


def _level(pair: Pair) -> str:
    return f"{100 * pair.level:.3g} %"


def _why(pair: Pair) -> str:
    """Return why a p-value over seeds does not contradict a verdict."""
    is_small = (pair.p_sign_flip or 0) < ALPHA
    if pair.is_decided == is_small:
        return ""
    if is_small:
        return ", on these examples alone"
    can = f"{pair.num_seeds} seeds cannot give p < {ALPHA:.2g}, "
    return f": {can if 2 / 2**pair.num_seeds > ALPHA else ''}the interval decides"


def about_all(comparison: Comparison) -> str | None:
    """Return a note about all verdicts, or None for a single pair."""
    number, pair = len(comparison.pairs), comparison.pairs[0]
    if number == 1 or pair.method == "examples":
        return None
    if pair.method == "anytime":
        return (
            f"{pair.num_seeds} seeds; the intervals are corrected for {number} pairs (Bonferroni)"
        )
    if pair.method == "resampled":
        return f"{pair.num_seeds} splits; the intervals are corrected for {number} pairs (Holm)"
    least = min(1.0, number * 2 / 2**pair.num_seeds)
    return (
        f"{pair.num_seeds} seeds; the intervals, which decide, and sign-flip p-values are corrected "
        f"for {number} pairs (Holm); these p-values cannot be below {least:.2g}"
    )


def _needed(comparison: Comparison, pair: Pair) -> str:
    """Return how many seeds would detect the observed difference, if it is real."""
    if pair.parts is None or pair.difference == 0:
        return ""
    shown = format_difference(comparison.metric, abs(pair.difference))
    examples = f"these {comparison.num_examples:,} {comparison.split} examples"
    if is_out_of_reach(pair.parts):
        return f"; no number of seeds can show a difference on {examples}"
    needed = plan(pair.parts, pair.difference)
    if needed.num_seeds is not None:
        return f"; about {needed.num_seeds} seeds would be needed to detect one of {shown}"
    return f"; to detect one of {shown}, more seeds may not be enough on {examples}"


def about_times(comparison: Comparison) -> str | None:
    """Return why training times cannot be compared, or None if they can."""
    reason = why_incomparable(comparison.rows)
    advice = "--no-reuse on an idle machine trains all contenders now"
    return reason and f"training times cannot be compared: {reason}; {advice}"


def table(comparison: Comparison) -> tuple[list[Column], list[list[str]]]:
    """Return the columns and the rows of a table of the contenders."""
    metric = comparison.metric
    columns = [
        Column(""),
        Column(_name(comparison)),
        Column("95 % interval"),
        Column("std", 7),
    ]
    columns += [Column("best", 6), Column("worst", 5), Column("parameters", 8), Column("FLOPs", 1)]
    columns += [Column("s per seed", 9), Column("memory", 4)]
    columns += [Column("latency", 3), Column("latency (1000)", 2)]
    rows = [
        [
            row.name,
            format_metric(metric, row.mean),
            format_interval(metric, row.interval) if row.interval else "-",
            "-" if row.std is None else _number(metric, row.std),
            format_metric(metric, comparison.best(row)),
            format_metric(metric, comparison.worst(row)),
            f"{row.num_parameters:,}",
            f"{row.costs.flops_per_example:,}" if row.costs.latency_seconds else "-",
            f"{row.train_seconds_per_seed:.3g}",
            "-" if row.peak_memory_bytes is None else decimal(row.peak_memory_bytes),
            *([f"{1e3 * s:.2g} ms" for s in row.costs.latency_seconds.values()] or ["-", "-"]),
        ]
        for row in comparison.rows
    ]
    return columns, rows


def pair_table(comparison: Comparison) -> tuple[list[Column], list[list[str]]]:
    """Return the columns and the rows of a table of the differences."""
    metric = comparison.metric
    levels = {_level(pair) for pair in comparison.pairs}
    heading = f"{levels.pop()} interval" if len(levels) == 1 else "interval (level)"
    columns = [Column("difference"), Column("mean"), Column(heading)]
    columns += [Column("effect size", 2), Column("sign-flip p", 3)]
    columns += [Column("McNemar p (median seed)", 1)]
    rows = [
        [
            f"{pair.first} - {pair.second}",
            format_difference(metric, pair.difference),
            _interval_cell(comparison, pair, with_level=bool(levels)),
            "-" if pair.effect_size is None else significant(pair.effect_size),
            *("-" if p is None else f"{p:.2g}" for p in (pair.p_sign_flip, pair.p_mcnemar)),
        ]
        for pair in comparison.pairs
    ]
    return columns, rows


def _interval_cell(comparison: Comparison, pair: Pair, *, with_level: bool) -> str:
    if not math.isfinite(pair.interval.width):
        return "-"
    shown = format_interval(comparison.metric, pair.interval)
    return f"{shown} ({_level(pair)})" if with_level else shown


def shortfall(comparison: Comparison, width: float) -> str | None:
    """Return why intervals are wider than requested, or None if they are not.

    Args:
        comparison: The comparison, after seeds were added.
        width: Requested width, in the unit of the metric.
    """
    widest = max(comparison.pairs, key=lambda pair: pair.interval.width)
    if widest.interval.width <= width:
        return None
    asked = format_difference(comparison.metric, width)
    if widest.is_refused:
        return f"no interval of {asked}: {_refusal(comparison, widest)}"
    least = 2 * widest.least_reach
    if least > width:
        return (
            f"an interval of {asked} is out of reach: with {comparison.num_examples:,} "
            f"{comparison.split} examples, no number of seeds gets below {format_difference(comparison.metric, least)}"
        )
    return f"{widest.num_seeds} seeds were not enough for an interval of {asked} (--max-seeds)"
