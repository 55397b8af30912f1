"""Printing the metrics of a finished run, for train, resume and runs show."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nnlab import console
from nnlab.errors import RunError
from nnlab.formatting import Column, format_metric, format_range, pluralize
from nnlab.metrics import COMPARED, explain, label_of
from nnlab.storage.schemas import (
    SPLIT_TITLES,
    SPLITS,
    SplitName,
    Summary,
    deviations,
    means,
    survivors,
    values_in,
)
from nnlab.storage.seeds import about_diverged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.storage.run_dir import RunDir

INTERVAL = "95 % interval"
# What sums up a run at the end of its training; nnlab eval and summary.json have all.
SUMMED_UP = {
    *("loss", "accuracy", "balanced_accuracy", "macro_f1", "roc_auc"),
    *("mse", "mae", "r2"),
}


def print_results(run: RunDir, *, everything: bool = False) -> None:
    """Print the metrics of a finished run; its folder is the last line.

    Args:
        run: The run.
        everything: Whether to print all metrics, not only those that sum up the run.
    """
    summary = run.summary
    splits = [split for split in reversed(SPLITS) if split in summary]
    rows = []
    metrics = list(values_in(summary, splits[0]))
    shown = metrics if everything else _summed_up(run, metrics)
    interval = _interval_of_folds(run, shown) or _interval(run, splits[0])
    for metric in shown:
        first, *others = [_cell(summary, split, metric) for split in splits]
        rows.append([label_of(metric), first, interval.get(metric, ""), *others])
    sizes = [f"{split} ({summary['num_evaluated'][split]:,})" for split in splits]
    # The first split and its interval stay, the others are dropped from the last on.
    drops = range(len(splits) - 1, 0, -1)
    columns = [Column(""), Column(sizes[0]), Column(INTERVAL)]
    columns += [Column(size, drop) for size, drop in zip(sizes[1:], drops, strict=True)]
    if not interval:
        columns, rows = [*columns[:2], *columns[3:]], [[*row[:2], *row[3:]] for row in rows]
    console.print_table(columns, rows, has_json=False)
    for line in _notes(run, splits[0], shown, has_interval=bool(interval)):
        console.print_line(line)
    if len(shown) < len(metrics):
        console.print_line(f"all {len(metrics)} metrics, also by class: nnlab eval {run.id}")
    console.print_exact(str(run.path))


def _summed_up(run: RunDir, metrics: Sequence[str]) -> list[str]:
    """Return the metrics that sum up a run, with the one that it monitors and the user's own."""
    own = {metric.metric for metric in run.config.metrics}
    wanted = {*SUMMED_UP, *own, run.config.train.monitor.partition(".")[2]}
    if run.config.loss.name == "mse" and not _is_scaled(run):
        wanted.remove("loss")  # it is the mse
    return [metric for metric in metrics if metric in wanted]


def _interval(run: RunDir, split: SplitName) -> dict[str, str]:
    """Return the interval over examples, by the name of its metric; empty if there is none."""
    from nnlab.runs.uncertainty import examples_interval

    if split == "train":  # the weights were fitted to it
        return {}
    metric = _headline(run.summary, split)
    with contextlib.suppress(RunError):  # no predictions, or damaged ones
        if ends := examples_interval(run, split):
            # The value beside it has the unit, and 50 columns have no room for another.
            return {metric: format_range(metric, *ends).removesuffix(" %")}
    return {}


def _interval_of_folds(run: RunDir, metrics: Sequence[str]) -> dict[str, str]:
    """Return the interval of the mean over folds, by the name of its metric; empty without folds."""
    from nnlab.comparison.cross_validation import folds_interval

    found = {metric: folds_interval(run, metric) for metric in metrics}
    return {
        metric: format_range(metric, ends.low, ends.high).removesuffix(" %")
        for metric, ends in found.items()
        if ends is not None
    }


def _headline(summary: Summary, split: SplitName) -> str:
    return next(metric for metric in COMPARED.values() if metric in means(summary, split))


def _notes(
    run: RunDir, split: SplitName, shown: Sequence[str], *, has_interval: bool
) -> Iterator[str]:
    """Yield what the table needs to be understood, a line each.

    Args:
        run: The run.
        split: The split of the first column.
        shown: The metrics of the table.
        has_interval: Whether it has a column of intervals.
    """
    from nnlab.comparison.cross_validation import folds_of
    from nnlab.runs.baseline import baseline

    summary = run.summary
    if lost := about_diverged(summary):
        yield lost
    num_seeds, metric = len(survivors(summary)), _headline(summary, split)
    folds = folds_of(run)
    if folds is not None:
        yield f"+-: standard deviation over {folds}"
        yield f"{INTERVAL}: of the mean over folds, corrected because they train on the same examples"
    elif num_seeds > 1:
        splits = "each on its own split" if _is_varied(run) else "all on the same split"
        yield f"+-: standard deviation over {num_seeds} seeds, {splits}"
    if has_interval and folds is None:
        number = pluralize(summary["num_evaluated"][split], f"{SPLIT_TITLES[split]} example")
        yield f"{INTERVAL}: how precisely {number} measure the {metric}"
    per_class = survivors(summary)[0][split].get("per_class", {})
    yield from explain(shown, list(per_class))
    if {"loss", "r2"} <= {*shown} and _is_scaled(run):
        yield "loss: of the standardised target; the other metrics: in its own unit"
    if constant := baseline(summary, split):
        score = format_metric(metric, constant.metrics[metric])
        yield f"baseline, {constant.name}: {SPLIT_TITLES[split]} {metric} {score}"
    model = run.config.model
    if model.is_estimator:
        yield f"{model.title} of scikit-learn, fitted in {summary['train_seconds']:.1f} s"
        return
    yield (
        f"{summary['checkpoint']} weights, {pluralize(summary['epochs'], 'epoch')} in "
        f"{summary['train_seconds']:.1f} s"
    )


def _is_scaled(run: RunDir) -> bool:
    with contextlib.suppress(RunError):
        return run.preprocessing.get("target_mean") is not None
    return False


def _is_varied(run: RunDir) -> bool:
    split = run.meta.get("dataset", {}).get("split")
    return isinstance(split, dict) and split.get("vary") is True


def _cell(summary: Summary, split: SplitName, metric: str) -> str:
    value = values_in(summary, split)[metric]
    return format_metric(metric, value, deviations(summary, split)[metric])
