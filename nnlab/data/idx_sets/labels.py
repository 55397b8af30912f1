"""The labels of a set, and the names of its classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.idx_sets.reading import read_text
from nnlab.errors import DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.data.idx_sets.files import Copies
    from nnlab.data.idx_sets.reading import Content

# QMNIST says eight things about a picture: its class, then who wrote it.
QMNIST_COLUMNS = 8
MANY_CLASSES, MIN_PER_CLASS = 20, 2
MAX_SHOWN = 8


class Classes(NamedTuple):
    """The classes of a set.

    Attributes:
        labels: Their labels in the files, ascending.
        names: Their names.
        sha256: Digest of the file that names them; empty if none does.
    """

    labels: np.ndarray
    names: tuple[str, ...]
    sha256: str = ""


def labels_of(content: Content, images: Content) -> np.ndarray:
    """Return the label of each picture, ``(N,)`` int64.

    Raises:
        DataError: If these are no labels, or not as many as pictures.
    """
    values, name = content.values, content.file
    if values.ndim > 2 or (values.ndim == 2 and values.shape[1] not in {1, QMNIST_COLUMNS}):
        msg = f"{name}: labels are one number per picture, and this file has shape {values.shape}"
        raise DataError(msg)
    if len(values) != len(images.values):
        msg = (
            f"{name} has {len(values):,} labels, and {images.file} has {len(images.values):,} "
            f"pictures: they are not of one set, or one of them is incomplete"
        )
        raise DataError(msg)
    first = values if values.ndim < 2 else values[:, 0]
    with np.errstate(invalid="ignore"):  # no integer is NaN, infinity or 1e300
        labels = first.astype(np.int64)
    if wrong := np.flatnonzero(labels != first).tolist():
        msg = (
            f"{name}: label {wrong[0]:,} is {first[wrong[0]]:g}, and {len(wrong):,} are no whole "
            f"numbers; only classes can be predicted from IDX files"
        )
        raise DataError(msg)
    return labels


def classes_of(
    labels: np.ndarray, given: Sequence[str] | None, mapping: Copies, where: str
) -> Classes:
    """Return the classes of a set: by their numbers, by a list, or as its mapping file says.

    Args:
        labels: All labels, ``(N,)``.
        given: Names in the order of the labels, or None.
        mapping: The mapping file, or nothing.
        where: The set, for messages.

    Raises:
        DataError: If there is one class only, or the names do not fit.
    """
    known = np.unique(labels)
    shown = _shown(known)
    if len(known) < 2:
        msg = f"{where}: there is only one class, {shown}"
        raise DataError(msg)
    if len(known) > MANY_CLASSES and len(labels) < MIN_PER_CLASS * len(known):
        msg = (
            f"{where}: {len(known):,} different labels of {len(labels):,} pictures ({shown}): "
            f"nothing can be learned about a class from one picture"
        )
        raise DataError(msg)
    if given is not None:
        if len(given) != len(known):
            msg = (
                f"{where}: dataset.class_names has {len(given)} names, and there are {len(known)} "
                f"labels: {shown}; give a name for each, in this order"
            )
            raise DataError(msg)
        return Classes(known, tuple(given))
    if not mapping:
        return Classes(known, tuple(map(str, known.tolist())))
    text, sha256 = read_text(mapping)
    return Classes(known, _mapped(text, known.tolist(), str(mapping[0])), sha256)


def _shown(labels: np.ndarray) -> str:
    return shorten([*map(str, labels.tolist())], MAX_SHOWN)


def _mapped(text: str, labels: Sequence[int], name: str) -> tuple[str, ...]:
    """Return the name of each label in the mapping file of EMNIST: label, then character codes."""
    names: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            label, *codes = map(int, line.split())
            if codes:
                names[label] = "".join(map(chr, codes)).encode().decode()
        except (ValueError, OverflowError) as error:
            if not line.strip():
                continue
            msg = (
                f"{name}, line {number}: {line[:40]!r} is not a label and the codes of its "
                f"characters, such as 10 65; correct it, or give dataset.class_names"
            )
            raise DataError(msg) from error
    if missing := [str(label) for label in labels if label not in names]:
        msg = f"{name}: no line for label {shorten(missing, MAX_SHOWN)}; add it, or give dataset.class_names"
        raise DataError(msg)
    found = tuple(names[label] for label in labels)
    if len(set(found)) < len(found):
        msg = f"{name}: two labels have the same name; correct it, or give dataset.class_names"
        raise DataError(msg)
    return found


def check_trained(classes: Classes, train: np.ndarray, test: np.ndarray, name: str) -> None:
    """Check that there are training pictures of every class of the test pictures.

    Raises:
        DataError: With the labels that only test pictures have.
    """
    if unknown := sorted(set(test.tolist()) - set(train.tolist())):
        counts = [f"{label} ({int((test == label).sum()):,})" for label in unknown]
        msg = (
            f"{name}: labels that no training picture has: {shorten(counts, MAX_SHOWN)}\n"
            f"nothing can be learned about them; to divide all pictures at random: "
            f"dataset.split.test=pooled"
        )
        raise DataError(msg)
