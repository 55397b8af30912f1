"""nnlab predict."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Any

from nnlab import api, console
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def predict(
    reference: str,
    file: Path,
    *,
    checkpoint: str | None,
    output: Path | None,
    runs_dir: str | None,
    as_json: bool,
) -> None:
    """Print or write what a run predicts for the rows of a table, or for a picture."""
    run = api.load_run(reference, runs_dir=runs_dir)
    rows = api.predict(run, file, checkpoint=checkpoint)
    if output is not None:
        stream = io.StringIO(newline="")
        _write_csv(rows, stream)
        write_atomic(output, stream.getvalue().encode())
        console.print_note(f"{len(rows)} predictions in {output}")
    if as_json:
        console.print_json({"schema_version": 1, "run": run.id, "predictions": rows})
    elif output is not None:
        return
    elif console.is_terminal(sys.stdout):
        cells = [[str(value) for value in flat.values()] for flat in map(_flat, rows)]
        console.print_table(list(_flat(rows[0])), cells, left=2)
    else:
        _write_csv(rows, sys.stdout)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    if "value" in row:
        return {"row": row["row"], "value": f"{row['value']:.6g}"}
    probabilities = {f"p({name})": f"{p:.6f}" for name, p in row["probabilities"].items()}
    return {"row": row["row"], "class": row["class"], **probabilities}


def _write_csv(rows: list[dict[str, Any]], stream: Any) -> None:
    flat = [_flat(row) for row in rows]
    writer = csv.DictWriter(stream, fieldnames=list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
