"""The only place that prints: results to stdout, progress and messages to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import time
import unicodedata
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

    from nnlab.storage.run_dir import RunDir
    from nnlab.training.job import Job
    from nnlab.training.losses import Record
    from nnlab.training.progress import Progress

PIPE_WIDTH = 200
PERCENT = frozenset({"accuracy", "precision", "recall", "f1", "ece"})


def clean(text: str) -> str:
    """Return text that cannot steer a terminal: control and bidirectional marks are spelt out."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
        else character.encode("unicode_escape").decode()
        for character in text
    )


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can do more than print lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def harden_streams() -> None:
    """Let no character that the terminal cannot show, and no closed stream, end the program."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def print_line(text: str = "") -> None:
    """Print a line of the result."""
    sys.stdout.write(clean(text) + "\n")


def print_note(text: str) -> None:
    """Print a line that is not part of the result, if somebody still reads."""
    with contextlib.suppress(OSError):
        sys.stderr.write(clean(text) + "\n")
        sys.stderr.flush()


def print_error(text: str) -> None:
    """Print what went wrong."""
    console = _rich(sys.stderr)
    console.print("error:", style="bold red", end=" ")
    print_note(text)


def print_json(value: dict[str, Any]) -> None:
    """Print the whole result as one JSON object."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    title: str = "",
    optional: Sequence[str] = (),
) -> None:
    """Print a table of texts.

    Args:
        columns: Names of the columns.
        rows: Cells, row by row.
        left: How many of the first columns are texts and not numbers.
        title: A line above.
        optional: Columns left out, first to last, while the terminal is too narrow.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = _rich(sys.stdout)
    shown = _fitting(columns, rows, optional, console.width)
    heading = clean(title) or None
    table = Table(box=box.SIMPLE_HEAD, title=heading, title_justify="left", pad_edge=False)
    for i in shown:
        justify: Any = "left" if i < left else "right"
        table.add_column(Text(clean(columns[i])), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(row[i])) for i in shown))
    console.print(table)


def _fitting(
    columns: Sequence[str], rows: Sequence[Sequence[str]], optional: Sequence[str], width: int
) -> list[int]:
    """Return the columns to show: without those that are optional and too much for the width."""
    widths = [max(len(row[i]) for row in [columns, *rows]) + 3 for i in range(len(columns))]
    shown = list(range(len(columns)))
    for name in optional:
        if sum(widths[i] for i in shown) > width:
            shown.remove(columns.index(name))
    return shown


def format_metric(name: str, value: float | None, deviation: float | None = None) -> str:
    """Return a metric as a person reads it: fractions in per cent, the rest in four digits."""
    if value is None:
        return "-"
    if name in PERCENT:
        spread = "" if deviation is None else f" +- {100 * deviation:.2f}"
        return f"{100 * value:.2f}{spread} %"
    return f"{value:.4g}" + ("" if deviation is None else f" +- {deviation:.2g}")


def _rich(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


@contextlib.contextmanager
def watch(
    run: RunDir, job: Job, progress: Progress
) -> Iterator[Callable[[Sequence[Record]], None]]:
    """Show a run while it trains: a live bar on a terminal, else a line per evaluated epoch."""
    from nnlab.config.consistency import why_not_fused

    print_note(f"{run.id}: {_size(job)}")
    reason = why_not_fused(run.config) if run.config.train.engine == "auto" else None
    if reason:
        print_note(f"autograd engine, because {reason}")
    with run.log_path.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {_size(job)}\n")
        shape = (job.batches.batch_size, *job.dataset.spec.input_shape)
        log.write(f"{job.probe.model}\nbatches of shape {shape}\n")
        display = _live(job, progress) if is_terminal(sys.stderr) else _lines()
        with display as show:

            def on_records(records: Sequence[Record]) -> None:
                for line in (*describe_batches(records), describe_epoch(records, job.num_epochs)):
                    log.write(line + "\n")
                    show(line)
                log.flush()

            yield on_records


def _size(job: Job) -> str:
    seeds = f"{len(job.seeds)} seeds, " if len(job.seeds) > 1 else ""
    return (
        f"{job.num_parameters:,} parameters, {seeds}{len(job.dataset.train):,} examples, "
        f"{job.batches.num_batches:,} steps per epoch on {job.device}"
    )


def describe_batches(records: Sequence[Record]) -> Iterator[str]:
    """Yield a line for each batch whose own loss is kept: means over the replicas."""
    of_replicas = [record["train"].get("batches", []) for record in records]
    for same in zip(*of_replicas, strict=True):
        mean = statistics.fmean(batch["loss"] for batch in same)
        yield f"  {same[0]['examples']:>9,} examples  loss {format_metric('loss', mean)}"


def describe_epoch(records: Sequence[Record], num_epochs: int) -> str:
    """Return one line for the records of an epoch: means over the replicas that still train."""
    first = records[0]
    parts = [f"epoch {first['epoch']:>{len(str(num_epochs))}}/{num_epochs}"]
    for part in ("train", "val", "test"):
        for name in ("loss", "accuracy", "r2"):
            if name in first.get(part, {}):
                mean = statistics.fmean(record[part][name] for record in records)
                parts.append(f"{part} {name} {format_metric(name, mean)}")
    return "  ".join([*parts, f"{first['seconds']:.1f} s"])


@contextlib.contextmanager
def _lines() -> Iterator[Callable[[str], None]]:
    yield print_note


@contextlib.contextmanager
def _live(job: Job, progress: Progress) -> Iterator[Callable[[str], None]]:
    """Show a bar that looks at the progress by itself, so that training does not wait for it."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    class LiveBar(Bar):
        def get_renderables(self) -> Any:
            for task_id in self.task_ids:
                doing = "saving ... " if job.saving.is_saving else ""
                self.update(task_id, completed=progress.step, doing=doing)
            yield self.make_tasks_table(self.tasks)

    columns = (
        BarColumn(table_column=Column(min_width=8, max_width=20)),
        TaskProgressColumn(table_column=Column(min_width=4)),
        TimeRemainingColumn(table_column=Column(min_width=7)),
        TextColumn(
            "{task.fields[doing]}{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
    )
    with LiveBar(*columns, console=_rich(sys.stderr), expand=True) as bar:
        total = job.num_epochs * job.batches.num_batches
        first = "the first epoch ..."
        task = bar.add_task(first, total=total, completed=progress.step, doing="")
        yield lambda line: bar.update(task, description=line)
