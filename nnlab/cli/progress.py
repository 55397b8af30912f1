"""What training prints to stderr: warnings, then a bar or a line per evaluated epoch."""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Column, Table

from nnlab import console
from nnlab.check.lint import config_warnings
from nnlab.config.consistency import why_not_fused
from nnlab.formatting import format_metric, format_weights, pluralize
from nnlab.inspection.experiment import batch_shape, class_weights
from nnlab.inspection.layers import layers_of
from nnlab.metrics import CURVES
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress


def print_warnings(config: ExperimentConfig, reference: str) -> None:
    """Print the linter's warnings, a line each; rules that read data are skipped."""
    warnings = config_warnings(config)
    for line in warnings:
        console.print_note(f"warning {line}")
    if warnings:
        console.print_note(f"more: nnlab check {reference}")


@contextlib.contextmanager
def watch(
    run: RunDir, job: Job, progress: Progress
) -> Iterator[Callable[[Sequence[Record]], None]]:
    """Show a run while it trains, and write the same lines to its log."""
    console.print_note(f"{run.id}: {_size(job)}")
    if reason := _why_autograd(run.config):
        console.print_note(f"using the autograd engine: {reason}")
    if weights := class_weights(job):
        console.print_note(f"class weights: {format_weights(weights)}")
    with run.log_path.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {_size(job)}\n")
        for layer in layers_of(job.probe.model, job.dataset.spec):
            log.write(f"{layer.kind} {layer.name}: outputs {layer.output_shape}\n")
        with _display(job, progress) as show:

            def on_records(records: Sequence[Record]) -> None:
                lines = format_batches(records, job.batches.num_examples)
                for line in (*lines, format_epoch(records, job.num_epochs)):
                    log.write(line + "\n")
                    show(line)
                log.flush()

            yield on_records


def _size(job: Job) -> str:
    seeds = f"{len(job.seeds)} seeds, " if len(job.seeds) > 1 else ""
    return (
        f"{pluralize(job.num_parameters, 'parameter')}, {seeds}"
        f"{pluralize(len(job.dataset.train), 'example')}, "
        f"{pluralize(job.batches.num_batches, 'step')} per epoch "
        f"in batches of {' x '.join(map(str, batch_shape(job)))} on {job.device}"
    )


def _why_autograd(config: ExperimentConfig) -> str | None:
    """Return why ``engine: auto`` does not choose the fused engine, or None if it does."""
    return why_not_fused(config) if config.train.engine == "auto" else None


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


def format_epoch(records: Sequence[Record], num_epochs: int) -> str:
    """Return one line for an epoch, averaged over the replicas that still train."""
    first = records[0]
    words = [f"epoch {first['epoch']:>{len(str(num_epochs))}}/{num_epochs}"]
    for split in SPLITS:
        for metric in CURVES:
            values = [value_in(record, split, metric) for record in records]
            if None not in values:
                mean = statistics.fmean(value for value in values if value is not None)
                words.append(f"{split} {metric} {format_metric(metric, mean)}")
    iterations = sorted({record["iterations"] for record in records if "iterations" in record})
    if iterations:
        words.append(f"{' to '.join(map(str, iterations[:: len(iterations) - 1 or 1]))} iterations")
    return "  ".join([*words, f"{first['seconds']:.1f} s"])


@contextlib.contextmanager
def _display(job: Job, progress: Progress) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows a line: next to a bar on a terminal, else on its own."""
    if not console.is_terminal(sys.stderr):
        yield console.print_note
        return
    with LiveBar(job, progress) as bar:
        yield bar.describe


class LiveBar(Bar):
    """A bar that polls the progress, so that training does not wait for it."""

    def __init__(self, job: Job, progress: Progress) -> None:
        # Rich renders for the first time in the constructor.
        self.job = job
        self.progress = progress
        columns = (
            BarColumn(table_column=Column(min_width=8, max_width=20)),
            TaskProgressColumn(table_column=Column(min_width=4)),
            TimeRemainingColumn(table_column=Column(min_width=7)),
            TextColumn(
                "{task.fields[state]}{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
        )
        super().__init__(*columns, console=console.rich_console(sys.stderr), expand=True)
        total = job.num_epochs * job.batches.num_batches
        self.add_task("the first epoch ...", total=total, completed=progress.step, state="")

    def describe(self, line: str) -> None:
        """Show a line next to the bar."""
        for task_id in self.task_ids:
            self.update(task_id, description=line)

    def get_renderables(self) -> Iterable[Table]:
        """Yield the bar at the current step."""
        state = "saving ... " if self.job.saving.is_saving else ""
        for task_id in self.task_ids:
            self.update(task_id, completed=self.progress.step, state=state)
        yield self.make_tasks_table(self.tasks)
