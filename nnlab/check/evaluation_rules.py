"""Rules about what is measured: on which part, how finely, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.check.data_rules import is_imbalanced
from nnlab.check.rule import Flaw, rule
from nnlab.config.consistency import needs_monitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from nnlab.check.rule import Edit, Subject
    from nnlab.config.experiment import ExperimentConfig

VAL_FRACTION = "0.1"
# Recall weighted by support is accuracy.
MAJORITY_METRICS = ("accuracy", "recall")
# One row in two parts may be a coincidence, as the origin of the spiral's arms is.
SHARED = 0.01
EXPECTED_ACCURACY, MAX_WIDTH = 0.9, 0.1


@rule(
    "NL401",
    "the test part is used in training",
    why="Whatever is watched while an experiment is made is fitted by its maker or by the program. "
    "A score on the test part is then the best of many looks, and too good for new data.",
    fix="monitor val, with dataset.split.val above 0; read the test once, at the end",
)
def _test_in_training(subject: Subject) -> Iterator[Flaw]:
    train = subject.config.train
    part, _, metric = train.monitor.partition(".")
    if part == "test":
        path = ("train", "monitor")
        edits: tuple[Edit, ...] = ((path, f"val.{metric}"),)
        if not subject.config.dataset.split.val:
            edits += ((("dataset", "split", "val"), VAL_FRACTION),)
        yield Flaw(path, f"{train.monitor} {_use_of_monitor(subject.config)}", edits)


def _use_of_monitor(config: ExperimentConfig) -> str:
    if config.train.early_stopping is not None:
        return "stops the training"
    if config.train.select == "best":
        return "chooses the weights that are tested"
    if config.schedule.plateau is not None:
        return "cuts the learning rate"
    return "is watched in every epoch"


@rule(
    "NL402",
    "nothing is held out for the test",
    why="A score on the rows that trained the model says how well they are remembered. Only rows "
    "it has not seen say how well it will do.",
    fix="dataset.split.test: 0.15",
)
def _no_test(subject: Subject) -> Iterator[Flaw]:
    if subject.config.dataset.split.test == 0:
        yield Flaw(("dataset", "split", "test"), "no example is held out for the test")


@rule(
    "NL403",
    "the part that decides has no examples",
    why="The fraction of the split is rounded to no example at all, and what is not there cannot "
    "be measured. Early stopping never stops, a plateau is never seen, no epoch is the best.",
    fix="a larger fraction of that part in dataset.split",
    reads_data=True,
)
def _empty_monitor(subject: Subject) -> Iterator[Flaw]:
    part = subject.config.train.monitor.partition(".")[0]
    fraction = getattr(subject.config.dataset.split, part)
    if needs_monitor(subject.config) and not len(getattr(subject.data.indices, part)):
        message = f"{part} is {fraction:g} of the examples, which is rounded to none"
        yield Flaw(("dataset", "split", part), message)


@rule(
    "NL404",
    "accuracy monitored on imbalanced classes",
    why="Always naming the frequent class already scores its share, so accuracy moves little when "
    "the rare classes get better. An epoch chosen by it may have given them up.",
    fix="train.monitor: val.f1 or val.loss",
    reads_data=True,
)
def _accuracy_of_majority(subject: Subject) -> Iterator[Flaw]:
    monitor, counts = subject.config.train.monitor, subject.data.class_counts
    if is_imbalanced(counts) and monitor.partition(".")[2] in MAJORITY_METRICS:
        share = counts.max() / counts.sum()
        message = f"naming the largest class always gives {monitor} {share:.1%}"
        yield Flaw(("train", "monitor"), message)


@rule(
    "NL405",
    "the same rows train and test",
    why="A test row that was trained on is remembered, not predicted. Duplicates make the test "
    "score too good, most of all for large models.",
    fix="remove duplicate rows from the table before it is split",
    reads_data=True,
)
def _shared_rows(subject: Subject) -> Iterator[Flaw]:
    inputs, indices = subject.data.examples.inputs, subject.data.indices
    trained = set(_rows(inputs[indices.train]))
    num_shared = sum(row in trained for row in _rows(inputs[indices.test]))
    num_test = len(indices.test)
    if num_shared > max(1, SHARED * num_test):
        message = f"{num_shared:,} of {num_test:,} test examples are training examples as well"
        yield Flaw(("dataset",), message)


def _rows(inputs: np.ndarray) -> Iterator[bytes]:
    """Yield the bytes of each example; -0.0, which equals 0.0 in other bytes, becomes it."""
    for row in inputs + 0:
        yield row.tobytes()


@rule(
    "NL406",
    "the test part is small",
    why="An accuracy is a count of hits, and a count of few is known badly. Differences smaller "
    "than the interval cannot be seen, however many seeds are run.",
    fix="a larger dataset.split.test, or more examples",
    level="note",
    reads_data=True,
)
def _small_test(subject: Subject) -> Iterator[Flaw]:
    num_test = len(subject.data.indices.test)
    if not num_test or subject.config.dataset.task == "regression":
        return
    from scipy.stats import binomtest

    hits = round(EXPECTED_ACCURACY * num_test)
    interval = binomtest(hits, num_test).proportion_ci(0.95)  # exact, by Clopper and Pearson
    if interval.high - interval.low > MAX_WIDTH:
        message = (
            f"{hits} of {num_test} test examples right is an accuracy between {interval.low:.1%} "
            f"and {interval.high:.1%} (95 % binomial interval)"
        )
        yield Flaw(("dataset", "split", "test"), message)


@rule(
    "NL407",
    "a single seed",
    why="Another seed gives other initial weights and other batches, and another result. One run "
    "does not say by how much, so no difference to it can be judged.",
    fix="train.seeds: 5; replicas are trained together and cost less than five runs",
    level="note",
)
def _single_seed(subject: Subject) -> Iterator[Flaw]:
    config = subject.config
    # A linear model begins at zero: on the full batch there is no chance in it.
    is_exact = config.model.is_linear and config.train.batch_size == "full"
    if config.train.seeds == 1 and not is_exact:
        yield Flaw(("train", "seeds"), "one seed: the result has no spread")
