"""The table of several runs as a CSV file: --csv."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.errors import ConfigError
from nnlab.formatting import csv_cell, pluralize
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.cli.many import Row
    from nnlab.storage.submissions import Submission

CsvFile = Annotated[
    str | None,
    typer.Option("--csv", metavar="FILE", help="Write the table of several runs here; -: stdout."),
]


def check_csv(
    submissions: list[Submission] | None,
    csv_file: str | None,
    data_file: Path | None = None,
    *,
    overwrite: bool,
) -> None:
    """Check that the file of ``--csv`` can be written.

    Args:
        submissions: The runs of its table; None for a single run, which has none.
        csv_file: The file, ``-`` for stdout, or None.
        data_file: The table that the command reads.
        overwrite: Whether another file may be replaced.

    Raises:
        ConfigError: If it cannot.
    """
    if csv_file is not None and submissions is None:
        msg = "--csv is for several runs, or a folder of them; for one run: --json"
        raise ConfigError(msg)
    if csv_file is None and overwrite:
        msg = "--overwrite is for the file of --csv"
        raise ConfigError(msg)
    if csv_file not in {None, "-"}:
        read = [] if data_file is None else [data_file]
        check_output(Path(str(csv_file)), read, option="--csv", overwrite=overwrite)


def write_csv(rows: Sequence[Row], csv_file: str) -> None:
    """Write the table of several runs to a file, or to stdout for ``-``."""
    from nnlab.storage.atomic import write_atomic

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([csv_cell(cell) for cell in cells] for cells in _csv_rows(rows))
    if csv_file == "-":
        console.print_exact(stream.getvalue().rstrip("\n"))
        return
    write_atomic(Path(csv_file), stream.getvalue().encode())
    console.print_note(f"{pluralize(len(rows), 'run')} in {csv_file}")


def _csv_rows(rows: Sequence[Row]) -> Iterator[list[object]]:
    metrics = list(dict.fromkeys(name for row in rows for name in row.found.metrics))
    yield ["name", "path", "run", "status", "passed", "reason", *metrics]
    for row in rows:
        name, path, run, _ = row.submission
        passed = "no" if row.found.failures else "yes"
        yield [
            *(name, path, run.id if run else "", row.status),
            passed,
            row.reason,
            *(row.found.metrics.get(metric, "") for metric in metrics),
        ]
