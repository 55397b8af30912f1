"""Errors that no model avoids: wrong labels, overlapping classes, noise; and a class that is too rare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.check.remedies import (
    CHECK_LABELS,
    SMOOTH_LABELS,
    STOP_EARLY,
    WEIGH_CLASSES,
    Finding,
)
from nnlab.check.run_facts import MIN_GAIN, both, class_scores, has_gap, headline, held_out_split
from nnlab.formatting import format_fraction
from nnlab.storage.schemas import means

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from nnlab.check.measured import Measured
    from nnlab.check.run_facts import Facts
    from nnlab.storage.schemas import SplitName

# A class this frequent hides that no other is predicted.
COMMON = 0.75
# A class of which less is recognised is missed.
MISSED = 0.2
# Wrong labels are as frequent where a model is sure as elsewhere; overlap of classes is not, unless there
# is more of it. In simulations, overlap of 15 to 31 % has ratios up to 0.56, of 34 % up to 0.72, and
# wrong labels mostly from 0.6 on.
FLAT, FLATTER = 0.6, 0.85
MANY_WRONG, MAX_WRONG = 0.33, 0.4
MIN_WRONG, MIN_NUMBER = 0.06, 25
# Better results than these leave nothing to explain.
GOOD = {"accuracy": 0.95, "balanced_accuracy": 0.95, "r2": 0.9}
NUM_SHOWN = 5


def class_imbalance(facts: Facts) -> Iterator[Finding]:
    """Blame the frequencies of the classes if only the common one is predicted."""
    scores = class_scores(facts, "train")
    number = sum(score["support"] for score in scores)
    if not number or facts.config.loss.weighs_classes:
        return
    share = max(score["support"] for score in scores) / number
    missed = [
        score
        for index, score in enumerate(scores)
        if score["support"] and score["recall"] < MISSED and _can_be_found(facts, index)
    ]
    if share < COMMON or not missed:
        return
    rare = int(sum(score["support"] for score in missed))
    found = sum(score["recall"] * score["support"] for score in missed)
    yield Finding(
        "class imbalance",
        f"class imbalance: {format_fraction(share)} of the training examples are of one class, and "
        f"only {round(found):,} of the {rare:,} of {'another' if len(missed) == 1 else 'others'} are recognised",
        (WEIGH_CLASSES,),
        ("a simple model tells them from the others",) if facts.measured else (),
        judged_by="balanced_accuracy",
    )


def _can_be_found(facts: Facts, index: int) -> bool:
    """Return whether a simple model finds a class, if the data are read."""
    if facts.measured is None:
        return True
    references = facts.measured.references(headline(facts))
    return any(reference.finds(index) for reference in references)


def label_noise(facts: Facts) -> Iterator[Finding]:
    """Blame labels that contradict those around them, far from the border between classes."""
    measured = facts.measured
    if measured is None or headline(facts) == "r2" or _has_few_errors(facts):
        return
    if not facts.signal or facts.shortfall:
        return
    rates = _error_rates(facts, measured)
    if rates is None:
        return
    overall, sure, suspects = rates
    shown = ", ".join(map(str, suspects))
    held_out = held_out_split(facts.summary)
    yield Finding(
        "label noise",
        f"label noise: {_reference(facts)} contradicts {format_fraction(overall, 0)} of the labels, and "
        f"still {format_fraction(sure, 0)} where it is surest, far from where classes overlap",
        (
            *((STOP_EARLY,) if has_gap(facts) else ()),
            SMOOTH_LABELS,
            CHECK_LABELS,
        ),
        (
            *((both(facts, held_out),) if held_out is not None else ()),
            f"suspicious training examples, counted from 0: {shown}",
        ),
    )


def _has_few_errors(facts: Facts) -> bool:
    """Return whether there are fewer errors than wrong labels would make."""
    held_out, metric = held_out_split(facts.summary) or "train", headline(facts)
    splits: tuple[SplitName, ...] = ("train", held_out)
    return min(means(facts.summary, split)[metric] for split in splits) > 1 - MIN_WRONG


def _reference(facts: Facts) -> str:
    assert facts.measured is not None, "there is a reference"
    return facts.measured.reference(headline(facts)).name


def _error_rates(facts: Facts, measured: Measured) -> tuple[float, float, list[int]] | None:
    """Return the error rates of the reference, overall and where it is surest, and its worst examples.

    The second is what a logistic regression on the rank of its confidence says. None if the rates do
    not look like wrong labels.
    """
    reference = measured.reference(headline(facts))
    probs, targets = reference.outputs, reference.targets
    is_wrong = probs.argmax(-1) != targets
    overall, confidence = float(is_wrong.double().mean()), probs.max(-1).values
    if overall > MAX_WRONG or int(is_wrong.sum()) < MIN_NUMBER:
        return None
    sure = _error_of_the_surest(confidence, is_wrong)
    least = (FLAT if overall < MANY_WRONG else FLATTER) * overall
    if sure < max(MIN_WRONG, least):
        return None
    suspects = torch.where(is_wrong, confidence, -1.0).argsort(descending=True)
    return overall, sure, sorted(measured.numbers[suspects[:NUM_SHOWN]].tolist())


def _error_of_the_surest(confidence: Tensor, is_wrong: Tensor) -> float:
    from sklearn.linear_model import LogisticRegression

    ranks = confidence.argsort().argsort().double() / len(confidence)
    rate = LogisticRegression(C=1e6).fit(ranks[:, None].numpy(), is_wrong.numpy())
    return float(rate.predict_proba([[1.0]])[0, 1])


def noise_limit(facts: Facts) -> str | None:
    """Return that errors remain which a better model would not avoid, in words; None if not known."""
    held_out, measured, metric = held_out_split(facts.summary), facts.measured, headline(facts)
    if (
        measured is None
        or held_out is None
        or means(facts.summary, held_out)[metric] > GOOD[metric]
    ):
        return None
    if has_gap(facts) or facts.excess is not None or facts.shortfall:
        return None
    reference = measured.reference(metric)
    if reference.score > means(facts.summary, held_out)[metric] + MIN_GAIN[metric] / 2:
        return None
    text = (
        f"noise limit, no fault: {both(facts, held_out)}, and {reference.name} reaches only "
        f"{reference.score:.3g} on examples it was not fitted on; more capacity does not help"
    )
    return "; ".join([text, *_agreement(measured), *_neighbours(measured)])


def _agreement(measured: Measured) -> Iterator[str]:
    """Yield how much of the error all seeds share, and how much differs between them."""
    answers = measured.val
    if answers is None or len(answers.outputs) < 2:
        return
    outputs, targets = answers.outputs, answers.targets
    if outputs.dim() == 2:
        total = (outputs - targets).square().mean()
        variance = outputs.var(0, correction=1).mean()
        share = float((1 - variance / total).clamp(0, 1))
        yield f"{format_fraction(share, 0)} of the squared error is common to all seeds"
        return
    wrong = outputs.argmax(-1) != targets
    everywhere = float(wrong.all(0).sum() / wrong.double().mean(0).sum().clamp_min(1e-9))
    yield f"{format_fraction(everywhere, 0)} of the mistakes are made by all seeds"


def _neighbours(measured: Measured) -> Iterator[str]:
    """Yield how often the most similar training examples have another class."""
    if measured.targets.is_floating_point() or len(measured.targets) < 2:
        return
    nearest = _nearest(measured.inputs)
    differ = float((measured.targets[nearest] != measured.targets).double().mean())
    yield f"{format_fraction(differ, 0)} of the nearest neighbours have another class"


def _nearest(inputs: Tensor) -> Tensor:
    """Return the index of the nearest other example, ``(N,)``."""
    scaled = (inputs - inputs.mean(0)) / inputs.std(0, correction=0).clamp_min(1e-12)
    distances = torch.cdist(scaled, scaled)
    distances.fill_diagonal_(float("inf"))
    return distances.argmin(1)
