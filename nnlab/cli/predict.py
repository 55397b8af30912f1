"""nnlab predict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TextIO

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
from nnlab.config.bundled import is_there
from nnlab.errors import ConfigError
from nnlab.formatting import Column, pluralize
from nnlab.storage import versions

if TYPE_CHECKING:
    from nnlab.runs.load import StoredRun

FEW_CLASSES = 3


def predict(
    run: Run,
    rows: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE|NAME=VALUE",
            help="CSV table or image to predict; or the value of each feature, such as x1=0.5.",
        ),
    ] = None,
    split: Annotated[
        Literal["test", "val", "train"] | None,
        typer.Option(help="Predict examples of this split instead (default: test)."),
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(metavar="I[,J,...]", help="Examples of the split, from 0 (default: all)."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a CSV file instead of a table."),
    ] = None,
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

    Example: nnlab predict latest --split test --examples 0,1,2
    """
    from nnlab import api
    from nnlab.runs.load import open_run

    stored = open_run(api.load_run(run, runs_dir=runs_dir))
    source = _checked(_read_source(rows or [], split, examples), output)
    options: dict[str, Any] = {
        "checkpoint": checkpoint,
        "data_dir": data_dir,
        "data_file": data_file,
    }
    if isinstance(source, Examples):
        records = api.predict_examples(stored, source.split, examples=source.indices, **options)
    else:
        records = api.predict(stored, source, **options)
    _show(records, stored, checkpoint or stored.config.train.select, output, as_json=as_json)


class Examples(NamedTuple):
    """Examples of a split of the run's data; indices None: all."""

    split: Literal["test", "val", "train"]
    indices: list[int] | None


Source = Path | dict[str, float | str] | Examples


def _checked(source: Source, output: Path | None) -> Source:
    """Return the source; refuse to write the predictions over the rows that they are for."""
    if output is None or not isinstance(source, Path):
        return source
    if is_there(output.exists) and is_there(source.exists) and output.samefile(source):
        msg = f"-o {output}: this is the file to predict; choose another one"
        raise ConfigError(msg)
    return source


def _read_source(
    words: Sequence[str], split: Literal["test", "val", "train"] | None, examples: str | None
) -> Source:
    """Return what to predict: a file, the values of one row, or examples of a split."""
    files, values = split_words(list(words))
    if split is not None or examples is not None:
        if words:
            msg = f"--split and --examples predict the run's own data; leave out {' '.join(words)}"
            raise ConfigError(msg)
        indices = None if examples is None else read_indices("--examples", examples)
        return Examples(split or "test", indices)
    if len(files) + bool(values) != 1:
        msg = "predict what? give one file, the value of each feature (x1=0.5 x2=1), or --split"
        raise ConfigError(msg)
    return Path(files[0]) if files else _read_values(values)


def _read_values(words: Sequence[str]) -> dict[str, float | str]:
    values: dict[str, float | str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name in values:
            msg = f"{name} is given twice: {name}={values[name]} and {word}"
            raise ConfigError(msg)
        values[name] = value
    return values


def _show(
    records: list[dict[str, Any]], run: StoredRun, which: str, output: Path | None, *, as_json: bool
) -> None:
    """Write the predictions to a file, or print them, and say whose they are."""
    seeds = list(run.config.train.replica_seeds)
    if output is not None:
        _write_file(records, output, _who(which, seeds))
    if as_json:
        facts = {"run": run.id, "checkpoint": which, "seeds": seeds}
        console.print_json({"schema_version": versions.OUTPUT, **facts, "predictions": records})
    elif output is None:
        _print(records)
        console.print_note(f"predicted by {_who(which, seeds)}")


def _who(which: str, seeds: Sequence[int]) -> str:
    """Return whose prediction it is."""
    if len(seeds) == 1:
        return f"the {which} weights of seed {seeds[0]}"
    return f"the mean over the {which} weights of seeds {', '.join(map(str, seeds))}"


def _cells(row: dict[str, Any], *, is_long: bool = False) -> dict[str, Any]:
    probs = row.get("probabilities", {})
    if is_long:  # the probability that matters stays on a narrow screen
        probs = {"class": probs[row["class"]], **probs}
    cells = {key: value for key, value in row.items() if key != "probabilities"}
    cells = {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in cells.items()}
    return {**cells, **{f"p({name})": f"{prob:.6f}" for name, prob in probs.items()}}


def _print(rows: list[dict[str, Any]]) -> None:
    if not console.is_terminal(sys.stdout):
        _write_csv(rows, sys.stdout)
        return
    is_long = len(rows[0].get("probabilities", ())) > FEW_CLASSES
    cells = [_cells(row, is_long=is_long) for row in rows]
    names = list(cells[0])
    is_probability = [name.startswith("p(") for name in names]
    # On a narrow screen the last classes go first.
    drops = [len(names) - i if is_p else None for i, is_p in enumerate(is_probability)]
    if is_long:
        drops[is_probability.index(True)] = None
    columns = [*map(Column, names, drops)]
    left = is_probability.count(False) if any(is_probability) else 1
    console.print_table(columns, [[str(v) for v in line.values()] for line in cells], left=left)


def _write_file(rows: list[dict[str, Any]], path: Path, who: str) -> None:
    import io

    from nnlab.storage.atomic import write_atomic

    stream = io.StringIO(newline="")
    _write_csv(rows, stream)
    write_atomic(path, stream.getvalue().encode())
    console.print_note(f"{pluralize(len(rows), 'prediction')} by {who} in {path}")


def _write_csv(rows: list[dict[str, Any]], stream: TextIO) -> None:
    import csv

    cells = [_cells(row) for row in rows]
    writer = csv.DictWriter(stream, fieldnames=list(cells[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
