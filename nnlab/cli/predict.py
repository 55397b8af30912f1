"""nnlab predict."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from nnlab import console
from nnlab.cli.options import (
    AsJson,
    Checkpoint,
    DataDir,
    DataFile,
    Run,
    RunsDir,
    read_indices,
    split_words,
)
from nnlab.cli.outputs import check_output, open_output
from nnlab.config.pictures import PICTURE_STEPS
from nnlab.errors import ConfigError, DataError
from nnlab.formatting import pluralize
from nnlab.storage import versions

if TYPE_CHECKING:
    from nnlab.cli.answers import Record, Sink
    from nnlab.runs.load import StoredRun

STDIN = "-"
MAX_NOTES = 10
Rows = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE|FOLDER|-|NAME=VALUE",
        help="Tables or pictures to predict, folders of them, or - for standard input; or the "
        "value of each feature, such as x1=0.5.",
    ),
]
SplitName = Literal["test", "val", "train"]
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
    bool, typer.Option("--overwrite", help="Replace the file of -o if it exists.")
]


def predict(
    run: Run,
    rows: Rows = None,
    split: Split = None,
    examples: Numbers = None,
    keep: Keep = None,
    prepare: Prepare = None,
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
    source = _read_source(rows or [], split, examples, {"--keep": keep, "--prepare": prepare})
    _check_outputs(source, output, show, stored, overwrite=overwrite)
    options: dict[str, Any] = {
        "checkpoint": checkpoint,
        "data_dir": data_dir,
        "data_file": data_file,
    }
    records: Iterable[Record]
    if isinstance(source, Examples):
        records = api.predict_examples(stored, source.split, examples=source.indices, **options)
    else:
        steps = None if prepare is None else _names(prepare)
        if show is not None:
            api.show_pictures(stored, source, show, prepare=steps)  # type: ignore[arg-type]
        options |= {"keep": _names(keep or ""), "prepare": steps, "on_note": console.print_note}
        records = api.predict_stream(stored, source, **options)
    answer = Answer(stored, checkpoint or stored.config.train.select, output, as_json)
    unreadable: list[Record] = []
    _write(_noting(records, _place(source), unreadable), answer)
    _check_all_read(unreadable)


class Examples(NamedTuple):
    """Examples of a split of the run's data; indices None: all."""

    split: SplitName
    indices: list[int] | None


class Answer(NamedTuple):
    """Who answers, and where the answer goes."""

    run: StoredRun
    which: str
    output: Path | None
    as_json: bool


Source = list[Path] | io.BufferedReader | dict[str, float | str] | Examples


def _names(text: str) -> list[str]:
    """Return the names in a comma-separated list; ``none`` is empty."""
    names = [name.strip() for name in text.split(",")]
    return [name for name in names if name] if names != ["none"] else []


def _check_outputs(
    source: Source, output: Path | None, show: Path | None, run: StoredRun, *, overwrite: bool
) -> None:
    """Refuse to write over what is predicted, over the run's data, or over any other file."""
    inputs = source if isinstance(source, list) else []
    dataset = run.config.dataset
    tables = [Path(path) for path in (dataset.table_path, run.meta.get("data_path")) if path]
    if output is not None:
        check_output("-o", output, [*inputs, *tables], overwrite=overwrite)
    elif overwrite:
        msg = "--overwrite is for the file of -o"
        raise ConfigError(msg)
    if show is None:
        return
    if not isinstance(source, list):
        msg = "--show is for pictures; give their files"
        raise ConfigError(msg)
    check_output("--show", show, inputs, suffix=".png")


def _read_source(
    words: Sequence[str],
    split: SplitName | None,
    examples: str | None,
    options: dict[str, str | None],
) -> Source:
    """Return what to predict: files, standard input, one row's values, or examples of a split."""
    files, values = split_words(list(words))
    given = [name for name, value in options.items() if value is not None]
    if split is not None or examples is not None:
        if words or given:
            extra = " ".join([*words, *given])
            msg = f"--split and --examples predict the run's own data; leave out {extra}"
            raise ConfigError(msg)
        indices = None if examples is None else read_indices("--examples", examples)
        return Examples(split or "test", indices)
    if bool(files) == bool(values) or (STDIN in files and len(files) > 1):
        msg = (
            "predict what? give files or folders, - for standard input, the value of each feature "
            "(x1=0.5 x2=1), or --split"
        )
        raise ConfigError(msg)
    if values:
        if given:
            msg = f"{given[0]} is for files; leave it out for values"
            raise ConfigError(msg)
        return _read_values(values)
    return _standard_input() if files == [STDIN] else [Path(file) for file in files]


def _standard_input() -> io.BufferedReader:
    if sys.stdin is None:
        msg = "standard input is closed"
        raise ConfigError(msg)
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb")


def _read_values(words: Sequence[str]) -> dict[str, float | str]:
    values: dict[str, float | str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name in values:
            msg = f"{name} is given twice: {name}={values[name]} and {word}"
            raise ConfigError(msg)
        values[name] = value
    return values


def _write(records: Iterable[Record], answer: Answer) -> None:
    """Write the predictions to a file, or print them, and say whose they are."""
    from nnlab.cli.answers import CSVSink, JSONSink, TableSink

    replica_seeds = answer.run.config.train.replica_seeds
    seeds = [replica_seeds[replica] for replica in answer.run.alive]
    who = _who(answer.which, seeds)
    sinks: list[Sink] = []
    count = 0
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
            for sink in sinks:
                sink.write(record)
        for sink in sinks:
            sink.close()
    if answer.output is not None:
        console.print_note(f"{pluralize(count, 'prediction')} by {who} in {answer.output}")
    elif not answer.as_json:
        console.print_note(f"predicted by {who}")


def _check_all_read(unreadable: Sequence[Record]) -> None:
    if unreadable:
        msg = f"{pluralize(len(unreadable), 'picture')} could not be read; the others are answered"
        raise DataError(msg)


def _place(source: Source) -> str:
    """Return what the notes of a single file begin with."""
    return f"{source[0]}, " if isinstance(source, list) and len(source) == 1 else ""


def _noting(records: Iterable[Record], place: str, unreadable: list[Record]) -> Iterator[Record]:
    """Yield the predictions; then print their notes, counted if there are many."""
    shown: list[str] = []
    count = 0
    for record in records:
        if record.get("error"):
            unreadable.append(record)
        if note := record.get("error") or record.get("note"):
            count += 1
            if count <= MAX_NOTES:
                whose = f"{record['file']}, " if "file" in record else place
                shown.append(
                    note if record.get("error") else f"{whose}row {record['row']:,}: {note}"
                )
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
