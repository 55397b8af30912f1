"""How pictures usually look: to say of a new one that it is noise, or shows two digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnlab.storage.seen_schemas import StoredLikeness

# Fewer training pictures say too little; more than so many are not measured.
MIN_PICTURES, MAX_PICTURES = 500, 4000
# Share of the training pictures that may be outside the range of one measure, and outside the
# ellipsoid of all: in per cent. Deviations by which a measure may be outside its range.
OUTSIDE, UNUSUAL = 0.02, 0.67
MARGIN = 0.25
# Share of its brightest pixel from which one belongs to what a picture shows.
SHOWN = 0.5
GREY = (0.1, 0.8)
# The picture in this many parts a side.
GRID = 4
# Part of the identity that keeps a correlation matrix invertible.
RIDGE = 1e-3
NAMES = (
    "width relative to height",
    "share of bright pixels",
    "share of its second part",
    "number of parts",
    "number of holes",
    "length of edges",
    "share of grey pixels",
    "share of its box that is filled",
    "longer side",
    "brightness",
    "strokes across a row",
    "strokes across a column",
)
LOGARITHMIC = (0, 1, 3, 4, 8, 9, 10, 11)
COUNTS = (3, 4, 8)
HOLES = NAMES.index("number of holes")


@dataclass(frozen=True)
class Likeness:
    """The measures of the training pictures.

    Attributes:
        low: Least usual value of each named measure, ``(12,)``.
        high: Largest usual value of each.
        mean: Mean of every measure, those of the grid included, ``(K,)``.
        std: Deviation of every measure.
        precision: Inverse of their correlation matrix, ``(K, K)``.
        limit: Usual squared distance from the mean.
    """

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    precision: np.ndarray
    limit: float

    def oddity(self, pixels: np.ndarray) -> str:
        """Return why a picture ``(H, W)`` is unlike the training pictures; empty if it is not."""
        (measures,) = measures_of(pixels[None] / 255)
        named = measures[: len(NAMES)]
        excess = np.maximum(self.low - named, named - self.high) / self.std[: len(NAMES)]
        worst = int(excess.argmax())
        if excess[worst] > MARGIN:
            value, low, high = (_shown(worst, x[worst]) for x in (named, self.low, self.high))
            return f"unlike the training pictures: {NAMES[worst]} {value}, theirs {low} to {high}"
        if self.distances(measures[None])[0] > self.limit:
            return "unlike the training pictures in shape: it may show something else, or several things"
        return ""

    def distances(self, measures: np.ndarray) -> np.ndarray:
        """Return the squared distances of measures ``(N, K)`` from the mean."""
        scaled = (measures - self.mean) / self.std
        squares: np.ndarray = np.einsum("nj,jk,nk->n", scaled, self.precision, scaled)
        return squares

    def to_json(self) -> dict[str, object]:
        """Return the entry in preprocessing.json."""
        return {
            **{name: getattr(self, name).tolist() for name in ("low", "high", "mean", "std")},
            "precision": self.precision.tolist(),
            "limit": self.limit,
        }

    @classmethod
    def from_json(cls, stored: StoredLikeness) -> Likeness:
        """Return what preprocessing.json says.

        Raises:
            ValueError: If the sizes contradict each other.
        """
        low, high, mean, std = (np.array(stored[n]) for n in ("low", "high", "mean", "std"))
        precision = np.array(stored["precision"])
        size = len(NAMES) + GRID * GRID
        shapes = [array.shape for array in (low, high, mean, std, precision)]
        if shapes != [(len(NAMES),)] * 2 + [(size,)] * 2 + [(size, size)] or not std.all():
            msg = "the measures of its pictures contradict each other"
            raise ValueError(msg)
        return cls(low, high, mean, std, precision, stored["limit"])


def likeness_of(pictures: np.ndarray) -> Likeness | None:
    """Return the measures of some pictures ``(N, 1, H, W)``, uint8 or in [0, 1]; None: too few."""
    some = pictures[:: -(-len(pictures) // MAX_PICTURES)].mean(axis=1)
    some = some / 255 if pictures.dtype == np.uint8 else some
    some = some[some.max(axis=(1, 2)) > 0]
    if len(some) < MIN_PICTURES or min(some.shape[1:]) < GRID:
        return None
    measures = measures_of(some)
    named = measures[:, : len(NAMES)]
    low, high = np.percentile(named, [OUTSIDE, 100 - OUTSIDE], axis=0)
    mean, std = measures.mean(0), np.maximum(measures.std(0), RIDGE)
    scaled = (measures - mean) / std
    precision = np.linalg.inv(scaled.T @ scaled / len(scaled) + RIDGE * np.eye(len(mean)))
    likeness = Likeness(low, high, mean, std, precision, 0)
    limit = float(np.percentile(likeness.distances(measures), 100 - UNUSUAL))
    return Likeness(low, high, mean, std, precision, limit)


def measures_of(pictures: np.ndarray) -> np.ndarray:
    """Return the measures of pictures ``(N, H, W)`` in [0, 1], ``(N, K)``."""
    shown = pictures > SHOWN * pictures.max(axis=(1, 2), keepdims=True).clip(1e-6)
    area = shown.sum((1, 2))
    height, width = _extent(shown.any(2)), _extent(shown.any(1))
    parts, first, second = _parts(shown, np.ones((3, 3)))
    around = np.pad(~shown, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    holes = _parts(around, None)[0] - 1
    steps = sum(np.abs(np.diff(pictures, axis=axis)).sum((1, 2)) for axis in (1, 2))
    mass, is_ink = pictures.sum((1, 2)), pictures > GREY[0]
    grey = (is_ink & (pictures < GREY[1])).sum((1, 2)) / is_ink.sum((1, 2)).clip(1)
    named = (
        *(np.log(width / height), np.log(area / pictures[0].size), second / (first + second)),
        *(np.log(parts), np.log1p(holes), steps / mass.clip(1e-6), grey),
        *(area / (width * height), np.log(np.maximum(height, width)), np.log(mass.clip(1e-6))),
        *(np.log(_crossings(shown)), np.log(_crossings(shown.swapaxes(1, 2)))),
    )
    return np.column_stack([*named, _cells(pictures)])


def _extent(is_there: np.ndarray) -> np.ndarray:
    """Return the distance from the first to the last, both included, in each row ``(N, L)``."""
    length: np.ndarray = is_there.shape[1] - is_there.argmax(1) - is_there[:, ::-1].argmax(1)
    return length


def _crossings(masks: np.ndarray) -> np.ndarray:
    """Return how many separate strokes a row of masks ``(N, H, W)`` crosses, if it crosses any."""
    starts = masks & ~np.pad(masks, ((0, 0), (0, 0), (1, 0)))[..., :-1]
    mean: np.ndarray = starts.sum((1, 2)) / masks.any(2).sum(1)
    return mean


def _parts(masks: np.ndarray, joined: np.ndarray | None) -> tuple[np.ndarray, ...]:
    """Return the number of parts of masks ``(N, H, W)``, and the areas of the two largest.

    Args:
        masks: None is empty.
        joined: Which neighbours belong together, ``(3, 3)``; None: those at a side.
    """
    from scipy.ndimage import generate_binary_structure, label

    structure = np.zeros((3, 3, 3))
    structure[1] = generate_binary_structure(2, 1) if joined is None else joined
    numbers, count = label(masks, structure)
    areas = np.bincount(numbers.ravel(), minlength=count + 1)[1:]
    owners = np.zeros(count, dtype=np.int64)
    owners[numbers[masks] - 1] = np.nonzero(masks)[0]
    order = np.lexsort((-areas, owners))
    areas, owners = areas[order], owners[order]
    counts = np.bincount(owners, minlength=len(masks))
    firsts = np.cumsum(counts) - counts
    second = np.where(counts > 1, areas[np.minimum(firsts + 1, count - 1)], 0)
    return counts, areas[firsts], second


def _cells(pictures: np.ndarray) -> np.ndarray:
    """Return the mean brightness of the parts of a grid, ``(N, GRID * GRID)``."""
    rows, columns = (np.arange(GRID) * side // GRID for side in pictures.shape[1:])
    sums = np.add.reduceat(np.add.reduceat(pictures, rows, axis=1), columns, axis=2)
    means: np.ndarray = sums.reshape(len(pictures), -1) * (GRID * GRID / pictures[0].size)
    return means


def _shown(measure: int, value: float) -> str:
    """Return the value of a measure as people write it."""
    number = np.exp(value) if measure in LOGARITHMIC else value
    return f"{round(number) - (measure == HOLES)}" if measure in COUNTS else f"{number:.3g}"
