"""Rules about the data: order, scale, leakage and class balance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.leaks import CLASS_COPY, correlation_ratio, gives_away
from nnlab.check.order import sorted_by
from nnlab.check.rule import Flaw, rule
from nnlab.check.scaled import scaled_columns
from nnlab.config.estimators import GradientBoostingConfig, RandomForestConfig
from nnlab.formatting import format_fraction, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

SCALE_RATIO = 10
# A tree asks only whether a value is above a limit.
TREES = (RandomForestConfig, GradientBoostingConfig)
# Means in deviations, and deviations, to which the usual weights and learning rates are no match.
MAX_SHIFT, MAX_SPREAD = 20, 100
CLASS_RATIO = 4
MAX_TRIED = 5_000
# Every class counts the same in them.
FAIR_METRICS = ("balanced_accuracy", "macro_f1", "roc_auc", "pr_auc")
# Initial outputs and the usual learning rates suit targets of about 1.
MIN_TARGET, MAX_TARGET = 0.01, 10
# Float32 keeps three digits of a deviation this many times smaller than the mean.
MAX_OFFSET = 1e4


@rule(
    "NL101",
    "sequential split of ordered data",
    why="The rows are ordered, so a sequential split trains on one region and tests on another. "
    "The test then measures extrapolation, which no training split can prepare for.",
    fix="dataset.split.order: random; of a time series dataset.split.time: COLUMN, which states that "
    "the test is later than the training",
)
def _sequential_split(subject: Subject) -> Iterator[Flaw]:
    dataset = subject.config.dataset
    if dataset.split.order != "sequential":
        return
    path = ("dataset", "split", "order")
    if dataset.is_ordered:
        message = f"{dataset.name} is generated in order, and the split keeps that order"
        yield Flaw(path, message, ((path, "random"),))
    elif subject.facts is not None and (name := sorted_by(subject.facts)) is not None:
        yield Flaw(path, f"the rows are sorted by {name}, and the split keeps that order")


@rule(
    "NL102",
    "training batches are not shuffled",
    why="Batches in file order repeat the same groups in every epoch, and in a sorted file a batch "
    "holds only one class. The gradient is then biased, and the result depends on how the file was "
    "written.",
    fix="train.shuffle: true",
)
def _no_shuffle(subject: Subject) -> Iterator[Flaw]:
    train = subject.config.train
    if not train.shuffle and train.batch_size != "full":
        path = ("train", "shuffle")
        message = f"batches of {train.batch_size} follow the file order in every epoch"
        yield Flaw(path, message, ((path, "true"),))


@rule(
    "NL103",
    "features on different scales",
    why="All weights share one learning rate, so the largest feature limits how fast the smallest "
    "is learned. Standardised features train in fewer steps, and initial weights suit them all.",
    fix="dataset.standardize: true",
    reads_data=True,
)
def _mixed_scales(subject: Subject) -> Iterator[Flaw]:
    config = subject.config
    if config.dataset.standardizes or isinstance(config.model, TREES):
        return
    deviations = {name: np.std(column) for name, column in subject.data.numbers.items()}
    varying = {name: float(std) for name, std in deviations.items() if std > 0}
    if not varying:
        return
    path = ("dataset", "standardize")
    small, large = min(varying, key=varying.__getitem__), max(varying, key=varying.__getitem__)
    ratio = varying[large] / varying[small]
    means = {name: float(np.mean(subject.data.numbers[name])) for name in varying}
    far = max(varying, key=lambda name: abs(means[name]) / varying[name])
    if ratio > SCALE_RATIO:
        message = (
            f"the standard deviation of {large} ({varying[large]:.3g}) is {ratio:.3g} times that "
            f"of {small} ({varying[small]:.3g}), and features are not standardised"
        )
        yield Flaw(path, message)
    elif abs(means[far]) > MAX_SHIFT * varying[far] or varying[large] > MAX_SPREAD:
        name = far if abs(means[far]) > MAX_SHIFT * varying[far] else large
        message = (
            f"{name} has mean {means[name]:.3g} and standard deviation {varying[name]:.3g}, and "
            f"features are not standardised"
        )
        yield Flaw(path, message)


@rule(
    "NL104",
    "the table was scaled before the split",
    why="Limits or moments that are exact over all rows mean that the scaler saw the validation and "
    "test rows. Scores on those rows are then no longer scores on unseen data.",
    fix="keep raw values in the file; nnlab standardises with the training split only",
    reads_data=True,
    about_table=True,
)
def _scaled_before_split(subject: Subject) -> Iterator[Flaw]:
    columns = subject.data.numbers
    scaled = scaled_columns(columns)
    if scaled is not None and subject.data.num_train < len(subject.data.examples.targets):
        names, looks = scaled
        message = f"{len(names)} of {len(columns)} features have {looks} over all rows"
        yield Flaw(("dataset", "path"), f"{message} ({shorten(names, 3)})")


@rule(
    "NL105",
    "a column gives the target away",
    why="A column that equals, follows or determines the target was most likely derived from it, and "
    "will not be available when the model is used. The test score then says nothing about the other "
    "features.",
    fix="leave it out: dataset.drop: [COLUMN]",
    reads_data=True,
    about_table=True,
)
def _target_leakage(subject: Subject) -> Iterator[Flaw]:
    data, name = subject.data, subject.config.dataset.target_name
    targets, best_other = data.examples.targets, _best_honest(subject)
    for column, values in data.columns.items():
        known = np.flatnonzero(~np.isnan(values))
        found: str | None = None
        # What holds for all rows holds for some, which takes less time to refute.
        for rows in (known[:: max(1, len(known) // MAX_TRIED)], known):
            found = gives_away(
                values[rows],
                targets[rows],
                is_only=len(data.columns) == 1,
                best_other=best_other,
            )
            if found is None:
                break
        if found is not None:
            yield Flaw(("dataset", "features"), f"the column {column} {found} {name}")


def _best_honest(subject: Subject) -> float:
    """Return the largest correlation ratio of a column with the class that is no copy of it."""
    data = subject.data
    if not data.examples.class_names:
        return 0.0
    known = [c for c in data.columns.values() if not np.isnan(c).any() and np.ptp(c) > 0]
    ratios = [correlation_ratio(column, data.examples.targets) for column in known]
    return max((ratio for ratio in ratios if ratio <= CLASS_COPY), default=0.0)


@rule(
    "NL106",
    "class imbalance without weights",
    why="The frequent class dominates a mean over examples, and always predicting it already gives "
    "a small loss. The rare class, often the one that matters, is learned last or never.",
    fix="loss: {name: cross_entropy, class_weight: balanced}, or monitor macro_f1, "
    "balanced_accuracy or pr_auc",
    reads_data=True,
    in_training=True,
)
def _unweighted_imbalance(subject: Subject) -> Iterator[Flaw]:
    config, counts = subject.config, subject.data.class_counts
    is_fair = config.train.monitor.partition(".")[2] in FAIR_METRICS
    if is_imbalanced(counts) and not config.loss.weighs_classes and not is_fair:
        message = (
            f"the largest class has {counts.max() / counts.min():.1f} times as many examples as "
            f"the smallest ({counts.max():,} and {counts.min():,}), and classes have no weights"
        )
        yield Flaw(("loss", "class_weight"), message)


def is_imbalanced(counts: np.ndarray) -> bool:
    """Return whether class sizes, ``(C,)``, are far from equal."""
    return len(counts) > 0 and bool(counts.max() > CLASS_RATIO * counts.min())


@rule(
    "NL107",
    "random labels",
    why="Random labels are independent of the features, so a model can only memorise the training "
    "rows. The test score stays at chance level for every model.",
    fix="another dataset; if the point is to show overfitting, ignore the rule",
)
def _random_labels(subject: Subject) -> Iterator[Flaw]:
    chance = subject.config.dataset.chance
    if chance is not None:
        limit = format_fraction(chance)
        message = f"the labels are random: no model can expect a test accuracy above {limit}"
        yield Flaw(("dataset", "name"), message)


@rule(
    "NL108",
    "target far from the scale of the outputs",
    why="Outputs start near 0 and move by steps of the learning rate, so targets in the hundreds "
    "take thousands of steps, and tiny ones give hardly any gradient. A target that is standardised "
    "is learned as easily in any unit.",
    fix="dataset.standardize_target: true; predictions and metrics stay in the unit of the target",
    reads_data=True,
    in_training=True,
)
def _target_scale(subject: Subject) -> Iterator[Flaw]:
    config = subject.config
    if config.dataset.task != "regression" or config.dataset.standardizes_target:
        return
    if config.model.is_estimator:
        return
    targets = subject.data.examples.targets[subject.data.indices.train]
    mean, std = float(targets.mean()), float(targets.std())
    if config.optimizer.has_line_search and abs(mean) < MAX_OFFSET * std:
        return
    if math.hypot(mean, std) > MAX_TARGET or 0 < std < MIN_TARGET:
        message = (
            f"{config.dataset.target_name} has mean {mean:.3g} and standard deviation {std:.3g}; "
            f"outputs start near 0, and the target is not standardised"
        )
        path = ("dataset", "standardize_target")
        yield Flaw(path, message, ((path, "true"),))
