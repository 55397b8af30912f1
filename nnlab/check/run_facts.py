"""The numbers a diagnosis is based on."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nnlab.check.points import mean_and_error
from nnlab.metrics import Metrics
from nnlab.storage.schemas import SPLIT_TITLES, means, survivors, value_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnlab.check.measured import Measured
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.schemas import ProbeRecord, Record, SplitName, Summary

# Without data to compare with, training results below these leave the model much to learn.
POOR = {"accuracy": 0.8, "balanced_accuracy": 0.8, "r2": 0.5}
# A held-out result this much worse than in training is memory, if training learned at all.
GAP = {"accuracy": 0.10, "balanced_accuracy": 0.10, "r2": 0.30}
# A simple model that is better by less than this proves nothing.
MIN_GAIN = {"accuracy": 0.03, "balanced_accuracy": 0.03, "r2": 0.05}
NUM_ERRORS = 2.5
# A constant prediction explains none of the variance; more than this is not luck.
MIN_R2 = 0.1


class Shortfall(NamedTuple):
    """How much worse a fit is than it could be.

    Attributes:
        reached: The headline metric on the training examples.
        text: It, and what a simple model reaches on examples it was not fitted on, in words.
    """

    reached: float
    text: str


@dataclass(frozen=True)
class Facts:
    """The numbers a diagnosis is based on.

    Attributes:
        summary: Final metrics.
        curves: Epoch, training loss, validation loss or None; means over the seeds.
        probe_records: Measurements of the probe, in the order of epochs.
        config: The experiment.
        flaws: What the linter found in the experiment, by the code of the rule.
        measured: What was measured in the run and its data; None if they are not read.
        rates: Learning rate at the end of each epoch, relative to the largest; mean over the seeds.
    """

    summary: Summary
    curves: list[tuple[int, float, float | None]]
    probe_records: list[ProbeRecord]
    config: ExperimentConfig
    flaws: Mapping[str, str] = field(default_factory=dict)
    measured: Measured | None = None
    rates: Sequence[float] = ()

    @property
    def has_best_weights(self) -> bool:
        """Whether the weights are those of the best epoch on the validation split."""
        train = self.config.train
        return train.select == "best" and train.monitor.startswith("val.")

    @cached_property
    def shortfall(self) -> Shortfall | None:
        """How much worse the fit is than that of a simple model; None if it is not."""
        metric = headline(self)
        reached = means(self.summary, "train")[metric]
        text = f"{metric} is only {reached:.3g} on the training examples themselves"
        if self.measured is None:
            poor = reached < POOR[metric]
            return Shortfall(reached, text) if poor else None
        if reached > 1 - MIN_GAIN[metric]:
            return None
        reference = self.measured.reference(metric)
        gained = reference.points
        if self.measured.train is not None:
            gained = gained - self.measured.train.points(metric).mean(0)
            gain, error = mean_and_error(gained)
        else:
            _, error = mean_and_error(gained)
            gain = reference.score - reached
        if gain < max(MIN_GAIN[metric], NUM_ERRORS * error):
            return None
        text += f", where {reference.name} reaches {reference.score:.3g} without having seen them"
        return Shortfall(reached, text)

    @cached_property
    def trouble(self) -> str | None:
        """Why training was no success, in words: a shortfall, or a loss worse than that of a guess."""
        if self.shortfall is not None:
            return self.shortfall.text
        num_classes = len(class_scores(self, "train"))
        reached = means(self.summary, "train").get("loss", 0.0)
        if not self.config.loss.applies_softmax or not num_classes:
            return None
        guess = math.log(num_classes)
        if reached <= guess:
            return None
        return f"the training loss is {reached:.3g}, where guessing all classes alike gives {guess:.3g}"

    @cached_property
    def excess(self) -> str | None:
        """How much worse the held-out result is than that of a simple model, or None if it is not."""
        held_out = held_out_split(self.summary)
        if held_out is None:
            return None
        metric = headline(self)
        reached = means(self.summary, held_out)[metric]
        if self.measured is None:
            return ""
        if reached > 1 - MIN_GAIN[metric]:
            return None
        reference = self.measured.reference(metric)
        _, error = mean_and_error(reference.points)
        number = self.summary["num_evaluated"].get(held_out, 1)
        error *= math.sqrt(1 + len(reference.points) / number)
        attainable = max(reference.score, 0.0)
        if attainable - reached < max(MIN_GAIN[metric], NUM_ERRORS * error):
            return None
        if reference.score < 0:
            return "the mean of the target reaches 0"
        return f"{reference.name} reaches {reference.score:.3g} on examples it was not fitted on"

    @cached_property
    def signal(self) -> bool | None:
        """Whether a simple model tells the classes apart; None if the data are not read."""
        if self.measured is None or headline(self) == "r2":
            return None
        references = self.measured.references(headline(self))
        return any(reference.tells_classes_apart for reference in references)


def curves_of(records: Sequence[Record]) -> list[tuple[int, float, float | None]]:
    """Return epoch, training loss and validation loss or None; means over the seeds."""
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


def rates_of(records: Sequence[Record]) -> list[float]:
    """Return the learning rate at the end of each epoch, relative to the largest; none if all are 0."""
    by_epoch: dict[int, list[float]] = {}
    for record in records:
        if (lr := record.get("lr")) is not None:
            by_epoch.setdefault(record["epoch"], []).append(lr)
    rates = [statistics.fmean(same) for _, same in sorted(by_epoch.items())]
    largest = max(rates, default=0.0)
    return [rate / largest for rate in rates] if largest else []


def _finite(losses: Iterable[float | None]) -> list[float] | None:
    """Return the losses, or None if one of them was not finite."""
    losses = list(losses)
    return None if None in losses else [loss for loss in losses if loss is not None]


def held_out_split(summary: Summary) -> SplitName | None:
    """Return the split to judge a run by: the validation split if there is one."""
    held_out: tuple[SplitName, ...] = ("val", "test")
    return next((split for split in held_out if split in summary), None)


def has_gap(facts: Facts) -> bool:
    """Return whether the headline metric is much worse on the held-out split than in training."""
    held_out = held_out_split(facts.summary)
    if held_out is None:
        return False
    metric = headline(facts)
    gap = means(facts.summary, "train")[metric] - means(facts.summary, held_out)[metric]
    return gap > GAP[metric] and has_learned(facts)


def has_learned(facts: Facts) -> bool:
    """Return whether the training results are better than those of a constant prediction."""
    reached = means(facts.summary, "train")[headline(facts)]
    if headline(facts) == "r2":
        return reached > MIN_R2
    return reached > by_luck(facts, "train")


def by_luck(facts: Facts, split: SplitName) -> float:
    """Return the headline score on a split that always predicting one class may reach.

    It is two standard errors above its expectation; 0 if the frequencies are not stored.
    """
    constant, number = constant_in(facts, split)
    return constant + 2 * math.sqrt(constant * (1 - constant) / number)


def constant_in(facts: Facts, split: SplitName) -> tuple[float, int]:
    """Return the headline score of the best constant class on a split, and its number of examples."""
    supports = [int(scores["support"]) for scores in class_scores(facts, split)]
    number = sum(supports)
    if not number:
        return 0.0, 1
    num_present = sum(support > 0 for support in supports)
    weighs_classes = headline(facts) == "balanced_accuracy"
    return (1 / num_present if weighs_classes else max(supports) / number), number


def class_scores(facts: Facts, split: SplitName) -> list[dict[str, float]]:
    """Return the scores of each class on a split, of the first seed; none of a regression."""
    return list(Metrics.from_json(survivors(facts.summary)[0].get(split, {})).per_class.values())


def both(facts: Facts, held_out: SplitName) -> str:
    """Return the headline metric in training and on a held-out split, in words."""
    metric = headline(facts)
    train, other = (means(facts.summary, split)[metric] for split in ("train", held_out))
    return f"{metric} is {train:.3g} in training and {other:.3g} in {SPLIT_TITLES[held_out]}"


def headline(facts: Facts) -> str:
    """Return the metric a run is judged by: with class weights, one in which classes count the same."""
    trained = facts.summary["train"]
    if facts.config.loss.weighs_classes and "balanced_accuracy" in trained:
        return "balanced_accuracy"
    return "accuracy" if "accuracy" in trained else "r2"


def constant_class(facts: Facts) -> str:
    """Return which constant prediction a classification is measured against, in words."""
    which = "the same" if headline(facts) == "balanced_accuracy" else "the most frequent"
    return f"always predicting {which} class"


def is_linear_at_its_best(facts: Facts) -> bool:
    """Return whether the model is linear, and no linear model does much better."""
    model, short = facts.config.model, facts.shortfall
    is_linear = model.is_linear or model.hidden_activation == "identity"
    if not is_linear or facts.measured is None or short is None:
        return False
    linear, *_ = facts.measured.references(headline(facts))
    return linear.score - short.reached < MIN_GAIN[headline(facts)]
