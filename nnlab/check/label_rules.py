"""Rules about the labels of a table: the same class twice, missing values, quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.rule import Flaw, rule
from nnlab.data.labels import groups_of_same, missing_words, number_of, quoted
from nnlab.data.targets import why_no_classes, why_quantity
from nnlab.formatting import format_fraction, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.check.rule import Subject
    from nnlab.data.types import Examples

TARGET = ("dataset", "target")
MAX_SHOWN = 4
# Numbers whose outer ones are rare and that follow from the features are amounts.
MIN_ORDERED, UNEQUAL, ORDERED = 10, 5, 0.3


@rule(
    "NL109",
    "labels that may be the same class",
    why="Labels that differ only in case, blanks, invisible or look-alike characters, Unicode form or "
    "the spelling of a number or a truth value are classes of their own. The model is then scored "
    "for telling apart what is the same.",
    fix="write each class in one way in the table",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _same_labels(subject: Subject) -> Iterator[Flaw]:
    examples = subject.data.examples
    groups = groups_of_same(examples.class_names)
    if groups and not _are_genotypes(examples.class_names, groups):
        name = subject.config.dataset.target_name
        shown = [" and ".join(_counted(group, examples)) for group in groups]
        text = f"labels of {name} that may be the same class: {shorten(shown, MAX_SHOWN, '; ')}"
        yield Flaw(TARGET, text)


def _are_genotypes(labels: Sequence[str], groups: Sequence[Sequence[str]]) -> bool:
    """Return whether all classes are like aa, Aa and AA: merged, none would be left."""
    is_single = len(groups) == 1 and len(groups[0]) == len(labels)
    return is_single and len(labels) > 2 and all(len(label) == 2 for label in labels)


@rule(
    "NL110",
    "labels that look like missing values",
    why="A word for a missing value becomes a class, and the model learns to predict that nothing "
    "is known. Its score counts these rows as right or wrong answers.",
    fix="remove these rows from the table; if the word is a class, ignore the rule",
    reads_data=True,
    about_table=True,
    in_training=True,
)
def _missing_labels(subject: Subject) -> Iterator[Flaw]:
    examples = subject.data.examples
    words = missing_words(examples.class_names)
    if words:
        shown = ", ".join(_counted(words, examples))
        name = subject.config.dataset.target_name
        yield Flaw(TARGET, f"labels of {name} that look like missing values: {shown}")


def _counted(labels: Sequence[str], examples: Examples) -> list[str]:
    """Return each label in quotes with its number of rows."""
    counts = dict(zip(examples.class_names, np.bincount(examples.targets).tolist(), strict=True))
    shown = zip(quoted(labels), labels, strict=True)
    return [f"{text} ({counts[label]:,})" for text, label in shown]


@rule(
    "NL111",
    "a target that is no set of classes",
    why="A quantity as classes makes every number a category of its own, and a name that only one "
    "row has cannot be learned. nnlab train refuses both where the numbers leave no doubt.",
    fix="dataset.task: regression, or another dataset.target; if the numbers are classes, "
    "dataset.task: classification",
    reads_data=True,
    in_training=True,
)
def _no_classes(subject: Subject) -> Iterator[Flaw]:
    dataset, examples = subject.config.dataset, subject.data.examples
    problem = why_no_classes(dataset, examples) or why_quantity(dataset, examples)
    if problem is not None:
        yield Flaw(TARGET, problem.partition("\n")[0])
    elif (share := _ordered_share(subject)) > ORDERED:
        message = (
            f"{dataset.target_name} has {len(examples.class_names):,} numbers as classes, some of them in "
            f"few rows, and the features explain {format_fraction(share, 0)} of their variance"
        )
        yield Flaw(TARGET, message)


def _ordered_share(subject: Subject) -> float:
    """Return how much of many numbers a line explains that are classes of unequal sizes; else 0."""
    examples = subject.data.examples
    if not examples.class_names:
        return 0.0
    counts = np.bincount(examples.targets, minlength=len(examples.class_names))
    numbers = [number_of(name) for name in examples.class_names]
    known = np.array([float(number) for number in numbers if number is not None])
    is_number = len(known) == len(numbers) > MIN_ORDERED
    if not is_number or not subject.has_table or counts.max() < UNEQUAL * counts.min():
        return 0.0
    whole = [c for c in subject.data.numbers.values() if len(c) == len(examples.targets)]
    if not whole or len(whole) > len(examples.targets) / 5:
        return 0.0
    columns = np.column_stack([c / (np.std(c) or 1) for c in whole])
    values = known[examples.targets] - known[examples.targets].mean()
    centred = columns - columns.mean(axis=0)
    if not np.isfinite(centred).all():
        return 0.0
    fitted, *_ = np.linalg.lstsq(centred, values, rcond=None)
    return float(1 - np.var(values - centred @ fitted) / np.var(values))
