"""Printing the metrics of a finished run, for train, resume and runs show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import console
from nnlab.formatting import Column, format_metric, pluralize
from nnlab.storage.schemas import SplitName, Summary, deviations, means

if TYPE_CHECKING:
    from nnlab.storage.run_dir import RunDir

ORDER: tuple[SplitName, ...] = ("test", "val", "train")


def print_results(run: RunDir) -> None:
    """Print the metrics of a finished run; its folder is the last line."""
    summary = run.summary
    splits = [split for split in ORDER if split in summary]
    rows = [
        [metric, *(_cell(summary, split, metric) for split in splits)]
        for metric in means(summary, splits[0])
    ]
    sizes = [f"{split} ({summary['num_evaluated'][split]:,})" for split in splits]
    # the first split stays, the others are dropped from the last on
    drops = [None, *range(len(splits) - 1, 0, -1)]
    console.print_table(["", *map(Column, sizes, drops)], rows)
    num_seeds = len(summary["per_seed"])
    spread = f"mean +- standard deviation of {num_seeds} seeds, " if num_seeds > 1 else ""
    console.print_line(
        f"{spread}{summary['checkpoint']} weights, {pluralize(summary['epochs'], 'epoch')} in "
        f"{summary['train_seconds']:.1f} s"
    )
    console.print_exact(str(run.path))


def _cell(summary: Summary, split: SplitName, metric: str) -> str:
    value, deviation = means(summary, split)[metric], deviations(summary, split)[metric]
    return format_metric(metric, value, deviation)
