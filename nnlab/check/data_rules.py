"""Rules about the data: order, scale, leakage and class balance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.rule import Flaw, rule
from nnlab.formatting import format_fraction, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

SORTED = 0.8
SCALE_RATIO = 10
# Over all rows, a scaler fitted on a training split is off by about 1 / sqrt(N).
STANDARDISED = 1e-3
CLASS_RATIO = 4
# Every class counts the same in them.
FAIR_METRICS = ("balanced_accuracy", "macro_f1", "roc_auc", "pr_auc")
# With fewer rows, or fewer rows per value, a column may determine the target by chance.
MIN_ROWS, MIN_ROWS_PER_VALUE = 20, 5
SAME = 1 - 1e-6
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
    elif subject.facts is not None:
        columns = {**subject.facts.columns, "the target": subject.facts.examples.targets}
        name, strength = max(
            ((name, _order(column)) for name, column in columns.items()), key=lambda pair: pair[1]
        )
        if strength > SORTED:
            message = (
                f"the rows are ordered by {name} (correlation with the row number {strength:.2f})"
            )
            yield Flaw(path, f"{message}, and the split keeps that order")


def _order(column: np.ndarray) -> float:
    """Return how closely a column follows the row number, in [0, 1]; 1 if it is sorted."""
    column = column[~np.isnan(column)]
    steps = np.diff(column)
    if not steps.any():
        return 0.0
    if (steps >= 0).all() or (steps <= 0).all():
        return 1.0
    return _correlation(np.arange(len(column)), column)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the absolute value of Pearson's correlation; 0 if either column is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(abs(np.corrcoef(first, second)[0, 1]))


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
    if subject.config.dataset.standardizes:
        return
    deviations = {name: np.std(column) for name, column in subject.data.numbers.items()}
    varying = {name: float(std) for name, std in deviations.items() if std > 0}
    if not varying:
        return
    small, large = min(varying, key=varying.__getitem__), max(varying, key=varying.__getitem__)
    ratio = varying[large] / varying[small]
    if ratio > SCALE_RATIO:
        message = (
            f"the standard deviation of {large} ({varying[large]:.3g}) is {ratio:.3g} times that "
            f"of {small} ({varying[small]:.3g}), and features are not standardised"
        )
        yield Flaw(("dataset", "standardize"), message)


@rule(
    "NL104",
    "the table was scaled before the split",
    why="Mean 0 and standard deviation 1 over all rows mean that the scaler saw the validation and "
    "test rows. Scores on those rows are then no longer scores on unseen data.",
    fix="keep raw values in the file; nnlab standardises with the training split only",
    reads_data=True,
    about_table=True,
)
def _scaled_before_split(subject: Subject) -> Iterator[Flaw]:
    columns = subject.data.numbers
    scaled = [name for name, column in columns.items() if _is_standardised(column)]
    if scaled and subject.data.num_train < len(subject.data.examples.targets):
        message = (
            f"{len(scaled)} of {len(columns)} features have mean 0 and standard deviation 1 over "
            f"all rows ({shorten(scaled, 3)})"
        )
        yield Flaw(("dataset", "path"), message)


def _is_standardised(column: np.ndarray) -> bool:
    if len(column) < 2 or abs(np.mean(column)) >= STANDARDISED:
        return False
    # Scalers divide by N, statistics software by N - 1.
    return any(abs(np.std(column, ddof=ddof) - 1) < STANDARDISED for ddof in (0, 1))


@rule(
    "NL105",
    "a column gives the target away",
    why="A column that equals or determines the target was most likely derived from it, and will "
    "not be available when the model is used. The test score then says nothing about the other "
    "features.",
    fix="leave it out: dataset.drop: [COLUMN]",
    reads_data=True,
    about_table=True,
)
def _target_leakage(subject: Subject) -> Iterator[Flaw]:
    targets = subject.data.examples.targets
    if len(targets) < MIN_ROWS:
        return
    for name, column in subject.data.columns.items():
        is_known = ~np.isnan(column)
        known = column[is_known]
        if len(known) and np.ptp(known) > 0 and _determines(known, targets[is_known]):
            message = f"the column {name} alone determines {subject.config.dataset.target_name}"
            yield Flaw(("dataset", "features"), message)


def _determines(column: np.ndarray, targets: np.ndarray) -> bool:
    """Return whether each value, or each interval of values, maps to a single target."""
    if np.issubdtype(targets.dtype, np.floating) and _correlation(column, targets) > SAME:
        return True
    pairs = np.unique(np.column_stack([column, targets]), axis=0)
    if len(np.unique(column)) < len(pairs):
        return False  # one value, two targets
    num_changes = int(np.count_nonzero(np.diff(pairs[:, 1])))
    is_step = num_changes == len(np.unique(targets)) - 1
    return len(targets) >= MIN_ROWS_PER_VALUE * (num_changes + 1 if is_step else len(pairs))


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
