"""Rules about choosing the epoch and about test rows that are unlike the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.rule import Flaw, rule
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

# One example moves the accuracy of this many by 7 points.
MIN_MONITORED = 15
# Of an accuracy, or of a loss that starts at log(C).
MAX_DELTA = 0.05
# In standard deviations.
MAX_SHIFT = 4


@rule(
    "NL409",
    "an epoch chosen from a few examples",
    why="The metric of a few examples moves in large steps, mostly by chance. The epoch that it selects "
    "or at which it stops is then a matter of luck.",
    fix="a larger dataset.split.val, or select: last without early stopping",
    reads_data=True,
    in_training=True,
)
def _few_monitored(subject: Subject) -> Iterator[Flaw]:
    train, indices = subject.config.train, subject.data.indices
    split = train.monitor.partition(".")[0]
    num_monitored = len(getattr(indices, split))
    if train.select != "best" or not 0 < num_monitored < MIN_MONITORED:
        return
    use = "stop the training" if train.early_stopping is not None else "select the epoch"
    message = f"{pluralize(num_monitored, 'example')} of {split} {use}"
    yield Flaw(("train", "monitor"), message)


@rule(
    "NL410",
    "early stopping without patience",
    why="From one evaluation to the next, a metric rises and falls by chance. Without patience, the "
    "first evaluation that is worse ends a training that would have gone on to improve.",
    fix="train.early_stopping: {patience: 5} or more",
)
def _no_patience(subject: Subject) -> Iterator[Flaw]:
    config, stopping = subject.config, subject.config.train.early_stopping
    if stopping is None:
        return
    if stopping.patience == 1:
        message = "training stops at the first evaluation that is not better"
        yield Flaw(("train", "early_stopping", "patience"), message)
    elif config.dataset.task == "classification" and stopping.min_delta >= MAX_DELTA:
        message = (
            f"only an improvement of {config.train.monitor} by more than {stopping.min_delta:g} counts, "
            f"and few evaluations improve it as much"
        )
        yield Flaw(("train", "early_stopping", "min_delta"), message)


@rule(
    "NL411",
    "early stopping that never stops",
    why="The best evaluation must be followed by as many as the patience before training stops. If "
    "training has fewer, it runs to its last epoch, although the file says otherwise.",
    fix="a smaller train.early_stopping.patience or train.eval_every, or more train.epochs",
)
def _never_stops(subject: Subject) -> Iterator[Flaw]:
    train = subject.config.train
    num_evaluations = math.ceil(train.epochs / train.eval_every)
    if train.early_stopping is not None and train.early_stopping.patience >= num_evaluations:
        message = (
            f"training has {pluralize(num_evaluations, 'evaluation')}, and stops after "
            f"{train.early_stopping.patience:,} without improvement"
        )
        yield Flaw(("train", "early_stopping", "patience"), message)


@rule(
    "NL412",
    "training and test rows differ in scale",
    why="A test file in other units, or of another population, holds values that training has never "
    "seen. The score then measures the difference of the files.",
    fix="write both files in the same units; if the populations differ on purpose, ignore the rule",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _shifted(subject: Subject) -> Iterator[Flaw]:
    data, dataset = subject.data, subject.config.dataset
    own = dataset.split.own
    if "test" not in dataset.files_of_splits and (own is None or own[0] != "column"):
        return
    shifts = {}
    for name in data.numbers:
        train, test = data.columns[name][data.indices.train], data.columns[name][data.indices.test]
        spread = np.nanstd(train)
        if spread > 0 and len(test):
            shifts[name] = abs(np.nanmedian(test) - np.nanmean(train)) / spread
    name = max(shifts, key=shifts.__getitem__, default="")
    if name and shifts[name] > MAX_SHIFT:
        message = f"the median of {name} in test lies {shifts[name]:.3g} deviations from its mean in train"
        yield Flaw(("dataset",), message)


@rule(
    "NL413",
    "tuned against untuned",
    why="The best of many settings is compared with the first setting of the others. The difference then "
    "shows what the search was worth, and is read as what the model is worth.",
    fix="nnlab compare A B --tune SPACE gives all the same search; or compare both without a search",
)
def _tuned_alone(subject: Subject) -> Iterator[Flaw]:
    if subject.unmatched_search is not None:
        yield Flaw(("train",), subject.unmatched_search)
