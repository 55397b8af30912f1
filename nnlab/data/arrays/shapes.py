"""Arrays of inputs as the models take them: images ``(N, C, H, W)`` or rows ``(N, D)``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlab.data.idx_sets.pixels import FEW_LEVELS, WHITE, scaled
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.data.arrays.npy import Content

NUM_CHANNELS = {1, 3, 4}
# Some at a time: what is computed of them stays small.
VALUES_AT_A_TIME = 1 << 24


def inputs_of(content: Content, channel_axis: Literal["auto", "first", "last"]) -> np.ndarray:
    """Return inputs as they are stored: images ``(N, C, H, W)``, or rows ``(N, D)``.

    Raises:
        DataError: If these are neither, there are none, or a value is not finite.
    """
    values, where = content.values, str(content.file)
    shape = " x ".join(map(str, values.shape)) or "a single value"
    if values.dtype.kind in "SU":
        msg = f"{where}: inputs are numbers, and these are texts; choose another array"
        raise DataError(msg)
    if values.ndim not in {2, 3, 4}:
        hint = "; are these the targets?" if values.ndim == 1 else ""
        reshape = "; one number per example is X.reshape(-1, 1)" if values.ndim == 1 else ""
        msg = (
            f"{where} has shape {shape}: inputs are images, N x H x W, N x H x W x C or N x C x H x W, or "
            f"rows of numbers, N x D{hint}{reshape}"
        )
        raise DataError(msg)
    if 0 in values.shape:
        msg = f"{where} has shape {shape}: there are no examples, or they have no values"
        raise DataError(msg)
    check_finite(content)
    if values.ndim == 4:
        return _channels_first(values, channel_axis, where)
    return values[:, None] if values.ndim == 3 else values


def check_finite(content: Content) -> None:
    """Check that every value is a finite number.

    Raises:
        DataError: With how many are not, and the place of the first.
    """
    if content.values.dtype.kind != "f":
        return
    first, count = None, 0
    for start, block in _blocks(content.values):
        bad = ~np.isfinite(block)
        if bad.any():
            if first is None:
                place = np.argwhere(bad)[0].tolist()
                first = (block[tuple(place)], [start + place[0], *place[1:]])
            count += int(bad.sum())
    if first is not None:
        msg = (
            f"{content.file}: {count:,} values are not finite, the first is {first[0]} at {first[1]}; "
            f"replace them, or leave their rows out"
        )
        raise DataError(msg)


def _blocks(values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the rows of an array in parts, each with the number of its first row."""
    size = max(1, VALUES_AT_A_TIME // max(math.prod(values.shape[1:]), 1))
    for start in range(0, len(values), size):
        yield start, values[start : start + size]


def _channels_first(values: np.ndarray, axis: str, where: str) -> np.ndarray:
    shape = " x ".join(map(str, values.shape))
    is_first, is_last = values.shape[1] in NUM_CHANNELS, values.shape[3] in NUM_CHANNELS
    if axis == "auto" and is_first == is_last:
        which = "both" if is_first else "neither"
        msg = (
            f"{where} has shape {shape}: of the axes after the first and at the end, {which} can be that "
            f"of the channels (1, 3 or 4); say which: dataset.channel_axis=first, or last"
        )
        raise DataError(msg)
    is_first = is_first if axis == "auto" else axis == "first"
    return values if is_first else values.transpose(0, 3, 1, 2)


def as_pixels(parts: Sequence[np.ndarray], where: str) -> Sequence[np.ndarray]:
    """Return images as uint8, where 255 is white, or as numbers from 0 to 1.

    Bytes stay as they are; truth values become 0 and 255; see ``scaled`` for others.

    Raises:
        DataError: If parts have different types, or all values are the same.
    """
    if len({part.dtype for part in parts}) > 1:
        shown = " and ".join(str(part.dtype) for part in parts)
        msg = (
            f"{where}: training and other images have different types, {shown}; convert one of them"
        )
        raise DataError(msg)
    train = parts[0]
    if train.dtype == np.bool_:
        return [part.astype(np.uint8) * np.uint8(WHITE) for part in parts]
    largest = max(block.max() for _, block in _blocks(train))
    if train.dtype == np.uint8 and largest > FEW_LEVELS:
        return parts
    return scaled(parts, where)


def as_rows(values: np.ndarray) -> np.ndarray:
    """Return rows of numbers as floats; those that are stay as they are stored."""
    return values if values.dtype.kind == "f" else values.astype(np.float64)
