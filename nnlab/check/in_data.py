"""Causes that lie in the data, the split or the criterion, and that a poor result confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.check.points import mean_and_error
from nnlab.check.remedies import CHECK_ROWS, NO_SQUASHING, RANDOM_SPLIT, SAME_SOURCE, Finding
from nnlab.check.run_facts import GAP, POOR, both, has_gap, headline, held_out_split
from nnlab.storage.schemas import means

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.run_facts import Facts

# What the linter finds, and what it is called where the result is poor.
LINTED = {
    "NL115": ("stand-ins for missing values", CHECK_ROWS),
    "NL117": ("outliers", CHECK_ROWS),
    "NL121": ("mixed units", CHECK_ROWS),
    "NL201": ("softmax before cross-entropy", NO_SQUASHING),
}
# Those that may lie in the target, whose squared errors they then make up, also of a simple model.
ABOUT_TARGET = ("outliers", "stand-ins for missing values")
NUM_ERRORS = 3


def linted(facts: Facts) -> Iterator[Finding]:
    """Blame what the linter found in the table or the model for a poor fit, or a poor result."""
    held_out, short = held_out_split(facts.summary), facts.shortfall
    for code, (name, remedy) in LINTED.items():
        if code not in facts.flaws:
            continue
        text = f"{name}: {facts.flaws[code]}"
        if short is not None:
            yield Finding(name, text, (remedy,), (short.text,))
        elif name in ABOUT_TARGET and held_out is not None and _explains_little(facts):
            yield Finding(name, text, (remedy,), (both(facts, held_out),))


def _explains_little(facts: Facts) -> bool:
    """Return whether little of the target is explained, in training or on new examples only."""
    metric = headline(facts)
    return has_gap(facts) or means(facts.summary, "train")[metric] < POOR[metric]


def extrapolation(facts: Facts) -> Iterator[Finding]:
    """Blame the split for a gap, if it tests on another region than it trains on."""
    held_out, order = held_out_split(facts.summary), facts.flaws.get("NL101")
    if order is None or held_out is None or not has_gap(facts):
        return
    text = f"{both(facts, held_out)}: {order}, so that {held_out} asks about a region that training never saw"
    yield Finding("extrapolation", f"extrapolation: {text}", (RANDOM_SPLIT,))


def shift(facts: Facts) -> Iterator[Finding]:
    """Blame the split for a gap that a simple model has as well, if only to the validation split."""
    measured, metric = facts.measured, headline(facts)
    if measured is None or measured.val is None or not has_gap(facts):
        return
    reference, there = measured.reference(metric), measured.transferred(metric)
    (inside, error), (outside, other_error) = map(mean_and_error, (reference.points, there))
    lost = inside - outside
    if lost < max(GAP[metric], NUM_ERRORS * (error**2 + other_error**2) ** 0.5):
        return
    yield Finding(
        "distribution shift",
        f"distribution shift: {both(facts, 'val')}; {reference.name} reaches {inside:.3g} on other "
        f"training examples, too, and {outside:.3g} in validation, which differs from training",
        (SAME_SOURCE,),
    )
