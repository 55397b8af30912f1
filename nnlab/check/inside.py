"""What went wrong inside a network: dead and saturated units, vanishing and exploding gradients."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from nnlab.check.fitting import restraint
from nnlab.check.remedies import (
    CLIP,
    FEWER_LAYERS,
    KAIMING,
    LEAKY,
    RELU,
    SCALE_FEATURES,
    SMALLER_LR,
    XAVIER,
    Finding,
)
from nnlab.formatting import format_fraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnlab.check.run_facts import Facts
    from nnlab.training.probe import Health

DEAD, SATURATED = 0.5, 0.5
# Fewer dead units are to blame, too, if training has killed most of them.
MANY_DEAD, RISEN = 0.35, 0.25
# Networks of fewer units are too small whether these live or not.
MIN_UNITS = 8
VANISHING, EXPLODING = 1e-3, 1e3
# The norm in the last layer that a usual initialisation gives.
USUAL = 0.1


def _fractions(health: Iterable[Health], name: str) -> float | None:
    """Return the mean of a fraction over the replicas; None if there are no such units."""
    known = [value for state in health if (value := getattr(state, name)) is not None]
    return statistics.fmean(known) if known else None


def _before_and_after(facts: Facts, name: str) -> tuple[float | None, float]:
    """Return a fraction of the units before training, if it was measured, and at its end."""
    if facts.measured is not None and facts.measured.final:
        before = _fractions(facts.measured.initial, name)
        return before, _fractions(facts.measured.final, name) or 0.0
    known = [record["dead" if name == "dead" else "saturated"] for record in facts.probe_records]
    return None, (known[-1] if known else None) or 0.0


def units(facts: Facts) -> Iterator[Finding]:
    """Blame units that no longer pass on a gradient for a poor fit."""
    short = facts.shortfall
    if short is None or restraint(facts):
        return
    before, after = _before_and_after(facts, "dead")
    is_tiny = 0 < sum(facts.config.model.hidden_widths) < MIN_UNITS
    if not is_tiny and (after > DEAD or _has_killed(before, after)):
        yield Finding(
            "dead units",
            f"dead units: {format_fraction(after, 0)} of the ReLU units are zero for every probed "
            f"example{_before(before)}",
            (SMALLER_LR if (before or 0) < DEAD else KAIMING, LEAKY),
            (short.text,),
        )
    before, after = _before_and_after(facts, "saturated")
    if after > SATURATED:
        yield Finding(
            "saturated units",
            f"saturated units: {format_fraction(after, 0)} of the tanh or sigmoid activations are "
            f"near their limits{_before(before)}",
            (XAVIER, SCALE_FEATURES, SMALLER_LR)
            if (before or 0) > SATURATED / 2
            else (SMALLER_LR, SCALE_FEATURES),
            (short.text,),
        )


def _has_killed(before: float | None, after: float) -> bool:
    """Return whether training has killed many units."""
    return before is not None and after > max(MANY_DEAD, before + RISEN)


def _before(fraction: float | None) -> str:
    return "" if fraction is None else f", {format_fraction(fraction, 0)} before training"


def _norms(facts: Facts) -> list[list[float]]:
    """Return the gradient norms by layer, early in training first."""
    if facts.measured is not None and facts.measured.initial:
        states = (*facts.measured.initial, *facts.measured.final)
        return [list(state.gradient_norms.values()) for state in states]
    return [
        [norm for norm in record["gradient_norms"].values() if norm is not None]
        for record in facts.probe_records
    ]


def gradients(facts: Facts) -> Iterator[Finding]:
    """Blame gradients that vanish or explode on their way through the layers for a poor fit."""
    norms, short, trouble = _norms(facts), facts.shortfall, facts.trouble
    if trouble is None or not norms or len(norms[0]) < 2:
        return
    first, last = norms[0][0], norms[0][-1]
    if short and first < VANISHING * max(last, USUAL):
        when = "before training" if facts.measured else "early in training"
        yield Finding(
            "vanishing gradients",
            f"vanishing gradients: {when} the norm was {first:.1e} in the first layer and "
            f"{last:.1e} in the last",
            (KAIMING, RELU, FEWER_LAYERS) if _has_relu(facts) else (RELU, FEWER_LAYERS, XAVIER),
            (short.text,),
        )
    highest = max(max(row, default=0.0) for row in norms)
    if highest > EXPLODING:
        yield Finding(
            "exploding gradients",
            f"exploding gradients: a layer's norm reached {highest:.1e}",
            (KAIMING, CLIP, SMALLER_LR),
            (trouble,),
        )


def _has_relu(facts: Facts) -> bool:
    return facts.config.model.hidden_activation in {"relu", "leaky_relu", "elu", "gelu"}
