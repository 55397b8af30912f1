"""Runs that fit their training examples better than new ones: overfitting, and nothing to learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.check.points import mean_and_error
from nnlab.check.remedies import (
    CHECK_LABELS,
    DROPOUT,
    MORE_DATA,
    OTHER_FEATURES,
    SMALLER_MODEL,
    STOP_EARLY,
    WEIGHT_DECAY,
    Finding,
    Remedy,
)
from nnlab.check.run_facts import (
    MIN_GAIN,
    both,
    by_luck,
    constant_class,
    constant_in,
    has_gap,
    has_learned,
    headline,
    held_out_split,
)
from nnlab.formatting import format_fraction
from nnlab.storage.schemas import SPLIT_TITLES, means

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.run_facts import Facts
    from nnlab.storage.schemas import SplitName

# A validation loss this much above its lowest, reached well before the end, is overfitting.
RISE, CLEAR_RISE, WELL_BEFORE = 1.25, 1.5, 0.8
# In a short training, fewer epochs after the lowest loss may be its jumps.
MIN_AFTER = 3
# A rise by less than this is harmless, whatever it is relative to the lowest loss [nat].
HARMLESS = 0.03
NO_BETTER = "no simple model does better on new examples"
# Standard errors above chance, in validation and of the best simple model together, that are no luck.
NUM_ERRORS = 2


def overfitting(facts: Facts) -> Iterator[Finding]:
    """Blame too long a training: the weights that are used are past the turn of the validation loss."""
    val = [(loss, epoch) for epoch, _, loss in facts.curves if loss is not None]
    if not val or facts.has_best_weights or not has_learned(facts):
        return
    (lowest, best), (last, end) = min(val), val[-1]
    at_best = next(train for epoch, train, _ in facts.curves if epoch == best)
    now = facts.curves[-1][1]
    if end - best < MIN_AFTER or best >= WELL_BEFORE * end:
        return
    if last <= RISE * lowest or now >= at_best:
        return
    is_classes = headline(facts) != "r2"
    num_errors = 1 if last > CLEAR_RISE * lowest else 2
    if (is_classes and last - lowest < HARMLESS) or not _is_real(facts, num_errors):
        return
    held_out = held_out_split(facts.summary)
    evidence = (both(facts, held_out),) if held_out is not None else ()
    yield Finding(
        "overfitting",
        f"overfitting since epoch {best}: the validation loss rose from {lowest:.3g} to "
        f"{last:.3g} while the training loss fell from {at_best:.3g} to {now:.3g}",
        (STOP_EARLY, DROPOUT, WEIGHT_DECAY, SMALLER_MODEL, MORE_DATA),
        evidence,
        () if facts.excess is not None else (NO_BETTER,),
        "log_loss" if is_classes and facts.excess is None else "",
    )


def _is_real(facts: Facts, num_errors: int) -> bool:
    """Return whether the best weights have a lower loss on more than a few validation examples."""
    measured = facts.measured
    if measured is None or measured.val is None or measured.best_val is None:
        return True
    risen = measured.val.losses.mean(0) - measured.best_val.losses.mean(0)
    mean, error = mean_and_error(risen)
    return mean > num_errors * error


def gap(facts: Facts) -> Iterator[Finding]:
    """Blame memory for a result in training that new examples do not show, and need not miss."""
    held_out = held_out_split(facts.summary)
    if held_out is None or not has_gap(facts):
        return
    if facts.excess is None and not _is_perfect_in_training(facts):
        return
    yield Finding(
        "overfitting",
        f"overfitting: learned by heart: {both(facts, held_out)}",
        (SMALLER_MODEL, WEIGHT_DECAY, DROPOUT, STOP_EARLY, MORE_DATA),
        (facts.excess,) if facts.excess else (),
        (NO_BETTER,) if facts.excess is None else (),
    )


def _is_perfect_in_training(facts: Facts) -> bool:
    """Return whether a network was trained until hardly an error was left in training."""
    metric, is_network = headline(facts), not facts.config.model.is_estimator
    is_perfect = means(facts.summary, "train")[metric] > 1 - MIN_GAIN[metric]
    return is_network and is_perfect and not facts.has_best_weights


def chance(facts: Facts) -> Iterator[Finding]:
    """Blame labels or features where new examples are predicted no better than by a constant."""
    held_out = held_out_split(facts.summary)
    if held_out is None or "accuracy" not in facts.summary["train"]:
        return
    reached = means(facts.summary, held_out)[headline(facts)]
    constant, _ = constant_in(facts, held_out)
    if (
        reached >= (luck := by_luck(facts, held_out))
        or facts.signal
        or _hints_at_more(facts, held_out)
    ):
        return
    has_fitted = has_learned(facts)
    if has_fitted and reached > constant and facts.signal is None:
        yield _maybe_chance(facts, held_out, luck)
        return
    evidence = (
        () if facts.signal is None else ("no simple model finds a difference of the classes",)
    )
    yield Finding(
        "chance",
        f"at chance: {_score(facts, held_out)}, where {constant_class(facts)} gives "
        f"{format_fraction(constant)}" + ("" if has_fitted else "; training is not better"),
        (CHECK_LABELS, OTHER_FEATURES),
        evidence,
    )


def _hints_at_more(facts: Facts, held_out: SplitName) -> bool:
    """Return whether the run and the best simple model together are better than chance.

    Source: Stouffer's sum of independent deviations over the root of their number.
    """
    if facts.measured is None:
        return False
    references = facts.measured.references(headline(facts))
    reached = means(facts.summary, held_out)[headline(facts)]
    constant, _ = constant_in(facts, held_out)
    deviation = 2 * (reached - constant) / max(by_luck(facts, held_out) - constant, 1e-12)
    simple = max(reference.above_chance for reference in references)
    return (deviation + simple) / 2**0.5 > NUM_ERRORS


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
