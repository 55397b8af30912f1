"""What training prints to stderr: warnings, then lines about its epochs."""

from __future__ import annotations

import contextlib
import math
import statistics
import sys
import time
from typing import TYPE_CHECKING

from nnlab import console
from nnlab.check.lint import config_warnings
from nnlab.cli.lines import EpochLines, Field, fit, join, spacing
from nnlab.config.consistency import why_not_fused
from nnlab.formatting import format_metric, format_weights, pluralize
from nnlab.inspection.data_summary import summarize
from nnlab.inspection.experiment import batch_shape, class_weights
from nnlab.inspection.layers import layers_of
from nnlab.learners.estimators import EstimatorLearner
from nnlab.metrics import CURVES, HEADLINES, is_fraction
from nnlab.storage.schemas import SPLITS, mean_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record, SplitName
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress


def print_warnings(
    config: ExperimentConfig, reference: str, unmatched_search: str | None = None
) -> None:
    """Print the linter's warnings, a line each; rules that read data are skipped."""
    warnings = config_warnings(config, unmatched_search)
    for line in warnings:
        console.print_note(f"warning {line}")
    if warnings:
        console.print_note(f"more: nnlab check {reference}")


@contextlib.contextmanager
def watch(
    run: RunDir, job: Job, progress: Progress
) -> Iterator[Callable[[Sequence[Record]], None]]:
    """Show a run while it trains, and write the same lines to its log."""
    console.print_note(f"{run.id}: {_size(job)}, {job.engine} engine")
    for line in summarize(job.dataset, run.config.dataset).lines():
        console.print_note(line)
    if reason := _why_autograd(run.config):
        console.print_note(f"using the autograd engine: {reason}")
    if weights := class_weights(job):
        console.print_note(f"class weights: {format_weights(weights)}")
    with run.log_path.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {_size(job)}\n")
        for layer in layers_of(job.probe.model, job.dataset.spec):
            log.write(f"{layer.kind} {layer.name}: outputs {layer.output_shape}\n")
        _say_what_is_shown(job, run)
        with _epoch_lines(job, progress) as show:

            def on_records(records: Sequence[Record]) -> None:
                if not records:  # of the seeds that still train, none is left
                    return
                batches = format_batches(records, job.batches.num_examples)
                lines = [[Field(line)] for line in batches]
                lines.append(epoch_fields(records, job.num_epochs))
                log.writelines(join(line) + "\n" for line in lines)
                log.flush()
                show(records[0]["epoch"], lines)

            yield on_records


def _say_what_is_shown(job: Job, run: RunDir) -> None:
    every = spacing(-(-job.num_epochs // job.eval_every))
    if every > 1:
        console.print_note(
            f"one epoch in {every * job.eval_every:,} is shown; {run.log_path.name} has all"
        )


def _size(job: Job) -> str:
    seeds = f"{len(job.seeds)} seeds, " if len(job.seeds) > 1 else ""
    if isinstance(job.learner, EstimatorLearner):
        name = job.learner.models[0].name
        return f"{name} of scikit-learn, {seeds}{pluralize(len(job.dataset.train), 'example')}"
    return (
        f"{pluralize(job.num_parameters, 'parameter')}, {seeds}"
        f"{pluralize(len(job.dataset.train), 'example')}, "
        f"{pluralize(job.batches.num_batches, 'step')} per epoch "
        f"in batches of {' x '.join(map(str, batch_shape(job)))} on {job.device}"
    )


def _why_autograd(config: ExperimentConfig) -> str | None:
    """Return why ``engine: auto`` does not choose the fused engine, or None if it does."""
    is_chosen = config.train.engine == "auto" and not config.model.is_estimator
    return why_not_fused(config) if is_chosen else None


def format_batches(records: Sequence[Record], num_examples: int) -> Iterator[str]:
    """Yield a line for each logged batch, averaged over the replicas.

    Args:
        records: The records of an evaluated epoch.
        num_examples: Examples that an epoch trains on.
    """
    total = f"{num_examples:,}"
    of_replicas = [record["train"].get("batches", []) for record in records]
    for same in zip(*of_replicas, strict=True):
        mean = statistics.fmean(batch["loss"] for batch in same)
        seen = f"{same[0]['examples'] % num_examples:,}"
        yield f"  {seen:>{len(total)}}/{total} examples  loss {format_metric('loss', mean)}"


def epoch_fields(records: Sequence[Record], num_epochs: int) -> list[Field]:
    """Return what is shown of an epoch, averaged over the replicas that still train.

    On a narrow screen the validation metric stays the longest.
    """
    first = records[0]
    number = f"{first['epoch']:>{len(str(num_epochs))}}/{num_epochs}"
    fields = [Field(f"epoch {number}", short=number)]
    for split in SPLITS:
        for metric in CURVES:
            mean = mean_in(records, split, metric)
            if mean is not None:
                text = f"{split} {metric} {_fixed(metric, mean)}"
                fields.append(Field(text, _drop(split, metric, has_val="val" in first)))
    iterations = sorted({record["iterations"] for record in records if "iterations" in record})
    if iterations:
        ends = " to ".join(map(str, dict.fromkeys([iterations[0], iterations[-1]])))
        fields.append(Field(f"{ends} iterations", 2))
    return [*fields, Field(f"{first['seconds']:6.1f} s", 4)]


def _drop(split: SplitName, metric: str, *, has_val: bool) -> int | None:
    if metric not in HEADLINES:
        return 3 if split == "train" else 1
    return 2 if split == "test" and has_val else None


def _fixed(metric: str, value: float) -> str:
    """Return a metric with the same number of decimals in every epoch."""
    if is_fraction(metric):
        return f"{100 * value:6.2f} %"
    is_plain = value == 0 or 1e-3 <= abs(value) < 1e3 or not math.isfinite(value)
    return f"{value:7.4f}" if is_plain else f"{value:7.1e}"


@contextlib.contextmanager
def _epoch_lines(
    job: Job, progress: Progress
) -> Iterator[Callable[[int, list[list[Field]]], None]]:
    """Yield a function that takes an epoch and its lines; a terminal gets a moving line, too."""
    if console.is_terminal(sys.stderr):
        from nnlab.cli.live import LiveLine

        with LiveLine(job, progress) as live:
            yield live.add
        return
    lines = EpochLines(
        job, lambda line: console.print_note(fit(line, console.screen_width(sys.stderr)))
    )
    try:
        yield lines.add
    finally:
        lines.show_last()
