"""Curves for a chart: the exact least, largest and mean value in each bucket, over all seeds.

Nothing is sampled, so that a curve is the same whatever else is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnlab.ui.columns import Grid

MAX_SEEDS = 20
MAX_MARKS = 1_000
LEVEL = 0.95


class Spread(NamedTuple):
    """The mean over seeds, and its 95 % interval of Student's t.

    Attributes:
        mean: ``(B,)``; NaN where no seed has a value.
        low: Lower end; NaN where fewer than two seeds have a value.
        high: Upper end.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def series(
    grid: Grid, metric: str, num_buckets: int, first: int | None = None, last: int | None = None
) -> dict[str, Any]:
    """Return a metric for a chart.

    Args:
        grid: The metric by epoch and seed.
        metric: Its name.
        num_buckets: The most points there may be.
        first: The first epoch shown; default: the first there is.
        last: The last epoch shown; default: the last there is.

    Returns:
        See ``docs/ui.md``; the mean is that of the seeds' means in the bucket.
    """
    import numpy as np

    low_end = 0 if first is None else int(np.searchsorted(grid.epochs, first))
    high_end = None if last is None else int(np.searchsorted(grid.epochs, last, side="right"))
    epochs, values = grid.epochs[low_end:high_end], grid.values[low_end:high_end]
    size = max(1, -(-len(epochs) // num_buckets))
    blocks = _blocks(values, size)  # (B, size, S)
    is_known = np.isfinite(blocks)
    spread = spread_of(_means(blocks, is_known))
    starts = epochs[::size]
    ends = epochs[np.minimum(np.arange(len(starts)) * size + size, len(epochs)) - 1]
    some = is_known.any((1, 2))
    least = np.where(is_known, blocks, np.inf).min((1, 2), initial=np.inf)
    largest = np.where(is_known, blocks, -np.inf).max((1, 2), initial=-np.inf)
    is_whole = size == 1 and len(grid.seeds) <= MAX_SEEDS
    rows, places = np.nonzero(np.isinf(values))
    return {
        "metric": metric,
        "epochs_per_bucket": size,
        "epochs": ((starts + ends) / 2).tolist(),
        "mean": numbers(spread.mean),
        "low": numbers(spread.low),
        "high": numbers(spread.high),
        "smallest": numbers(np.where(some, least, np.nan)),
        "largest": numbers(np.where(some, largest, np.nan)),
        "seeds": _lines(grid.seeds, values) if is_whole else None,
        "nonfinite": [
            [int(epochs[row]), grid.seeds[place]]
            for row, place in zip(rows[:MAX_MARKS], places[:MAX_MARKS], strict=True)
        ],
        "num_seeds": len(grid.seeds),
    }


def _blocks(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return ``(E, S)`` values in blocks of epochs, ``(B, size, S)``; the last is filled with NaN."""
    import numpy as np

    missing = -len(values) % size
    padded = np.pad(values, ((0, missing), (0, 0)), constant_values=np.nan)
    return padded.reshape(-1, size, values.shape[1])


def _means(blocks: NDArray[np.float64], is_known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean of each seed in each block, ``(B, S)``; NaN where it has no value."""
    import numpy as np

    counts = is_known.sum(1)
    totals = np.where(is_known, blocks, 0.0).sum(1)
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def spread_of(values: NDArray[np.float64]) -> Spread:
    """Return the mean of values ``(B, S)`` over seeds and its interval, without those that are NaN."""
    import numpy as np
    from scipy.special import stdtrit

    is_known = np.isfinite(values)
    counts = is_known.sum(1)
    mean = np.where(is_known, values, 0.0).sum(1) / np.maximum(counts, 1)
    mean = np.where(counts > 0, mean, np.nan)
    squares = np.where(is_known, values - mean[:, None], 0.0) ** 2
    freedom = np.maximum(counts - 1, 1)
    error = np.sqrt(squares.sum(1) / freedom / np.maximum(counts, 1))
    # By the number of values, of which there are few.
    quantiles = stdtrit(np.maximum(np.arange(values.shape[1] + 1) - 1, 1), (1 + LEVEL) / 2)
    reach = np.where(counts > 1, quantiles[counts] * error, np.nan)
    return Spread(mean, mean - reach, mean + reach)


def _lines(seeds: list[int], values: NDArray[np.float64]) -> list[dict[str, Any]]:
    return [{"seed": seed, "values": numbers(values[:, place])} for place, seed in enumerate(seeds)]


def numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Return numbers for JSON, None for those that are not finite."""
    import numpy as np

    found: list[float | None] = values.tolist()
    for place in np.nonzero(~np.isfinite(values))[0]:
        found[place] = None
    return found
