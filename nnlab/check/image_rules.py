"""Rules about the augmentation of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.check.rule import Flaw, rule
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

AUGMENT = ("dataset", "augment")


@rule(
    "NL123",
    "digits or letters are mirrored",
    why="A mirrored 2 is no 2, and a mirrored b is a d. Half of the training images then have a wrong or "
    "a meaningless label.",
    fix="dataset.augment.flip: false; crop shifts the images instead",
)
def _mirrored_writing(subject: Subject) -> Iterator[Flaw]:
    dataset, augment = subject.config.dataset, subject.config.dataset.augmentation
    if augment is None or not augment.flip:
        return
    names = subject.facts.examples.class_names if subject.facts else ()
    are_characters = bool(names) and all(len(name) == 1 and name.isalnum() for name in names)
    path = (*AUGMENT, "flip")
    if dataset.has_writing:
        yield Flaw(
            path, f"{dataset.name} shows digits, and half of them are mirrored", ((path, "false"),)
        )
    elif are_characters:
        message = f"the classes are {shorten(names, 4)}: half of what is written is mirrored"
        yield Flaw(path, message, ((path, "false"),))


@rule(
    "NL124",
    "a table is augmented",
    why="Flips and shifts move the pixels of an image, and what it shows stays the same. The numbers of a "
    "row have no neighbours: moved, they are those of other columns.",
    fix="leave out dataset.augment",
    reads_data=True,
)
def _augmented_rows(subject: Subject) -> Iterator[Flaw]:
    shape, augment = subject.data.examples.inputs.shape[1:], subject.config.dataset.augmentation
    if augment is not None and len(shape) < 3:
        yield Flaw(AUGMENT, f"the inputs are rows of {shape[0]:,} numbers, no images")
