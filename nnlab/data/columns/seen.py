"""What the training examples were like, to say when a new one is far from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.pictures.likeness import MAX_PICTURES, Likeness, likeness_of
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from nnlab.data.columns.encoders import Column
    from nnlab.storage.seen_schemas import StoredSeen

# Standard deviations from the mean beyond which a value outside the range is far from it.
FAR = 5
MAX_NAMED = 3
MAX_MEASURED = 10_000
# Share of the pictures whose backgrounds are measured: a few are covered to the border.
MOST = 98
# How far a share of ink may be from those of the training pictures.
INK_FACTOR = 1.25
MIN_INK_FACTOR = 0.5
EVEN_DARK, EVEN_BRIGHT = 0.1, 0.9


class ColumnRange(NamedTuple):
    """The values of a column over the training rows."""

    low: float
    high: float
    mean: float
    std: float

    def is_far(self, values: np.ndarray) -> np.ndarray:
        """Return which values lie far outside: by 5 deviations, or by more than the range."""
        beyond = np.maximum(self.low - values, values - self.high)
        is_far = (beyond > self.high - self.low) | (np.abs(values - self.mean) > FAR * self.std)
        return (beyond > 0) & is_far


@dataclass(frozen=True)
class PictureRange:
    """The training pictures.

    Attributes:
        ink: Least and largest share of a picture's pixels that are bright.
        background: Least and largest brightness of a background, in [0, 1], leaving out a few.
        likeness: Other measures of them; None: there are too few, or the run is old.
    """

    ink: tuple[float, float]
    background: tuple[float, float]
    likeness: Likeness | None = None

    @property
    def is_dark(self) -> bool:
        """Whether the pictures are light on a dark background."""
        return self.background[1] <= EVEN_DARK

    @property
    def is_bright(self) -> bool:
        """Whether the pictures are dark on a bright background."""
        return self.background[0] >= EVEN_BRIGHT

    def oddity(self, pixels: np.ndarray) -> str:
        """Return why a picture ``(H, W)`` is unlike the training pictures; empty if it is not."""
        if self.likeness is not None:
            return self.likeness.oddity(pixels)
        share, (low, high) = float((pixels > 127).mean()), self.ink
        if low * MIN_INK_FACTOR <= share <= min(1, high * INK_FACTOR):
            return ""
        seen = f"{100 * low:.1f} to {100 * high:.1f} %"
        return f"unlike the training pictures: {100 * share:.1f} % of it is bright, of those {seen}"


@dataclass(frozen=True)
class Seen:
    """The training examples; of runs from before these were stored, nothing.

    Attributes:
        columns: The ranges of a table's columns of numbers, by name.
        pictures: The training pictures, or None.
    """

    columns: Mapping[str, ColumnRange] = field(default_factory=dict)
    pictures: PictureRange | None = None

    def to_json(self) -> dict[str, object]:
        """Return the entry in preprocessing.json."""
        if self.pictures is not None:
            likeness = self.pictures.likeness
            stored = asdict(replace(self.pictures, likeness=None))
            stored.pop("likeness")
            more = {} if likeness is None else {"likeness": likeness.to_json()}
            return {"pictures": {**stored, **more}}
        return {"columns": {name: seen._asdict() for name, seen in self.columns.items()}}

    @classmethod
    def from_json(cls, stored: StoredSeen) -> Seen:
        """Return what preprocessing.json says.

        Raises:
            ValueError: If its entries contradict each other.
        """
        columns = {
            name: ColumnRange(seen["low"], seen["high"], seen["mean"], seen["std"])
            for name, seen in stored.get("columns", {}).items()
        }
        pictures = stored.get("pictures")
        if pictures is None:
            return cls(columns)
        ink, background = pictures["ink"], pictures["background"]
        likeness = Likeness.from_json(pictures["likeness"]) if "likeness" in pictures else None
        seen = PictureRange((ink[0], ink[1]), (background[0], background[1]), likeness)
        return cls(columns, seen)


def seen_in(
    inputs: np.ndarray,
    names: Sequence[str],
    columns: Sequence[Column],
    rows: np.ndarray | None = None,
) -> Seen:
    """Return what training examples are like.

    Args:
        inputs: Columns ``(N, K)``, or pictures ``(N, C, H, W)``; only grey ones are measured.
        names: Names of the columns; empty for pictures.
        columns: What the columns of the user's table are; empty if all are numbers.
        rows: Numbers of the training examples; None: all.
    """
    chosen = slice(None) if rows is None else rows
    if names:
        kinds = [column.kind for column in columns] or ["number"] * len(names)
        numbers = [index for index, kind in enumerate(kinds) if kind == "number"]
        values = ((names[index], inputs[chosen, index]) for index in numbers)
        return Seen(_ranges_of(values))
    is_grey = inputs.ndim == 4 and inputs.shape[1] == 1
    return Seen(pictures=picture_range_of(inputs, rows)) if is_grey else Seen()


def joined(of_replicas: Sequence[Seen]) -> Seen:
    """Return what the training examples of all replicas are like."""
    pictures = [seen.pictures for seen in of_replicas if seen.pictures is not None]
    if not pictures:
        return Seen(_joined_ranges([seen.columns for seen in of_replicas]))
    ink, background = ([getattr(p, name) for p in pictures] for name in ("ink", "background"))
    return Seen(pictures=PictureRange(_hull(ink), _hull(background), pictures[0].likeness))


def _hull(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def _ranges_of(columns: Iterable[tuple[str, np.ndarray]]) -> dict[str, ColumnRange]:
    """Return the ranges of columns ``(N,)`` by name, if they have values; NaN is none."""
    ranges = {}
    for name, column in columns:
        known = column[np.isfinite(column)].astype(np.float64, copy=False)
        if len(known):
            with np.errstate(over="ignore", invalid="ignore"):
                numbers = (known.min(), known.max(), known.mean(), known.std())
            if np.isfinite(numbers).all():
                ranges[name] = ColumnRange(*map(float, numbers))
    return ranges


def picture_range_of(pictures: np.ndarray, rows: np.ndarray | None = None) -> PictureRange:
    """Return what some of the pictures ``(N, 1, H, W)``, uint8 or in [0, 1], are like.

    Args:
        pictures: All pictures.
        rows: Numbers of those that count; None: all.
    """
    some = _some(pictures, rows, MAX_MEASURED)
    full = 255 if some.dtype == np.uint8 else 1
    ink = (some > full / 2).mean(axis=(1, 2, 3))
    edges = [some[:, :, 0], some[:, :, -1], some[:, :, :, 0], some[:, :, :, -1]]
    background = np.median(np.concatenate(edges, axis=2) / full, axis=(1, 2))
    low, high = np.percentile(background, [100 - MOST, MOST])
    ink_range = (float(ink.min()), float(ink.max()))
    likeness = likeness_of(_some(pictures, rows, MAX_PICTURES))
    return PictureRange(ink_range, (float(low), float(high)), likeness)


def _some(pictures: np.ndarray, rows: np.ndarray | None, most: int) -> np.ndarray:
    """Return at most so many pictures, evenly spaced; of many, the others are not copied."""
    step = -(-len(pictures if rows is None else rows) // most)
    return pictures[::step] if rows is None else pictures[rows[::step]]


def _joined_ranges(of_replicas: Sequence[Mapping[str, ColumnRange]]) -> dict[str, ColumnRange]:
    """Return the ranges over the training rows of all replicas."""
    names = set.intersection(*map(set, of_replicas))
    return {
        name: _joined([ranges[name] for ranges in of_replicas])
        for name in of_replicas[0]
        if name in names
    }


def _joined(ranges: Iterable[ColumnRange]) -> ColumnRange:
    lows, highs, means, stds = zip(*ranges, strict=True)
    return ColumnRange(min(lows), max(highs), float(np.mean(means)), max(stds))


def far_rows(raw: ArrayLike, names: Sequence[str], ranges: Mapping[str, ColumnRange]) -> list[str]:
    """Return for each row ``(N, K)`` what lies far outside the training range; mostly nothing."""
    values = np.asarray(raw, dtype=np.float64)
    notes: list[list[str]] = [[] for _ in values]
    for index, name in enumerate(names):
        if name in ranges:
            seen, column = ranges[name], values[:, index]
            for row in np.flatnonzero(seen.is_far(column)):
                notes[row].append(f"{name} = {column[row]:g} ({seen.low:g} to {seen.high:g})")
    return [_far(found) if found else "" for found in notes]


def _far(found: Sequence[str]) -> str:
    return f"far outside the training range: {shorten(found, MAX_NAMED)}"
