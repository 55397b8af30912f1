"""Root causes of a poor run: the learning rate, and the scales of features and target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.curves import jumps, rise
from nnlab.check.data_rules import MAX_TARGET, MIN_TARGET
from nnlab.check.in_data import linted
from nnlab.check.overrides import effective_lr
from nnlab.check.remedies import (
    CLIP,
    LARGER_LR,
    LONGER,
    SCALE_FEATURES,
    SCALE_TARGET,
    SMALLER_LR,
    Finding,
)
from nnlab.check.run_facts import has_gap, is_linear_at_its_best
from nnlab.formatting import pluralize
from nnlab.storage.schemas import means
from nnlab.storage.seeds import about_diverged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.check.run_facts import Facts

TOO_LARGE = "learning rate too large"
# A learning rate this many times above its usual range is to blame for whatever went wrong.
FAR = 10
# Features this large, this small, or of such different sizes suit no usual learning rate.
LARGE_INPUT, SMALL_INPUT, INPUT_RATIO = 10.0, 0.1, 100.0
# Of estimators, those that measure distances between rows.
BY_DISTANCE = ("knn", "svm")


def usual_range(facts: Facts) -> tuple[float, float]:
    """Return the lowest and the highest usual learning rate; of an estimator, any."""
    return facts.config.optimizer.usual_lr or (0.0, math.inf)


def _above(facts: Facts) -> str:
    """Return in which way the learning rate is above its usual range, or an empty text."""
    optimizer, (lowest, highest) = facts.config.optimizer, usual_range(facts)
    lr = effective_lr(facts.config)
    if lr <= highest:
        return ""
    shown = f"lr {optimizer.lr:g}"
    if lr != optimizer.lr:
        shown += f", {lr:.3g} with its momentum,"
    return f"{shown} is above the usual range of {optimizer.name}, {lowest:g} to {highest:g}"


def large_lr(facts: Facts) -> Iterator[Finding]:
    """Blame the learning rate for a poor fit: outside its usual range, or with a rising loss."""
    trouble, above = facts.trouble, _above(facts)
    if not above and any(
        True for rule in (feature_scale, target_scale, linted) for _ in rule(facts)
    ):
        return  # a usual learning rate is too large for such numbers only
    if lost := about_diverged(facts.summary):
        text = f"{TOO_LARGE}: {lost.partition('; ')[2]}"
        yield Finding(TOO_LARGE, text, (SMALLER_LR, CLIP), (above,) if above else ())
        return
    if trouble is None or facts.config.model.is_estimator:
        return
    signs = [text for text in (rise(facts.curves), jumps(facts.curves)) if text]
    # A network that memorises has learned, and so has a linear model that is as good as any.
    is_innocent = has_gap(facts) or (not signs and is_linear_at_its_best(facts))
    if above and not is_innocent:
        against = () if signs else ("the training loss did not rise",)
        yield Finding(
            TOO_LARGE, f"{TOO_LARGE}: {above}", (SMALLER_LR, CLIP), (trouble, *signs), against
        )
    elif signs:
        text = f"{TOO_LARGE}: {signs[0]}"
        within = f"lr {facts.config.optimizer.lr:g} is within its usual range"
        yield Finding(TOO_LARGE, text, (SMALLER_LR, CLIP), (trouble, *signs[1:]), (within,))


def far_lr(facts: Facts, found: Sequence[Finding]) -> Iterator[Finding]:
    """Blame a learning rate far above its usual range for all other findings."""
    _, highest = usual_range(facts)
    is_far = effective_lr(facts.config) > FAR * highest
    if is_far and found and TOO_LARGE not in {other.name for other in found}:
        shown = ", ".join(dict.fromkeys(other.name for other in found))
        text = f"{TOO_LARGE}: {_above(facts)}, by far; the run shows {shown}"
        yield Finding(TOO_LARGE, text, (SMALLER_LR, CLIP))


def target_scale(facts: Facts) -> Iterator[Finding]:
    """Blame a target far from the scale of initial outputs for a poor fit."""
    train = means(facts.summary, "train")
    config = facts.config
    if "r2" not in train or facts.shortfall is None or config.dataset.standardizes_target:
        return
    if config.model.is_estimator or train["r2"] >= 1:
        return
    error = math.sqrt(train["mse"])
    deviation = error / math.sqrt(1 - train["r2"])
    # Small targets are only to blame where outputs are further from them than their mean.
    is_small = deviation < MIN_TARGET and train["r2"] < 0
    if max(deviation, error) > MAX_TARGET or is_small:
        yield Finding(
            "target scale",
            f"target scale: {config.dataset.target_name} has a standard deviation of "
            f"{deviation:.3g}, the errors are about {error:.3g}, and outputs start near 0",
            (SCALE_TARGET, LONGER, LARGER_LR),
            (facts.shortfall.text,),
        )


def feature_scale(facts: Facts) -> Iterator[Finding]:
    """Blame features that are large, tiny or of different sizes for a poor fit."""
    short, model = facts.shortfall, facts.config.model
    is_sensitive = not model.is_estimator or model.title in BY_DISTANCE
    if short is None or facts.measured is None or not is_sensitive:
        return
    inputs = facts.measured.inputs
    deviations, sizes = inputs.std(0, correction=0), inputs.square().mean(0).sqrt()
    varying = deviations[deviations > 0]
    if not len(varying):
        return
    largest = float(sizes.max())
    ratio = float(varying.max() / varying.min())
    if largest > LARGE_INPUT:
        many = int((sizes > LARGE_INPUT).sum())
        text = f"{pluralize(many, 'feature')} of {len(sizes):,} reach values of {largest:.3g}"
    elif largest < SMALL_INPUT:
        text = f"no feature exceeds {largest:.3g} on average"
    elif ratio > INPUT_RATIO and facts.config.dataset.table_path is not None:
        text = f"the deviations of the features differ by a factor of {ratio:.3g}"
    else:
        return
    unit = "networks expect values of about 1"
    yield Finding(
        "feature scale",
        f"feature scale: {text} as the model takes them, and {unit}",
        (SCALE_FEATURES, SMALLER_LR if largest > LARGE_INPUT else LARGER_LR),
        (short.text,),
    )
