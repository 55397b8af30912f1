"""nnlab predict."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nnlab import console
from nnlab.cli.options import (
    AsJson,
    Checkpoint,
    DataDir,
    DataFile,
    Run,
    RunsDir,
    SkipBadRows,
)
from nnlab.cli.outputs import open_output
from nnlab.cli.predict_source import Examples, Source, SplitName, check_outputs, read_source
from nnlab.config.pictures import PICTURE_STEPS
from nnlab.errors import DataError
from nnlab.formatting import pluralize
from nnlab.storage import versions

if TYPE_CHECKING:
    from nnlab.cli.answers import Record, Sink
    from nnlab.runs.load import StoredRun

MAX_NOTES = 10
Rows = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE|FOLDER|-|NAME=VALUE",
        help="Tables, pictures or arrays to predict, folders of them, or - for standard input; or the "
        "value of each feature, such as x1=0.5.",
    ),
]
Split = Annotated[
    SplitName | None,
    typer.Option(help="Predict examples of this split instead (default: test)."),
]
Numbers = Annotated[
    str | None,
    typer.Option(metavar="I[,J,...]", help="Examples of the split, from 0 (default: all)."),
]
Keep = Annotated[
    str | None,
    typer.Option(metavar="COLUMN[,...]|all", help="Columns of the table that the answer repeats."),
]
Prepare = Annotated[
    str | None,
    typer.Option(
        metavar="STEP[,...]|none",
        help=f"Steps that make a picture look like the training pictures "
        f"({', '.join(PICTURE_STEPS)}; default: those that suit the run's data).",
    ),
]
Show = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the pictures as the model sees them to a .png."),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write a CSV file instead of a table."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the files of -o and --show if they exist.")
]


def predict(
    run: Run,
    rows: Rows = None,
    split: Split = None,
    examples: Numbers = None,
    keep: Keep = None,
    prepare: Prepare = None,
    skip_bad_rows: SkipBadRows = False,
    show: Show = None,
    output: Output = None,
    overwrite: Overwrite = False,
    checkpoint: Checkpoint = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Predict classes or values.

    For new data, applies the run's preprocessing; with --split or --examples, predicts examples of
    the run's own data next to the truth. Prints the class and probabilities of every row, or its
    value, as a table on a terminal and as CSV otherwise; several seeds answer with their mean.
    A note says how a picture was prepared, and what lies far outside the training range.

    Example: nnlab predict latest --split test --examples 0,1,2
    """
    from nnlab import api
    from nnlab.runs.load import open_run

    stored = open_run(api.load_run(run, runs_dir=runs_dir))
    source = read_source(
        rows or [],
        split,
        examples,
        {"--keep": keep, "--prepare": prepare, "--skip-bad-rows": skip_bad_rows or None},
    )
    check_outputs(source, output, show, stored, overwrite=overwrite)
    steps = None if prepare is None else _names(prepare)
    if show is not None and isinstance(source, list):
        api.show_pictures(stored, source, show, prepare=steps, overwrite=overwrite)
    of_run = {"checkpoint": checkpoint, "data_dir": data_dir, "data_file": data_file}
    of_rows = {"keep": _names(keep or ""), "prepare": steps, "skip_bad_rows": skip_bad_rows}
    records = _predict(stored, source, of_run, of_rows)
    answer = Answer(stored, checkpoint or stored.config.train.select, output, as_json)
    num_empty, count = _write(_noting(records, _place(source)), answer)
    if num_empty and stored.preprocessing.feature_names:
        console.print_note(f"{num_empty:,} of {pluralize(count, 'row')} without an answer")
    elif num_empty:
        msg = f"{num_empty:,} of {pluralize(count, 'picture')} could not be read"
        raise DataError(msg)


def _predict(
    run: StoredRun, source: Source, of_run: dict[str, Any], of_rows: dict[str, Any]
) -> Iterable[Record]:
    from nnlab import api

    if isinstance(source, Examples):
        return api.predict_examples(run, source.split, examples=source.indices, **of_run)
    return api.predict_stream(run, source, **of_run, **of_rows, on_note=console.print_note)


class Answer(NamedTuple):
    """Who answers, and where the answer goes."""

    run: StoredRun
    which: str
    output: Path | None
    as_json: bool


def _names(text: str) -> list[str]:
    """Return the names in a comma-separated list; ``none`` is empty."""
    names = [name.strip() for name in text.split(",")]
    return [name for name in names if name] if names != ["none"] else []


def _write(records: Iterable[Record], answer: Answer) -> tuple[int, int]:
    """Write the predictions to a file, or print them; return how many rows have none, and their number."""
    from nnlab.cli.answers import CSVSink, JSONSink, TableSink

    replica_seeds = answer.run.config.train.replica_seeds
    seeds = [replica_seeds[replica] for replica in answer.run.alive]
    who = _who(answer.which, seeds)
    sinks: list[Sink] = []
    count = num_empty = 0
    with contextlib.ExitStack() as stack:
        if answer.output is not None:
            sinks.append(CSVSink(stack.enter_context(open_output(answer.output))))
        if answer.as_json:
            facts = {"run": answer.run.id, "checkpoint": answer.which, "seeds": seeds}
            sinks.append(JSONSink({"schema_version": versions.OUTPUT, **facts}))
        elif answer.output is None:
            is_shown = console.is_terminal(sys.stdout)
            sinks.append(TableSink() if is_shown else CSVSink(sys.stdout))
        for record in records:
            count += 1
            num_empty += record.get("class", record.get("value")) is None
            for sink in sinks:
                sink.write(record)
        for sink in sinks:
            sink.close()
    if answer.output is not None:
        predicted = pluralize(count - num_empty, "prediction")
        console.print_note(f"{predicted} by {who} in {answer.output}")
    elif not answer.as_json:
        console.print_note(f"predicted by {who}")
    return num_empty, count


def _place(source: Source) -> str:
    """Return what the notes of a single file begin with."""
    return f"{source[0]}, " if isinstance(source, list) and len(source) == 1 else ""


def _noting(records: Iterable[Record], place: str) -> Iterator[Record]:
    """Yield the predictions; then print their notes: of many, the first, and the first of each kind."""
    shown: list[str] = []
    seen: set[str] = set()
    count = 0
    for record in records:
        if note := record.get("note"):
            count += 1
            kinds = {part.partition(":")[0] for part in note.split("; ")}
            if len(shown) < MAX_NOTES or (kinds - seen and len(shown) < 2 * MAX_NOTES):
                seen |= kinds
                whose = f"{record['file']}, " if "file" in record else place
                shown.append(f"{whose}row {record['row']:,}: {note}")
        yield record
    sys.stdout.flush()
    for note in shown:
        console.print_note(note)
    if more := count - len(shown):
        console.print_note(f"and {pluralize(more, 'more row')} with a note")


def _who(which: str, seeds: Sequence[int]) -> str:
    """Return whose prediction it is."""
    if len(seeds) == 1:
        return f"the {which} weights of seed {seeds[0]}"
    return f"the mean over the {which} weights of seeds {', '.join(map(str, seeds))}"
