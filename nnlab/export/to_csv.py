"""CSV: results as a table with every digit."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from nnlab.errors import CheckFailedError
from nnlab.export.formats import Exported
from nnlab.export.placing import placed
from nnlab.export.results import result_table
from nnlab.formatting import csv_cell, pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.export.results import Result
    from nnlab.storage.folders import Folders


def export_csv(results: Sequence[Result], output: Path | None, folders: Folders) -> Exported:
    """Write runs, or a comparison, as a CSV table; see ``nnlab.export``.

    Raises:
        ConfigError: If the output exists, or comparisons and runs are mixed.
        CheckFailedError: If the numbers in the file are not those of the results.
    """
    table = result_table(results)
    records, path = table.records(), output or table.default_path(".csv")
    with placed(path) as file:
        file.write_text(csv_text(records), encoding="utf-8", newline="")
        _check(file, records)
    text = f"{path} ({pluralize(len(records), 'row')}, {len(records[0])} columns)"
    return Exported(" ".join(table.ids), "csv", path, text, {"rows": len(records)})


def csv_text(records: Sequence[dict[str, Any]]) -> str:
    """Return records, all with the same keys, as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(csv_cell, records[0]))
    writer.writerows([csv_cell(value) for value in record.values()] for record in records)
    return stream.getvalue()


def _check(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Check that a file has the numbers of the records."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, record in zip(rows, records, strict=True):
        for key, value in record.items():
            if isinstance(value, float) and float(row[csv_cell(key)]) != value:
                msg = f"{path.name}: {key} is {row[csv_cell(key)]}, not {value!r}; nothing is left"
                raise CheckFailedError(msg)
