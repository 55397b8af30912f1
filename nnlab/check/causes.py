"""Root causes of a poor run: the learning rate, the split, the scale of the target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.data_rules import MAX_TARGET, MIN_TARGET
from nnlab.check.remedies import LARGER_LR, SMALLER_LR, Finding, Remedy
from nnlab.check.run_facts import both, has_gap, headline, held_out_split
from nnlab.storage.schemas import means

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.check.run_facts import Facts


# A training loss this much above its first is not an accident of batches.
WORSE = 1.1
# A learning rate this many times above its usual range is to blame for whatever went wrong.
FAR = 10


def unusual_lr(facts: Facts) -> Iterator[Finding]:
    """Blame the learning rate for a poor fit: outside its usual range, or with a rising loss."""
    if not facts.is_poor:
        return
    metric = headline(facts)
    poor = f"{metric} is only {facts.summary['train'][metric]:.3g} on the training examples"
    optimizer, losses = facts.config.optimizer, [loss for _, loss, _ in facts.curves]
    lowest, highest = optimizer.usual_lr or (0.0, math.inf)
    usual = f"the usual range of {optimizer.name}, {lowest:g} to {highest:g}"
    name = "learning rate too large"
    if optimizer.lr > highest and not has_gap(facts):  # a network that memorises has learned
        text = f"{name}: {poor}, and lr {optimizer.lr:g} is above {usual}"
        yield Finding(name, text, (SMALLER_LR,))
    elif losses and losses[-1] > WORSE * losses[0]:
        rise = f"the training loss rose from {losses[0]:.3g} to {losses[-1]:.3g}"
        yield Finding(name, f"{name}: {poor}, and {rise}", (SMALLER_LR,))
    elif optimizer.lr < lowest:
        name = "learning rate too small"
        text = f"{name}: {poor}, and lr {optimizer.lr:g} is below {usual}"
        yield Finding(name, text, (LARGER_LR,))


def far_lr(facts: Facts, found: Sequence[Finding]) -> Iterator[Finding]:
    """Blame a learning rate far above its usual range for all other findings."""
    optimizer, name = facts.config.optimizer, "learning rate too large"
    lowest, highest = optimizer.usual_lr or (0.0, math.inf)
    if optimizer.lr > FAR * highest and found and name not in {other.name for other in found}:
        shown = ", ".join(dict.fromkeys(other.name for other in found))
        text = (
            f"{name}: lr {optimizer.lr:g} is far above the usual range of {optimizer.name}, "
            f"{lowest:g} to {highest:g}; the run shows {shown}"
        )
        yield Finding(name, text, (SMALLER_LR,))


def extrapolation(facts: Facts) -> Iterator[Finding]:
    """Blame the split for a gap, if it tests on another region than it trains on."""
    held_out = held_out_split(facts.summary)
    if facts.order is None or held_out is None or not has_gap(facts):
        return
    yield Finding(
        "extrapolation",
        f"extrapolation: {both(facts, held_out)}: {facts.order}, so that {held_out} asks "
        f"about a region that training never saw",
        (
            Remedy(
                "dataset.split.order=random; model size and weight decay do not help", "order", 1
            ),
        ),
    )


def target_scale(facts: Facts) -> Iterator[Finding]:
    """Blame a target far from the scale of initial outputs for a poor fit."""
    train = means(facts.summary, "train")
    if "r2" not in train or not facts.is_poor or facts.config.dataset.standardizes_target:
        return
    error = math.sqrt(train["mse"])
    deviation = error / math.sqrt(1 - train["r2"])
    # Small targets are only to blame where outputs are further from them than their mean.
    is_small = deviation < MIN_TARGET and train["r2"] < 0
    if max(deviation, error) > MAX_TARGET or is_small:
        yield Finding(
            "target scale",
            f"target scale: r2 is only {train['r2']:.3g} on the training examples themselves; "
            f"{facts.config.dataset.target_name} has a standard deviation of {deviation:.3g}, the "
            f"errors are about {error:.3g}, and outputs start near 0",
            (
                Remedy("dataset.standardize_target=true"),
                facts.more_epochs,
                LARGER_LR,
            ),
        )
