"""Diagnosing a finished run: the problems its numbers show, causes first, with what to try."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.causes import extrapolation, far_lr, target_scale, unusual_lr
from nnlab.check.remedies import (
    ADAMW,
    DROPOUT,
    FEWER_LAYERS,
    HIDDEN_LAYERS,
    LARGER_LR,
    LARGER_MODEL,
    MORE_DATA,
    NONLINEAR,
    OTHER_FEATURES,
    SMALLER_LR,
    SMALLER_MODEL,
    WEIGHT_DECAY,
    Diagnosis,
    Finding,
    Remedy,
    settle,
)
from nnlab.check.run_facts import (
    Facts,
    both,
    by_luck,
    constant_class,
    constant_in,
    curves_of,
    has_gap,
    has_learned,
    headline,
    held_out_split,
)
from nnlab.formatting import format_fraction
from nnlab.storage.schemas import SPLIT_TITLES, means

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nnlab.runs.load import StoredRun
    from nnlab.storage.schemas import SplitName

# A validation loss this much above its lowest, reached well before the end, is overfitting.
RISE, WELL_BEFORE = 1.1, 0.8
STILL_IMPROVING = 0.02
DEAD, SATURATED = 0.3, 0.5
VANISHING, EXPLODING = 1e-4, 1e3


def diagnose(run: StoredRun, flaws: Mapping[str, str]) -> list[Diagnosis]:
    """Return the problems of a finished run; a cause stands for its consequences.

    Args:
        run: The run.
        flaws: What the linter found in its experiment, by the code of the rule.

    Raises:
        RunError: If it is not finished, or is damaged.
    """
    curves, probe_records = curves_of(run.folder.metrics), run.folder.probe_records
    facts = Facts(run.summary, curves, probe_records, run.config, flaws.get("NL101"))
    if run.config.model.title == "dummy":  # it is to be poor
        return []
    return settle(find_all(facts), run.config)


def find_all(facts: Facts) -> list[Finding]:
    """Return what every rule finds."""
    found = [finding for rule in RULES for finding in rule(facts)]
    return [*found, *far_lr(facts, found)]


def _overfitting(facts: Facts) -> Iterator[Finding]:
    val = [(loss, epoch) for epoch, _, loss in facts.curves if loss is not None]
    if not val or facts.has_best_weights or not has_learned(facts):
        return
    (lowest, best), (last, end) = min(val), val[-1]
    at_best = next(train for epoch, train, _ in facts.curves if epoch == best)
    now = facts.curves[-1][1]
    if best < WELL_BEFORE * end and last > RISE * lowest and now < at_best:
        yield Finding(
            "overfitting",
            f"overfitting since epoch {best}: the validation loss rose from {lowest:.3g} to "
            f"{last:.3g} while the training loss fell to {now:.3g}",
            (facts.stop_early, DROPOUT, WEIGHT_DECAY, ADAMW, MORE_DATA),
        )


def _gap(facts: Facts) -> Iterator[Finding]:
    held_out = held_out_split(facts.summary)
    if held_out is not None and has_gap(facts):
        text = f"memorized: {both(facts, held_out)}"
        yield Finding("gap", text, (SMALLER_MODEL, WEIGHT_DECAY, ADAMW, MORE_DATA))


def _underfitting(facts: Facts) -> Iterator[Finding]:
    if facts.is_poor:
        metric = headline(facts)
        reached = means(facts.summary, "train")[metric]
        trivial = "" if has_learned(facts) else f", where {_constant(facts)}"
        yield Finding(
            "underfitting",
            f"underfitting: {metric} is only {reached:.3g} on the training examples themselves"
            f"{trivial}",
            (NONLINEAR, LARGER_MODEL, HIDDEN_LAYERS, facts.more_epochs, LARGER_LR, OTHER_FEATURES),
        )


def _constant(facts: Facts) -> str:
    """Return what a constant prediction reaches on the training examples, in words."""
    if headline(facts) == "r2":
        return "always predicting the mean gives 0"
    return f"{constant_class(facts)} gives {constant_in(facts, 'train')[0]:.3g}"


def _still_improving(facts: Facts) -> Iterator[Finding]:
    losses = [(epoch, train if val is None else val) for epoch, train, val in facts.curves]
    tail = math.ceil(len(losses) / 10)
    if len(losses) < 5:
        return
    (since, before), (_, last) = losses[-1 - tail], losses[-1]
    if before > 0 and 1 - last / before > STILL_IMPROVING:
        yield Finding(
            "still improving",
            f"still improving: the loss fell by {format_fraction(1 - last / before)} since epoch "
            f"{since}",
            (facts.more_epochs, LARGER_LR),
        )


def _chance(facts: Facts) -> Iterator[Finding]:
    held_out = held_out_split(facts.summary)
    if held_out is None or "accuracy" not in facts.summary["train"]:
        return
    reached = means(facts.summary, held_out)[headline(facts)]
    constant, _ = constant_in(facts, held_out)
    if reached < (luck := by_luck(facts, held_out)):
        scale = "" if facts.config.model.is_estimator else " and the scale of the features"
        check = Remedy(f"checking the labels{scale}")
        has_fitted = has_learned(facts)
        if has_fitted and reached > constant:
            yield _maybe_chance(facts, held_out, luck)
            return
        yield Finding(
            "chance",
            f"at chance: {_score(facts, held_out)}, where {constant_class(facts)} gives "
            f"{format_fraction(constant)}" + ("" if has_fitted else "; training is not better"),
            (check, SMALLER_LR)
            if has_fitted
            else (check, NONLINEAR, LARGER_MODEL, facts.more_epochs, OTHER_FEATURES),
        )


def _maybe_chance(facts: Facts, held_out: SplitName, luck: float) -> Finding:
    """Return that a split is too small to tell a score from that of the most frequent class."""
    constant, number = constant_in(facts, held_out)
    title = SPLIT_TITLES[held_out]
    return Finding(
        "chance",
        f"at chance, perhaps: {_score(facts, held_out)} on {number:,} {title} examples, where "
        f"{constant_class(facts)} gives {format_fraction(constant)}, and with luck {format_fraction(luck)}",
        (Remedy(f"more {title} examples"), MORE_DATA),
    )


def _score(facts: Facts, split: SplitName) -> str:
    metric = headline(facts)
    named = "an accuracy" if metric == "accuracy" else "a balanced accuracy"
    return f"{named} of {format_fraction(means(facts.summary, split)[metric])}"


def _units(facts: Facts) -> Iterator[Finding]:
    if not facts.probe_records:
        return
    last = facts.probe_records[-1]
    if (last["dead"] or 0) > DEAD:
        yield Finding(
            "dead units",
            f"dead units: {format_fraction(last['dead'] or 0, 0)} of the ReLU units are zero for "
            f"every probed example",
            (SMALLER_LR, Remedy("model.activation=leaky_relu")),
        )
    if (last["saturated"] or 0) > SATURATED:
        yield Finding(
            "saturated units",
            f"saturated units: {format_fraction(last['saturated'] or 0, 0)} of the tanh or sigmoid "
            f"activations are near their limits",
            (Remedy("model.init=xavier"), Remedy("standardised features"), SMALLER_LR),
        )


def _gradients(facts: Facts) -> Iterator[Finding]:
    norms = [
        [norm for norm in record["gradient_norms"].values() if norm is not None]
        for record in facts.probe_records
    ]
    if not norms or len(norms[0]) < 2:
        return
    first, last = norms[0][0], norms[0][-1]
    if 0 <= first < VANISHING * last:
        yield Finding(
            "vanishing gradients",
            f"vanishing gradients: early in training the norm was {first:.1e} in the first layer "
            f"and {last:.1e} in the last",
            (Remedy("model.activation=relu"), Remedy("model.init=kaiming"), FEWER_LAYERS),
        )
    highest = max(max(row, default=0.0) for row in norms)
    if highest > EXPLODING:
        yield Finding(
            "exploding gradients",
            f"exploding gradients: a layer's norm reached {highest:.1e}",
            (Remedy("train.clip_norm=1"), SMALLER_LR),
        )


RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    unusual_lr,
    extrapolation,
    target_scale,
    _chance,
    _overfitting,
    _gap,
    _underfitting,
    _still_improving,
    _units,
    _gradients,
)
