"""The numbers a diagnosis is based on."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, NamedTuple

from nnlab.check.remedies import (
    MORE_EPOCHS,
    MORE_MINUTES,
    MORE_PATIENCE,
    SELECT_BEST,
    STOP_EARLY,
    Remedy,
)
from nnlab.metrics import Metrics
from nnlab.storage.schemas import SPLIT_TITLES, means, survivors, value_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.schemas import ProbeRecord, Record, SplitName, Summary

# Training results below these leave the model much to learn.
POOR = {"accuracy": 0.8, "balanced_accuracy": 0.8, "r2": 0.5}
# A held-out result this much worse than in training is memory, if training learned at all.
GAP = {"accuracy": 0.10, "balanced_accuracy": 0.10, "r2": 0.30}
# A constant prediction explains none of the variance; more than this is not luck.
MIN_R2 = 0.1


class Facts(NamedTuple):
    """The numbers a diagnosis is based on.

    Attributes:
        summary: Final metrics.
        curves: Epoch, training loss, validation loss or None; means over the seeds.
        probe_records: Measurements of the probe, in the order of epochs.
        config: The experiment.
        order: Why the split asks for extrapolation, in words, or None if it does not.
    """

    summary: Summary
    curves: list[tuple[int, float, float | None]]
    probe_records: list[ProbeRecord]
    config: ExperimentConfig
    order: str | None = None

    @property
    def has_best_weights(self) -> bool:
        """Whether the weights are those of the best epoch on the validation split."""
        train = self.config.train
        return train.select == "best" and train.monitor.startswith("val.")

    @property
    def stop_early(self) -> Remedy:
        """What stops a training, or its weights, before they fit the training examples too well."""
        return SELECT_BEST if self.config.train.early_stopping else STOP_EARLY

    @property
    def more_epochs(self) -> Remedy:
        """What makes the training longer."""
        train = self.config.train
        has_time_left = bool(self.curves) and self.curves[-1][0] < train.epochs
        if has_time_left and train.early_stopping is not None:
            return MORE_PATIENCE
        return MORE_MINUTES if has_time_left and train.max_minutes is not None else MORE_EPOCHS

    @property
    def is_poor(self) -> bool:
        """Whether the training results leave the model much to learn."""
        metric = headline(self)
        return means(self.summary, "train")[metric] < POOR[metric]


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
    per_class = Metrics.from_json(survivors(facts.summary)[0].get(split, {})).per_class
    supports = [int(scores["support"]) for scores in per_class.values()]
    number = sum(supports)
    if not number:
        return 0.0, 1
    num_present = sum(support > 0 for support in supports)
    weighs_classes = headline(facts) == "balanced_accuracy"
    return (1 / num_present if weighs_classes else max(supports) / number), number


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
