"""What a run's numbers say went wrong, each with one thing to try."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nnlab.storage.run_dir import RunDir

# A validation loss this much above its lowest, reached well before the end, is overfitting.
RISE, WELL_BEFORE = 1.1, 0.8
GAP, GAP_R2 = 0.10, 0.30
# Training results below these leave the model much to learn.
POOR_ACCURACY, POOR_R2 = 0.8, 0.5
STILL_IMPROVING = 0.02
DEAD, SATURATED = 0.3, 0.5
VANISHING, EXPLODING = 1e-4, 1e3


class Diagnosis(NamedTuple):
    """One thing that is wrong.

    Attributes:
        name: What it is called.
        message: What was seen, with its numbers.
        advice: One thing to try.
    """

    name: str
    message: str
    advice: str


class Facts(NamedTuple):
    """What a diagnosis is made from.

    Attributes:
        summary: Final metrics, means over seeds.
        curves: Mean over seeds of (epoch, training loss, validation loss or None).
        probe_records: What the probe saw, in the order of epochs.
    """

    summary: dict[str, Any]
    curves: list[tuple[int, float, float | None]]
    probe_records: list[dict[str, Any]]


def diagnose(run: RunDir, summary: dict[str, Any]) -> list[Diagnosis]:
    """Return the problems of a finished run.

    Args:
        run: The run.
        summary: Its final metrics.

    Raises:
        RunError: If it is not finished, or is damaged.
    """
    facts = Facts(summary, _curves(run.metrics), run.probe_records)
    return [finding for rule in RULES for finding in rule(facts)]


def _curves(records: Sequence[dict[str, Any]]) -> list[tuple[int, float, float | None]]:
    by_epoch: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        by_epoch.setdefault(record["epoch"], []).append(record)
    curves = []
    for epoch, same in sorted(by_epoch.items()):
        train = [record["train"]["loss"] for record in same]
        val = [record["val"]["loss"] for record in same if "val" in record]
        if None not in train and None not in val:
            curves.append((epoch, statistics.fmean(train), statistics.fmean(val) if val else None))
    return curves


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
    held_out = next((part for part in ("val", "test") if part in facts.summary), None)
    if held_out is None:
        return
    metric, limit = _judged(facts, GAP, GAP_R2)
    train, other = (facts.summary[part][metric] for part in ("train", held_out))
    if train - other > limit:
        name = {"val": "validation", "test": "test"}[held_out]
        yield Diagnosis(
            "gap",
            f"learned by heart: {metric} is {train:.3g} in training and {other:.3g} in {name}",
            "a smaller model, optimizer.weight_decay, or more data",
        )


def _judged(facts: Facts, accuracy: float, r2: float) -> tuple[str, float]:
    """Return the metric by which a run is judged, and its limit."""
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
            f"still improving: the loss fell by {1 - last / before:.1%} since epoch {since}",
            "more epochs (train.epochs), or a larger optimizer.lr",
        )


def _chance(facts: Facts) -> Iterator[Diagnosis]:
    part = next((part for part in ("val", "test") if part in facts.summary), None)
    if part is None or "accuracy" not in facts.summary[part]:
        return
    per_class = facts.summary["per_seed"][0][part]["per_class"]
    supports = [row["support"] for row in per_class.values()]
    share, number = max(supports) / sum(supports), sum(supports)
    accuracy = facts.summary[part]["accuracy"]
    if accuracy < share + 2 * math.sqrt(share * (1 - share) / number):
        yield Diagnosis(
            "chance",
            f"at chance: an accuracy of {accuracy:.1%}, where always naming the most frequent "
            f"class gives {share:.1%}",
            "check the labels and the scale of the features; try a smaller optimizer.lr",
        )


def _units(facts: Facts) -> Iterator[Diagnosis]:
    if not facts.probe_records:
        return
    last = facts.probe_records[-1]
    if (last["dead"] or 0) > DEAD:
        yield Diagnosis(
            "dead units",
            f"dead units: {last['dead']:.0%} of the ReLU units are zero for every probed example",
            "a smaller optimizer.lr, or model.activation=leaky_relu",
        )
    if (last["saturated"] or 0) > SATURATED:
        yield Diagnosis(
            "saturated units",
            f"saturated units: {last['saturated']:.0%} of the tanh or sigmoid values are at an end",
            "model.init=xavier, standardised features, or a smaller optimizer.lr",
        )


def _gradients(facts: Facts) -> Iterator[Diagnosis]:
    norms = [list(look["gradient_norms"].values()) for look in facts.probe_records]
    if not norms or len(norms[0]) < 2:
        return
    first, last = norms[0][0], norms[0][-1]
    if 0 <= first < VANISHING * last:
        yield Diagnosis(
            "vanishing gradients",
            f"vanishing gradients: at the first look the first layer's norm was {first:.1e}, the "
            f"last layer's {last:.1e}",
            "model.activation=relu, model.init=kaiming, or fewer layers",
        )
    highest = max(max(row) for row in norms)
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
