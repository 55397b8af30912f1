"""The errors of a regression: predicted against true values, and their distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.report.style import INK, SPLIT_COLORS, new_panels
from nnlab.report.surfaces import MAX_VECTOR_POINTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView

# A fixed number: an outlier would make numpy's own rules choose millions.
NUM_BINS = 30


def residuals(source: RunView) -> Figure:
    """Draw the mean prediction of the seeds against the truth, and a histogram of its errors."""
    outputs, targets = source.test_outputs
    preds = outputs.double().mean(0).numpy()
    truth = targets.double().numpy()
    ends = (min(preds.min(), truth.min()), max(preds.max(), truth.max()))
    seeds = f", mean of {len(outputs)} seeds" if len(outputs) > 1 else ""
    figure, (left, right) = new_panels(2, 9, 3.8)
    color = SPLIT_COLORS["test"]
    left.plot(ends, ends, color=INK, linewidth=1, linestyle=":", label="exact")
    left.plot(
        truth, preds, "o", color=color, markersize=4, alpha=0.6, markeredgewidth=0,
        label="test examples", rasterized=len(truth) > MAX_VECTOR_POINTS,
    )  # fmt: skip
    left.set(xlabel=f"true {source.shown_target}", ylabel=f"predicted{seeds}")
    left.legend()
    left.locator_params(axis="x", nbins=5)  # prices and timestamps are long
    errors = preds - truth
    right.hist(errors, bins=NUM_BINS, color=color, alpha=0.8)
    right.axvline(0, color=INK, linewidth=1, linestyle=":")
    right.locator_params(axis="x", nbins=5)
    right.set(xlabel="predicted - true", ylabel="test examples")
    right.set_title(f"mean {errors.mean():.3g}, standard deviation {errors.std():.3g}")
    return figure
