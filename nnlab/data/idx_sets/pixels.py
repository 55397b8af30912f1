"""The pictures of a set as the models take them: grey, from 0 to 1."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.data.idx_sets.reading import Content

logger = logging.getLogger(__name__)

WHITE = 255
# Whole numbers up to this one do not use the range of a byte: they are levels of grey of their own.
FEW_LEVELS = 63


class Scale(NamedTuple):
    """How values become brightness: (value - low) / span."""

    low: float
    span: float


def pictures_of(content: Content, *, transpose: bool) -> np.ndarray:
    """Return the pictures as they are stored, ``(N, 1, H, W)``, or rows ``(N, D)``.

    Raises:
        DataError: If these are no grey pictures, or there are none.
    """
    values, name = content.values, content.file
    if values.ndim == 4 and 1 in {values.shape[1], values.shape[3]}:
        values = values.reshape(
            len(values), *(values.shape[2:] if values.shape[1] == 1 else values.shape[1:3])
        )
    shape = " x ".join(map(str, values.shape))
    if values.ndim == 4:
        msg = f"{name}: {shape} values are pictures in colour; only grey ones can be used: convert them"
        raise DataError(msg)
    if values.ndim not in {2, 3}:
        msg = f"{name}: {shape or 'a single'} values are no pictures, which are N x H x W; are they labels?"
        raise DataError(msg)
    if 0 in values.shape:
        msg = f"{name}: {shape} values: there are no pictures, or they have no pixels"
        raise DataError(msg)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        first = np.argwhere(~np.isfinite(values))[0].tolist()
        number = int((~np.isfinite(values)).sum())
        msg = f"{name}: {number:,} values are not finite, the first at {first}; replace them"
        raise DataError(msg)
    if values.ndim == 2:
        if transpose:
            msg = f"{name}: {shape} values are rows, not pictures; remove dataset.transpose"
            raise DataError(msg)
        return values.astype(np.float64)
    return (values.transpose(0, 2, 1) if transpose else values)[:, None]


def scaled(parts: Sequence[np.ndarray], where: str) -> list[np.ndarray]:
    """Return training and test pictures in one range: bytes, or values from 0 to 1.

    Bytes stay as they are, unless all are so small that they are levels of their own. Those and other
    whole numbers are divided by the largest one of as many bits as the largest training pixel needs, or
    by that pixel if it is one more than fewer bits hold (16 of digits); other values have the range of the training pictures as theirs.

    Raises:
        DataError: If all values are the same.
    """
    train = parts[0]
    low, high = float(train.min()), float(train.max())
    if low == high:
        msg = f"{where}: every pixel of the training pictures is {low:g}; there is nothing to see"
        raise DataError(msg)
    if not np.isfinite(high - low):
        msg = f"{where}: pixels from {low:g} to {high:g} are no brightness"
        raise DataError(msg)
    is_whole = train.dtype.kind != "f" or _is_whole(parts)
    if is_whole and low >= 0 and high > 1 and all(part.min() >= 0 for part in parts):
        if high > FEW_LEVELS and all(part.max() <= WHITE for part in parts):
            return [part.astype(np.uint8) for part in parts]
        return _stretched(parts, Scale(0, _whitest(int(high))), where)
    if low >= 0 and high <= 1:
        return [part.astype(np.float64) for part in parts]
    return _stretched(parts, Scale(low, high - low), where)


def _whitest(largest: int) -> int:
    """Return the level that is white."""
    return largest if largest.bit_count() == 1 else 2 ** largest.bit_length() - 1


def _is_whole(parts: Sequence[np.ndarray]) -> bool:
    return all(bool((np.mod(part, 1) == 0).all()) for part in parts)


def _stretched(parts: Sequence[np.ndarray], scale: Scale, where: str) -> list[np.ndarray]:
    logger.warning(
        "%s: pixels from %g to %g are scaled to 0 to 1", where, scale.low, scale.low + scale.span
    )
    return [(part.astype(np.float64) - scale.low) / scale.span for part in parts]
