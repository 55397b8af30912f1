"""Parquet: results as a table with types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.errors import CheckFailedError, ConfigError
from nnlab.export.formats import Exported
from nnlab.export.placing import placed
from nnlab.export.results import result_table
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.export.results import Result
    from nnlab.storage.folders import Folders


def export_parquet(results: Sequence[Result], output: Path | None, folders: Folders) -> Exported:
    """Write runs, or a comparison, as a Parquet table; see ``nnlab.export``.

    Raises:
        ConfigError: If pyarrow is missing, the output exists, or comparisons and runs are mixed.
        CheckFailedError: If the numbers in the file are not those of the results.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        msg = "--to parquet needs pyarrow: pip install 'nnlab[parquet]'"
        raise ConfigError(msg) from error
    table = result_table(results)
    records, path = table.records(), output or table.default_path(".parquet")
    columns = {key: _column([record[key] for record in records]) for key in records[0]}
    with placed(path) as file:
        parquet.write_table(pa.table(columns), file)
        if parquet.read_table(file).to_pydict() != columns:
            msg = f"{path.name}: the file does not read as it was written; nothing is left"
            raise CheckFailedError(msg)
    text = f"{path} ({pluralize(len(records), 'row')}, {len(columns)} columns)"
    return Exported(" ".join(table.ids), "parquet", path, text, {"rows": len(records)})


def _column(values: Sequence[Any]) -> list[Any]:
    """Return a column of one type: numbers, truth values, or else texts."""
    present = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in present):
        return list(values)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        is_whole = all(isinstance(value, int) for value in present)
        return [value if value is None or is_whole else float(value) for value in values]
    return [value if value is None else str(value) for value in values]
