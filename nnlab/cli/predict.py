"""nnlab predict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Checkpoint, Run, RunsDir
from nnlab.storage import versions


def predict(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV table or image to predict.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a CSV file instead of a table."),
    ] = None,
    checkpoint: Checkpoint = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Predict classes or values for new data.

    Applies the run's preprocessing to the data. Prints the class and probabilities of every row,
    or its value, as a table on a terminal and as CSV otherwise.

    Example: nnlab predict latest flowers.csv -o predictions.csv
    """
    from nnlab import api

    stored = api.load_run(run, runs_dir=runs_dir)
    rows = api.predict(stored, file, checkpoint=checkpoint)
    if output is not None:
        _write_file(rows, output)
    if as_json:
        console.print_json(
            {"schema_version": versions.OUTPUT, "run": stored.id, "predictions": rows}
        )
    elif output is None:
        _print(rows)


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    if "value" in row:
        return {"row": row["row"], "value": f"{row['value']:.6g}"}
    probs = {f"p({name})": f"{prob:.6f}" for name, prob in row["probabilities"].items()}
    return {"row": row["row"], "class": row["class"], **probs}


def _print(rows: list[dict[str, Any]]) -> None:
    if not console.is_terminal(sys.stdout):
        _write_csv(rows, sys.stdout)
        return
    cells = [[str(value) for value in _cells(row).values()] for row in rows]
    console.print_table(list(_cells(rows[0])), cells, left=2)


def _write_file(rows: list[dict[str, Any]], path: Path) -> None:
    import io

    from nnlab.storage.atomic import write_atomic

    stream = io.StringIO(newline="")
    _write_csv(rows, stream)
    write_atomic(path, stream.getvalue().encode())
    console.print_note(f"{len(rows)} predictions in {path}")


def _write_csv(rows: list[dict[str, Any]], stream: TextIO) -> None:
    import csv

    cells = [_cells(row) for row in rows]
    writer = csv.DictWriter(stream, fieldnames=list(cells[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
