"""Diagnosing a finished run: each problem its numbers show, with one thing to try."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, NamedTuple

from nnlab.formatting import format_fraction
from nnlab.metrics import Metrics
from nnlab.storage.schemas import means, value_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import ProbeRecord, Record, SplitName, Summary

# A validation loss this much above its lowest, reached well before the end, is overfitting.
RISE, WELL_BEFORE = 1.1, 0.8
GAP, GAP_R2 = 0.10, 0.30
# Training results below these leave the model much to learn.
POOR_ACCURACY, POOR_R2 = 0.8, 0.5
STILL_IMPROVING = 0.02
DEAD, SATURATED = 0.3, 0.5
VANISHING, EXPLODING = 1e-4, 1e3


class Diagnosis(NamedTuple):
    """One problem of a run.

    Attributes:
        name: Its name.
        message: What was measured.
        advice: One thing to try.
    """

    name: str
    message: str
    advice: str


class Facts(NamedTuple):
    """The numbers a diagnosis is based on.

    Attributes:
        summary: Final metrics.
        curves: Epoch, training loss, validation loss or None; means over the seeds.
        probe_records: Measurements of the probe, in the order of epochs.
    """

    summary: Summary
    curves: list[tuple[int, float, float | None]]
    probe_records: list[ProbeRecord]


def diagnose(run: RunDir, summary: Summary) -> list[Diagnosis]:
    """Return the problems of a finished run.

    Args:
        run: The run.
        summary: Its final metrics.

    Raises:
        RunError: If it is not finished, or is damaged.
    """
    facts = Facts(summary, _curves(run.metrics), run.probe_records)
    return [finding for rule in RULES for finding in rule(facts)]


def _curves(records: Sequence[Record]) -> list[tuple[int, float, float | None]]:
    by_epoch: dict[int, list[Record]] = {}
    for record in records:
        by_epoch.setdefault(record["epoch"], []).append(record)
    curves = []
    for epoch, same in sorted(by_epoch.items()):
        train = _finite(value_in(record, "train", "loss") for record in same)
        val = _finite(value_in(record, "val", "loss") for record in same if "val" in record)
        if train and val is not None:
            curves.append((epoch, statistics.fmean(train), statistics.fmean(val) if val else None))
    return curves


def _finite(losses: Iterable[float | None]) -> list[float] | None:
    """Return the losses, or None if one of them was not finite."""
    losses = list(losses)
    return None if None in losses else [loss for loss in losses if loss is not None]


def _held_out(summary: Summary) -> SplitName | None:
    held_out: tuple[SplitName, ...] = ("val", "test")
    return next((split for split in held_out if split in summary), None)


def _overfitting(facts: Facts) -> Iterator[Diagnosis]:
    val = [(loss, epoch) for epoch, _, loss in facts.curves if loss is not None]
    if not val:
        return
    (lowest, best), (last, end) = min(val), val[-1]
    if best < WELL_BEFORE * end and last > RISE * lowest:
        yield Diagnosis(
            "overfitting",
            f"overfitting since epoch {best}: the validation loss rose from {lowest:.3g} to "
            f"{last:.3g} while the training loss fell to {facts.curves[-1][1]:.3g}",
            "train.early_stopping={patience: 5}, or model.dropout, or more data",
        )


def _gap(facts: Facts) -> Iterator[Diagnosis]:
    held_out = _held_out(facts.summary)
    if held_out is None:
        return
    metric, limit = _judged(facts, GAP, GAP_R2)
    train, other = facts.summary["train"][metric], means(facts.summary, held_out)[metric]
    if train - other > limit:
        name = {"val": "validation", "test": "test"}[held_out]
        yield Diagnosis(
            "gap",
            f"memorized: {metric} is {train:.3g} in training and {other:.3g} in {name}",
            "a smaller model, optimizer.weight_decay, or more data",
        )


def _judged(facts: Facts, accuracy: float, r2: float) -> tuple[str, float]:
    """Return the headline metric of a run, and its limit."""
    return ("accuracy", accuracy) if "accuracy" in facts.summary["train"] else ("r2", r2)


def _underfitting(facts: Facts) -> Iterator[Diagnosis]:
    metric, limit = _judged(facts, POOR_ACCURACY, POOR_R2)
    reached = facts.summary["train"][metric]
    if reached < limit:
        yield Diagnosis(
            "underfitting",
            f"underfitting: {metric} is only {reached:.3g} on the training examples themselves",
            "a larger model, more epochs, or a larger optimizer.lr",
        )


def _still_improving(facts: Facts) -> Iterator[Diagnosis]:
    losses = [(epoch, train if val is None else val) for epoch, train, val in facts.curves]
    tail = math.ceil(len(losses) / 10)
    if len(losses) < 5:
        return
    (since, before), (_, last) = losses[-1 - tail], losses[-1]
    if before > 0 and 1 - last / before > STILL_IMPROVING:
        yield Diagnosis(
            "still improving",
            f"still improving: the loss fell by {format_fraction(1 - last / before)} since epoch "
            f"{since}",
            "more epochs (train.epochs), or a larger optimizer.lr",
        )


def _chance(facts: Facts) -> Iterator[Diagnosis]:
    held_out = _held_out(facts.summary)
    if held_out is None or "accuracy" not in facts.summary["train"]:
        return
    per_class = Metrics.from_json(facts.summary["per_seed"][0][held_out]).per_class
    supports = [scores["support"] for scores in per_class.values()]
    majority, number = max(supports) / sum(supports), sum(supports)
    accuracy = means(facts.summary, held_out)["accuracy"]
    if accuracy < majority + 2 * math.sqrt(majority * (1 - majority) / number):
        yield Diagnosis(
            "chance",
            f"at chance: an accuracy of {format_fraction(accuracy)}, where always predicting the "
            f"most frequent class gives {format_fraction(majority)}",
            "check the labels and the scale of the features; try a smaller optimizer.lr",
        )


def _units(facts: Facts) -> Iterator[Diagnosis]:
    if not facts.probe_records:
        return
    last = facts.probe_records[-1]
    dead, saturated = last["dead"] or 0.0, last["saturated"] or 0.0
    if dead > DEAD:
        yield Diagnosis(
            "dead units",
            f"dead units: {format_fraction(dead, 0)} of the ReLU units are zero for every probed "
            f"example",
            "a smaller optimizer.lr, or model.activation=leaky_relu",
        )
    if saturated > SATURATED:
        yield Diagnosis(
            "saturated units",
            f"saturated units: {format_fraction(saturated, 0)} of the tanh or sigmoid activations "
            f"are near their limits",
            "model.init=xavier, standardised features, or a smaller optimizer.lr",
        )


def _gradients(facts: Facts) -> Iterator[Diagnosis]:
    norms = [
        [norm for norm in record["gradient_norms"].values() if norm is not None]
        for record in facts.probe_records
    ]
    if not norms or len(norms[0]) < 2:
        return
    first, last = norms[0][0], norms[0][-1]
    if 0 <= first < VANISHING * last:
        yield Diagnosis(
            "vanishing gradients",
            f"vanishing gradients: early in training the norm was {first:.1e} in the first layer "
            f"and {last:.1e} in the last",
            "model.activation=relu, model.init=kaiming, or fewer layers",
        )
    highest = max(max(row, default=0.0) for row in norms)
    if highest > EXPLODING:
        yield Diagnosis(
            "exploding gradients",
            f"exploding gradients: a layer's norm reached {highest:.1e}",
            "train.clip_norm=1, or a smaller optimizer.lr",
        )


RULES: tuple[Callable[[Facts], Iterator[Diagnosis]], ...] = (
    _chance,
    _overfitting,
    _gap,
    _underfitting,
    _still_improving,
    _units,
    _gradients,
)
