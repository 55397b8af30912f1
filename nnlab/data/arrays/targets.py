"""Arrays of targets: classes by number, text or one-hot row, or values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.arrays.shapes import check_finite
from nnlab.data.labels import encode, in_order
from nnlab.data.targets import is_quantity
from nnlab.errors import DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.data.arrays.npy import Content

MAX_SHOWN = 8
# With more classes, an example of each says nothing.
MANY_CLASSES, MIN_PER_CLASS = 20, 2


class Targets(NamedTuple):
    """The targets of all examples, and the names of their classes (none for numbers)."""

    values: np.ndarray
    class_names: tuple[str, ...]


def targets_of(
    config: DatasetConfig,
    contents: Sequence[Content],
    inputs: Sequence[Content],
    names: Content | None,
    *,
    given: tuple[str, ...] | None = None,
) -> Targets:
    """Return the targets of all parts, one after another.

    Args:
        config: The section of the experiment.
        contents: The targets of each part, train first.
        inputs: The inputs of each part.
        names: The array of class names, if there is one.
        given: The names of the classes, if the experiment gives them.

    Raises:
        DataError: If they do not fit the inputs, or the task.
    """
    for content, of_inputs in zip(contents, inputs, strict=True):
        _check_length(content, of_inputs)
        check_finite(content)
    parts = [_column(config, content) for content in contents]
    if config.task == "regression":
        numbers = [_numbers(c, part) for c, part in zip(contents, parts, strict=True)]
        return Targets(np.concatenate(numbers), ())
    labels = [_labels(content, part) for content, part in zip(contents, parts, strict=True)]
    every = [label for part in labels for label in part]
    known = in_order(every)
    _check_classes(config, known, len(every), str(contents[0].file))
    _check_trained(labels, contents)
    named = _names_of(config, known, names) if given is None else _given(known, given, contents[0])
    return Targets(encode(every, known), named)


def _check_length(content: Content, inputs: Content) -> None:
    num_targets = len(content.values) if content.values.ndim else 0
    if num_targets != len(inputs.values):
        msg = (
            f"{content.file} has {num_targets:,} targets, and {inputs.file} has {len(inputs.values):,} "
            f"examples: one target per example is needed, in the same order"
        )
        raise DataError(msg)


def _column(config: DatasetConfig, content: Content) -> np.ndarray:
    """Return targets with one axis, ``(N,)``; one-hot rows as numbers of classes."""
    values = content.values
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 1:
        return np.ascontiguousarray(values)
    shape = " x ".join(map(str, values.shape))
    if values.ndim == 2 and values.dtype.kind in "buif" and _is_one_hot(values):
        numbers: np.ndarray = values.argmax(1)
        return numbers
    msg = (
        f"{content.file} has shape {shape}: a target is one class or one number, (N,), or a row with a "
        f"single 1 among zeros, (N, C){_hint(config, 'choose another array', 'targets')}"
    )
    raise DataError(msg)


def _hint(config: DatasetConfig, advice: str, key: str) -> str:
    """Return what to do by a key of the section; nothing if it has no such key."""
    return f"; {advice}: dataset.{key}" if key in type(config).model_fields else ""


def _is_one_hot(values: np.ndarray) -> bool:
    return bool(np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all())


def _numbers(content: Content, column: np.ndarray) -> np.ndarray:
    if column.dtype.kind in "SU":
        msg = (
            f"{content.file} holds texts such as {str(column[0])[:40]!r}, and task is regression; convert "
            f"them to numbers, or use dataset.task=classification"
        )
        raise DataError(msg)
    return column.astype(np.float64)


def _labels(content: Content, column: np.ndarray) -> list[str]:
    """Return the label of each example as text."""
    if column.dtype.kind == "S":
        try:
            return [label.decode() for label in column.tolist()]
        except UnicodeDecodeError as error:
            msg = f"{content.file} has labels that are no UTF-8 text; save them with dtype=str"
            raise DataError(msg) from error
    if column.dtype.kind == "f":
        wrong = np.flatnonzero(column != np.trunc(column))
        if len(wrong):
            msg = (
                f"{content.file}: target {wrong[0]:,} is {column[wrong[0]]:g}, which numbers no class; to "
                f"predict the number: dataset.task=regression"
            )
            raise DataError(msg)
        column = column.astype(np.int64)
    if column.dtype.kind == "b":
        column = column.astype(np.int64)
    return [str(label) for label in column.tolist()]


def _check_classes(config: DatasetConfig, known: Sequence[str], count: int, where: str) -> None:
    shown = shorten(list(known), MAX_SHOWN)
    if len(known) < 2:
        msg = f"{where}: all examples have the same class, {shown}; there is nothing to tell apart"
    elif "task" not in config.model_fields_set and is_quantity(known, count):
        msg = (
            f"{where} has {len(known):,} different numbers for {count:,} examples ({shown}), more like a "
            f"quantity than classes\nto predict the number: dataset.task=regression; "
            f"if each number is a class: dataset.task=classification"
        )
    elif len(known) > MANY_CLASSES and count < MIN_PER_CLASS * len(known):
        msg = (
            f"{where} has {len(known):,} different labels for {count:,} examples ({shown}): nothing can be "
            f"learned about a class from one example"
        )
    else:
        return
    raise DataError(msg)


def _check_trained(labels: Sequence[list[str]], contents: Sequence[Content]) -> None:
    trained = set(labels[0])
    for of_part, content in zip(labels[1:], contents[1:], strict=True):
        if unknown := in_order(set(of_part) - trained):
            msg = (
                f"{content.file} has classes that no training example has: {shorten(unknown, MAX_SHOWN)}; "
                f"nothing can be learned about them"
            )
            raise DataError(msg)


def _given(known: Sequence[str], given: tuple[str, ...], content: Content) -> tuple[str, ...]:
    """Return the names that the experiment gives.

    Raises:
        DataError: If these are not as many as there are classes.
    """
    if len(given) != len(known):
        shown = shorten(list(known), MAX_SHOWN)
        msg = (
            f"{content.file.place}: dataset.class_names has {len(given)} names, and there are "
            f"{len(known)} classes: {shown}; give a name for each, in this order"
        )
        raise DataError(msg)
    return given


def _names_of(
    config: DatasetConfig, known: Sequence[str], names: Content | None
) -> tuple[str, ...]:
    """Return the names of the classes: those of an array, or their labels."""
    if names is None or any(not label.isdecimal() for label in known):
        return tuple(known)
    every = _labels(names, names.values.ravel())
    if int(known[-1]) >= len(every) or len(set(every)) < len(every):
        msg = (
            f"{names.file} has {len(every)} names, some of them equal or too few for class {known[-1]}; "
            f"correct it{_hint(config, 'or give others', 'class_names')}"
        )
        raise DataError(msg)
    return tuple(every[int(label)] for label in known)
