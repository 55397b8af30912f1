"""Rules about evaluation: on which split, how precisely and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.data_rules import is_imbalanced
from nnlab.check.rule import Flaw, rule
from nnlab.check.twins import count_shared, find_twins
from nnlab.config.estimators import EstimatorConfig
from nnlab.data.splits.division import empty_splits
from nnlab.formatting import format_fraction, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.data_facts import DataFacts
    from nnlab.check.rule import Edit, Subject
    from nnlab.config.experiment import ExperimentConfig

VAL_FRACTION = "0.1"
# Support-weighted recall equals accuracy; the other means are weighted by the large class, too.
MAJORITY_METRICS = ("accuracy", "precision", "recall", "f1")
EXPECTED_ACCURACY, MAX_WIDTH = 0.9, 0.1
# Of a regression: its r2 then spreads by 0.1 or more.
MIN_TESTED = 20
MAX_SAME = 0.5


@rule(
    "NL401",
    "the test split is used in training",
    why="A score that guides decisions is fitted, by the experimenter or by the program. The test "
    "score is then the best of many attempts, and too optimistic for new data.",
    fix="monitor val, with dataset.split.val above 0; evaluate on test once, at the end",
)
def _test_in_training(subject: Subject) -> Iterator[Flaw]:
    train = subject.config.train
    split, _, metric = train.monitor.partition(".")
    if split == "test":
        path = ("train", "monitor")
        edits: tuple[Edit, ...] = ((path, f"val.{metric}"),)
        if not subject.config.dataset.split.val:
            edits += ((("dataset", "split", "val"), VAL_FRACTION),)
        yield Flaw(path, f"{train.monitor} {_use_of_monitor(subject.config)}", edits)
    if subject.facts is not None and subject.config.dataset.files_of_splits >= {"val", "test"}:
        num_same = count_shared(subject.facts.examples.inputs, *_held_out(subject.facts))
        num_test = len(subject.facts.indices.test)
        if num_same > MAX_SAME * num_test:
            message = f"{num_same:,} of {num_test:,} test examples are validation examples, too"
            yield Flaw(("dataset", "test_path"), message)


def _held_out(facts: DataFacts) -> tuple[np.ndarray, np.ndarray]:
    return facts.indices.val, facts.indices.test


def _use_of_monitor(config: ExperimentConfig) -> str:
    if config.train.early_stopping is not None:
        return "decides when training stops"
    if config.train.select == "best":
        return "selects the weights that are tested"
    if config.schedule.plateau is not None:
        return "cuts the learning rate"
    return "is monitored in every epoch"


@rule(
    "NL402",
    "nothing is held out for testing",
    why="A score on the training rows shows how well the model remembers them. Only unseen rows "
    "show how well it generalises.",
    fix="dataset.split.test: 0.15",
)
def _no_test(subject: Subject) -> Iterator[Flaw]:
    dataset, facts = subject.config.dataset, subject.facts
    is_own = facts is not None and facts.examples.own_split is not None
    if is_own and facts is not None and not len(facts.indices.test):
        yield Flaw(("dataset", "split"), "the table has no rows to test on")
    elif not is_own and dataset.split.test == 0 and "test" not in dataset.files_of_splits:
        yield Flaw(("dataset", "split", "test"), "no examples are held out for testing")


@rule(
    "NL403",
    "a split is empty",
    why="The split's fraction rounds to zero examples, so nothing can be measured on it. Early "
    "stopping would never stop, no epoch would be the best, and nnlab train refuses the split.",
    fix="a larger fraction for that split in dataset.split, or 0 for none",
    reads_data=True,
)
def _empty_split(subject: Subject) -> Iterator[Flaw]:
    data = subject.data
    found = empty_splits(subject.config.dataset.split, data.examples, data.indices)
    for split, message in found.items():
        yield Flaw(("dataset", "split", split), message)


@rule(
    "NL404",
    "a metric of the large class monitored on imbalanced classes",
    why="Always predicting the frequent class already scores about its frequency, in accuracy as in "
    "precision, recall and f1, which are weighted by the size of the classes, so they move little when "
    "the rare classes improve. The epoch they select may have given up on them.",
    fix="train.monitor: val.macro_f1, val.balanced_accuracy, val.pr_auc or val.loss",
    reads_data=True,
)
def _accuracy_of_majority(subject: Subject) -> Iterator[Flaw]:
    monitor, counts = subject.config.train.monitor, subject.data.class_counts
    metric = monitor.partition(".")[2]
    if not is_imbalanced(counts):
        return
    fraction = counts.max() / counts.sum()
    if metric in MAJORITY_METRICS:
        scores = {"precision": fraction**2, "f1": 2 * fraction**2 / (1 + fraction)}
        score = format_fraction(scores.get(metric, fraction))
        weighted = "" if metric == "accuracy" else f", for {metric} is weighted by class sizes"
        message = f"always predicting the largest class gives {monitor} {score}{weighted}"
        yield Flaw(("train", "monitor"), message)
    if metric == "pr_auc" and len(counts) == 2 and counts[1] > counts[0]:
        large, rare = reversed(subject.data.examples.class_names)
        message = (
            f"{monitor} is that of '{large}', the second and larger class: ranking at random gives "
            f"{format_fraction(fraction)}; it says little about '{rare}'"
        )
        yield Flaw(("train", "monitor"), message)


@rule(
    "NL405",
    "training and test share rows",
    why="A test row that was trained on is remembered, not predicted. Duplicates inflate the test "
    "score, most of all for large models.",
    fix="remove duplicate rows from the table before it is split",
    reads_data=True,
)
def _shared_rows(subject: Subject) -> Iterator[Flaw]:
    twins = find_twins(subject.data)
    if twins.exact:
        message = f"{twins.exact:,} of {twins.num_test:,} test examples are also training examples"
        yield Flaw(("dataset",), message)
    if twins.near:
        message = (
            f"{twins.near:,} of {twins.num_test:,} test examples are training examples, but for "
            f"rounding or jitter"
        )
        yield Flaw(("dataset",), message)


@rule(
    "NL406",
    "the test split is small",
    why="Accuracy is a proportion, and a few examples estimate it poorly. Differences smaller than "
    "the interval cannot be detected, however many seeds are run.",
    fix="a larger dataset.split.test, or more examples",
    level="note",
    reads_data=True,
)
def _small_test(subject: Subject) -> Iterator[Flaw]:
    num_test = len(subject.data.indices.test)
    if not num_test:
        return
    if subject.config.dataset.task == "regression":
        if num_test < MIN_TESTED:
            message = (
                f"with {pluralize(num_test, 'test example')}, one more or less changes the score"
            )
            yield Flaw(("dataset", "split", "test"), message)
        return
    from scipy.stats import binomtest

    def interval(accuracy: float) -> tuple[float, float]:
        hits = round(accuracy * num_test)
        ends = binomtest(hits, num_test).proportion_ci(0.95)  # exact (Clopper-Pearson)
        return ends.low, ends.high

    low, high = interval(EXPECTED_ACCURACY)
    if high - low > MAX_WIDTH:
        measured = f"a measured accuracy of {format_fraction(EXPECTED_ACCURACY, 0)}"
        if subject.accuracy is not None:
            measured = f"the measured accuracy of {format_fraction(subject.accuracy, 2)}"
            low, high = interval(subject.accuracy)
        message = (
            f"with {num_test} test examples, {measured} means one between {format_fraction(low)} and "
            f"{format_fraction(high)} (95 % binomial interval)"
        )
        yield Flaw(("dataset", "split", "test"), message)


@rule(
    "NL407",
    "a single seed",
    why="Another seed gives different initial weights, different batches and a different result. "
    "One run does not show how different, so no comparison with it can be judged.",
    fix="train.seeds: 5; replicas are trained together and cost less than five runs",
    level="note",
)
def _single_seed(subject: Subject) -> Iterator[Flaw]:
    config = subject.config
    # A linear model starts at zero: on the full batch nothing is random.
    is_exact = config.model.is_linear and config.train.batch_size == "full"
    is_exact |= isinstance(config.model, EstimatorConfig) and not config.model.is_random
    if config.train.seeds == 1 and not is_exact:
        yield Flaw(("train", "seeds"), "one seed: the spread of the result is unknown")


@rule(
    "NL408",
    "classes are missing from a split",
    why="A split without some classes says nothing about them. A score that selects weights or stops "
    "the training on it is blind to them.",
    fix="a larger fraction for that split in dataset.split, or more examples of the rare classes",
    reads_data=True,
    in_training=True,
)
def _missing_classes(subject: Subject) -> Iterator[Flaw]:
    examples, indices = subject.data.examples, subject.data.indices
    is_sequential = subject.config.dataset.split.order == "sequential"  # see NL101
    if is_sequential or not examples.class_names:
        return
    present = np.unique(examples.targets)
    for split in ("train", "val", "test"):
        part = getattr(indices, split)
        num_missing = len(present) - len(np.unique(examples.targets[part]))
        if len(part) and num_missing:
            message = (
                f"the {len(part):,} examples of {split} lack {num_missing:,} of "
                f"{len(present):,} classes"
            )
            yield Flaw(("dataset", "split"), message)
