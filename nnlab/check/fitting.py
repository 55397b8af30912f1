"""Why a network fits its training examples poorly: steps too small or too few, or a model too small."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from nnlab.check.curves import is_falling, last_fall, last_share, unmoved
from nnlab.check.overrides import effective_lr, lr_factor
from nnlab.check.remedies import (
    ALL_BATCHES,
    CONSTANT_LR,
    LARGER_CLIP,
    LARGER_LR,
    LARGER_MODEL,
    LESS_DECAY,
    LESS_DROPOUT,
    LESS_SMOOTHING,
    LONGER,
    NONLINEAR,
    OTHER_FEATURES,
    SHORTER_WARMUP,
    Finding,
    Remedy,
)
from nnlab.check.run_facts import (
    constant_class,
    constant_in,
    has_learned,
    headline,
    is_linear_at_its_best,
)
from nnlab.formatting import format_fraction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.run_facts import Facts

TOO_SMALL = "learning rate too small"
# Steps after which a usual learning rate has got somewhere.
TYPICAL_STEPS, FEW_STEPS = 1000, 500
# A learning rate this small, relative to where a search for it starts, is slow.
SMALL = 0.3
# The share of its whole fall that a loss falls in the last fifth of the training, if it is on its way.
STRAIGHT, CREEPING = 0.12, 0.04
# A warm-up that takes more of the steps, and a schedule that leaves less of the learning rate on average.
MAX_WARMUP = 0.5
MIN_CLIP, MIN_RATE = 0.01, 0.25
# Penalties from here on are rather the reason for a poor fit than the model.
MAX_DECAY, MAX_DECOUPLED, MAX_DROPOUT = 0.03, 1.0, 0.6
# What the linter finds that restrains a model, and what frees it.
RESTRAINTS = {
    "NL310": (LESS_DECAY,),
    "NL206": (LESS_DROPOUT,),
    "NL211": (LESS_DROPOUT, LARGER_MODEL),
    "NL210": (LARGER_MODEL,),
    "NL314": (LESS_SMOOTHING,),
}


def slow(facts: Facts) -> Iterator[Finding]:
    """Blame small steps, or few of them, for a poor fit that was still getting better."""
    config = facts.config
    why = facts.shortfall.text if facts.shortfall else _unfinished(facts)
    if why is None or config.model.is_estimator or config.optimizer.has_line_search:
        return
    lowest, _ = config.optimizer.usual_lr or (0.0, math.inf)
    below = effective_lr(config) < lowest
    if restraint(facts) and not below:
        return
    if braked := _brake(facts):
        text, remedy = braked
        yield Finding(TOO_SMALL, f"{TOO_SMALL}: {text}", (remedy, LONGER), (why,))
    elif below or (_is_on_its_way(facts) and not _is_short(facts)):
        text = f"lr {config.optimizer.lr:g} is "
        text += f"below the usual range of {config.optimizer.name}" if below else "small"
        text += f", and {_motion(facts)}"
        yield Finding(TOO_SMALL, f"{TOO_SMALL}: {text}", (LARGER_LR, LONGER), (why,))
    elif _is_on_its_way(facts):
        text = f"still improving: {_motion(facts)}"
        yield Finding("still improving", text, (ALL_BATCHES, LONGER, LARGER_LR), (why,))


def _unfinished(facts: Facts) -> str | None:
    """Return that both losses fell as fast at the end as before, in words; None if they did not."""
    val = [(epoch, loss, None) for epoch, _, loss in facts.curves if loss is not None]
    shares = (last_share(curves, facts.rates) for curves in (facts.curves, val))
    return "the validation loss fell as well, to the end" if min(shares) > STRAIGHT else None


def _brake(facts: Facts) -> tuple[str, Remedy] | None:
    """Return what keeps the steps smaller than the learning rate says, and the remedy; or None."""
    config, steps = facts.config, facts.summary["steps"]
    warmup = config.schedule.warmup_steps
    if warmup > MAX_WARMUP * steps:
        return f"the warm-up takes {warmup:,} steps, and training had {steps:,}", SHORTER_WARMUP
    clip = config.train.clip_norm
    if clip is not None and clip < MIN_CLIP:
        return f"train.clip_norm cuts every gradient to {clip:g}", LARGER_CLIP
    mean_rate = statistics.fmean(facts.rates) if facts.rates else 1.0
    if mean_rate < MIN_RATE and not _had_settled(facts):
        share = format_fraction(mean_rate)
        return f"the schedule leaves {share} of lr, on average, and ended the progress", CONSTANT_LR
    return None


def _had_settled(facts: Facts) -> bool:
    """Return whether the loss no longer fell when the schedule cut the learning rate."""
    before = [point for point, rate in zip(facts.curves, facts.rates, strict=False) if rate > 0.5]
    return len(before) >= 3 and last_share(before) <= CREEPING


def _is_on_its_way(facts: Facts) -> bool:
    """Return whether the loss was still falling at the end, or a small learning rate never moved it."""
    has_few_epochs = 0 < len(facts.curves) < 3
    if lr_factor(facts.config) < SMALL and (has_few_epochs or unmoved(facts.curves)):
        return True
    if has_few_epochs and _is_short(facts):
        return True
    if is_linear_at_its_best(facts):
        return False
    if "NL302" in facts.flaws:  # too few steps for the learning rate
        return True
    if unmoved(facts.curves) and not is_falling(facts.curves):
        return False
    share = last_share(facts.curves, facts.rates)
    is_early = facts.summary["steps"] < FEW_STEPS
    return share > STRAIGHT or (share > CREEPING and (is_early or _could_arrive(facts)))


def _could_arrive(facts: Facts) -> bool:
    """Return whether as many epochs again, as good as the last ones, could halve the loss."""
    fall = last_fall(facts.curves)
    return fall is not None and 5 * (fall[1] - fall[2]) > 0.5 * fall[2]


def _is_short(facts: Facts) -> bool:
    """Return whether there were few steps rather than small ones."""
    missing_steps = math.log10(TYPICAL_STEPS / facts.summary["steps"])
    missing_size = -math.log10(lr_factor(facts.config))
    return missing_steps >= missing_size


def _motion(facts: Facts) -> str:
    """Return how the training loss moved, in words."""
    fall, steps = last_fall(facts.curves), facts.summary["steps"]
    if fall is None:
        return f"training had only {steps:,} steps"
    epoch, before, after = fall
    if unmoved(facts.curves):
        first = facts.curves[0][1]
        return f"the training loss hardly moved, from {first:.4g} to {after:.4g}"
    fallen = format_fraction(1 - after / before) if before > 0 else f"{before - after:.3g}"
    return f"the training loss fell by {fallen} since epoch {epoch}, after {steps:,} steps in all"


def underfitting(facts: Facts) -> Iterator[Finding]:
    """Blame the model, or what restrains it, for a poor fit that no longer gets better."""
    short = facts.shortfall
    if short is None:
        return
    trivial = "" if has_learned(facts) else f"; {_constant(facts)}"
    held = restraint(facts)
    text = "underfitting: " + (f"{held}: " if held else "") + f"{short.text}{trivial}"
    against = ("the data were not read, and may be noisy instead",) if not facts.measured else ()
    yield Finding("underfitting", text, _freedom(facts, held), (), against)


def restraint(facts: Facts) -> str:
    """Return what keeps a model from fitting what it could, or an empty text."""
    optimizer, dropout = facts.config.optimizer, facts.config.model.dropout_rate
    limit = MAX_DECOUPLED if optimizer.torch_name == "AdamW" else MAX_DECAY
    if optimizer.inverse_penalty is None and optimizer.penalty >= limit:
        return f"a weight decay of {optimizer.penalty:g} holds the weights near 0"
    if dropout >= MAX_DROPOUT:
        return f"a dropout of {dropout:g} leaves few units"
    return next((facts.flaws[code] for code in RESTRAINTS if code in facts.flaws), "")


def _freedom(facts: Facts, held: str) -> tuple[Remedy, ...]:
    """Return what lets a model fit more, best first: what restrains it comes before its size."""
    if held:
        others = next(
            (other for code, other in RESTRAINTS.items() if facts.flaws.get(code) == held), ()
        )
        return others or (LESS_DECAY, LESS_DROPOUT, LARGER_MODEL)
    others = (OTHER_FEATURES,) if facts.config.model.is_estimator else ()
    return (NONLINEAR, LARGER_MODEL, LONGER, *others)


def _constant(facts: Facts) -> str:
    """Return what a constant prediction reaches on the training examples, in words."""
    if headline(facts) == "r2":
        return "always predicting the mean gives 0"
    return f"{constant_class(facts)} gives {constant_in(facts, 'train')[0]:.3g}"
