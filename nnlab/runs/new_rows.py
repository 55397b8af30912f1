"""New rows to predict: tables and pictures, from files, folders and standard input, in batches."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.columns.encoders import UNKNOWN
from nnlab.data.columns.new_rows import examine_new_rows, fault_of, refusal, skipping_advised
from nnlab.data.columns.seen import far_rows
from nnlab.data.labels import with_hints
from nnlab.data.pictures.image_file import SUFFIXES
from nnlab.data.tables.cells import pack
from nnlab.data.tables.decimals import find_style
from nnlab.data.tables.reader import read_parts
from nnlab.data.tables.table import Table
from nnlab.errors import ConfigError, DataError
from nnlab.formatting import did_you_mean
from nnlab.runs.new_arrays import SUFFIXES as ARRAY_SUFFIXES
from nnlab.runs.new_arrays import new_array_parts
from nnlab.runs.new_pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nnlab.data.columns.encoders import Column
    from nnlab.data.columns.new_rows import NewRows
    from nnlab.data.types import Preprocessing
    from nnlab.runs.load import StoredRun

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".parquet", ".arrow", ".feather")
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zip")
ALL_COLUMNS = "all"


class Source(NamedTuple):
    """Where rows come from.

    Attributes:
        name: What it is called in messages and answers.
        content: The file, or an open one.
    """

    name: str
    content: Path | io.BufferedReader


class Batch(NamedTuple):
    """Some rows of a source.

    Attributes:
        raw: Their features, ``(N, ...)``, before standardisation.
        file: Name of the source; empty for rows that come from no file.
        first: Number of the first row in the source, from 1.
        kept: The cells of each row that its answer repeats, by column; empty for none.
        notes: What a user should know of each row beside what its numbers say.
        faults: Why rows that cannot be used have no answer, by their place in the batch.
    """

    raw: np.ndarray
    file: str = ""
    first: int = 1
    kept: Sequence[Mapping[str, str]] = ()
    notes: Sequence[str] = ()
    faults: Mapping[int, str] = {}


def find_sources(
    run: StoredRun, paths: Sequence[str | Path], on_note: Callable[[str], None]
) -> list[Source]:
    """Return the files at some paths; of a folder, its pictures or tables in the order of names.

    Args:
        run: The run.
        paths: Files and folders.
        on_note: Called with what was left alone.

    Raises:
        DataError: If a folder has none.
    """
    found = []
    for path in map(Path, paths):
        files = _files_in(run, path, on_note) if path.is_dir() else [path]
        found += [Source(str(file), file) for file in files]
    return found


def _files_in(run: StoredRun, folder: Path, on_note: Callable[[str], None]) -> list[Path]:
    has_table = bool(run.preprocessing.feature_names)
    kinds = TABLE_SUFFIXES if has_table else SUFFIXES
    what = "tables" if has_table else "pictures"
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    chosen = [path for path in files if path.is_file() and _suffix(path) in kinds]
    if not chosen:
        msg = f"{folder}: there are no {what} in this folder ({', '.join(kinds)})"
        raise DataError(msg)
    if left := len(files) - len(chosen):
        on_note(f"{folder}: {left:,} of {len(files):,} entries left alone: they are no {what}")
    return chosen


def _suffix(path: Path) -> str:
    """Return how a file name ends, without what compression adds."""
    is_compressed = path.suffix.lower() in COMPRESSED_SUFFIXES
    return (Path(path.stem) if is_compressed else path).suffix.lower()


def read_batches(
    run: StoredRun,
    source: Source,
    keep: Sequence[str],
    prepare: Sequence[str] | None,
    on_note: Callable[[str], None],
    *,
    skip_bad_rows: bool = False,
    is_single: bool = True,
) -> Iterator[Batch]:
    """Yield the rows of a source as the run takes them.

    Args:
        run: The run.
        source: A table, a picture or an array.
        keep: Columns that answers repeat; ``all`` for all of them.
        prepare: See ``read_picture``.
        on_note: Called with what a user should know of how a table was read.
        skip_bad_rows: Whether rows that cannot be used stay without an answer.
        is_single: Whether this is the only source; one picture of several may be unreadable.

    Raises:
        ConfigError: If an option does not fit the run.
        DataError: If the source cannot be read, or is not what the run takes.
    """
    if isinstance(source.content, Path) and source.content.suffix.lower() in ARRAY_SUFFIXES:
        given = {"--keep": keep, "--prepare": prepare, "--skip-bad-rows": skip_bad_rows}
        for first, rows in new_array_parts(run, source.content, given):
            yield Batch(rows, source.name, first)
        return
    if run.preprocessing.feature_names:
        if prepare is not None:
            msg = f"run {run.id} takes tables; only pictures are prepared and shown"
            raise ConfigError(msg)
        with skipping_advised():
            yield from _table_batches(run, source, keep, on_note, {} if skip_bad_rows else None)
        return
    if skip_bad_rows:
        msg = f"run {run.id} takes pictures; only bad rows of tables are skipped"
        raise ConfigError(msg)
    if keep:
        msg = f"run {run.id} takes pictures, which have no columns to keep"
        raise ConfigError(msg)
    yield _picture_batch(run, source, prepare, is_single=is_single)


def _picture_batch(
    run: StoredRun, source: Source, prepare: Sequence[str] | None, *, is_single: bool
) -> Batch:
    try:
        picture = read_picture(run, source.content, source.name, prepare)
    except DataError as error:
        if is_single:
            raise
        blank = np.zeros((1, *run.spec.input_shape), np.uint8)
        return Batch(blank, source.name, faults={0: str(error).removeprefix(f"{source.name} ")})
    else:
        pixels = picture.pixels.reshape(1, *run.spec.input_shape)
        return Batch(pixels, source.name, notes=[picture.note])


def _table_batches(
    run: StoredRun,
    source: Source,
    keep: Sequence[str],
    on_note: Callable[[str], None],
    broken: dict[int, int] | None,
) -> Iterator[Batch]:
    file = source.content if isinstance(source.content, io.BufferedReader) else None
    first, fitted = 1, run.preprocessing
    notes: tuple[str, ...] = ()
    parts = read_parts(source.name, run.table_format, file=file, broken=broken)
    for part in parts:
        new = examine_new_rows(part, fitted, broken)
        if new.problems and broken is None:
            raise _refusal(source.name, new, parts, fitted, first - 1 + len(part))
        yield _batch(run, part, new, keep)._replace(file=source.name, first=first)
        first, notes = first + len(part), part.notes
    for note in notes:
        on_note(f"{source.name}: {note}")


def batch_of(run: StoredRun, table: Table, *, skip_bad_rows: bool = False) -> Batch:
    """Return the rows of a table that comes from no file.

    Raises:
        DataError: If columns are missing, or cells cannot be used and their rows are not skipped.
    """
    new = examine_new_rows(table, run.preprocessing)
    if new.problems and not skip_bad_rows:
        raise refusal(table.path, new.problems)
    return _batch(run, table, new)


def _batch(run: StoredRun, table: Table, new: NewRows, keep: Sequence[str] = ()) -> Batch:
    columns = run.preprocessing.table_columns
    notes = _unknown(table, columns, new.values) if new.unknown else ()
    faults = {row: "; ".join(texts) for row, texts in new.faults.items()}
    return Batch(new.values, kept=_kept(table, keep), notes=notes, faults=faults)


def _refusal(
    name: str, found: NewRows, rest: Iterator[Table], fitted: Preprocessing, total: int
) -> DataError:
    """Return the error about rows that cannot be used in a part of a table, and in the rest of it."""
    problems = list(found.problems)
    for part in rest:
        total += len(part)
        problems += examine_new_rows(part, fitted).problems
    return refusal(name, problems, total)


def _unknown(table: Table, columns: Sequence[Column], values: np.ndarray) -> list[str]:
    """Return for each row which of its categories the run has never seen; mostly nothing."""
    found: list[list[str]] = [[] for _ in values]
    for index, column in enumerate(columns):
        rows = np.flatnonzero(values[:, index] == UNKNOWN) if column.categories else ()
        cells = table.cells(*table.matching([column.name])) if len(rows) else []
        shown = with_hints({cells[row] for row in rows}, column.categories)
        for row in rows:
            found[row].append(f"{column.name} = {shown[cells[row]]}")
    return [f"unknown category: {', '.join(texts)}" if texts else "" for texts in found]


def _kept(table: Table, keep: Sequence[str]) -> list[dict[str, str]]:
    if not keep:
        return []
    is_all = list(keep) == [ALL_COLUMNS] and ALL_COLUMNS not in table.columns
    names = table.columns if is_all else [table.column(name) for name in table.matching(keep)]
    columns = [table.cells(name) for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def row_of(run: StoredRun, values: Mapping[str, float | str]) -> Batch:
    """Return one row, given by name; case is ignored.

    Raises:
        DataError: If the run does not take a table, or a value is missing, unknown or not a number.
    """
    columns = run.preprocessing.table_columns
    names = [column.name for column in columns]
    if not names:
        msg = f"run {run.id} takes images ({', '.join(SUFFIXES)}), not values"
        raise DataError(msg)
    given = _typed(run, values)
    matches = given.matching(names)
    if missing := [name for name, match in zip(names, matches, strict=True) if match not in values]:
        msg = f"no value is given for {', '.join(missing)}; write {missing[0]}=VALUE"
        raise DataError(msg)
    for name in values:
        if name not in matches:
            hint = did_you_mean(name, names)
            msg = f"run {run.id} has no feature '{name}'{hint}; features: {', '.join(names)}"
            raise DataError(msg)
    for name, column in zip(matches, columns, strict=True):
        if fault := fault_of(given, name, column):
            msg = f"{name}={values[name]}: the value {fault}"
            raise DataError(msg)
    return batch_of(run, given)


def _typed(run: StoredRun, values: Mapping[str, float | str]) -> Table:
    """Return values as a row of a table; text is written as in the run's table."""
    texts = [text for text in values.values() if isinstance(text, str)]
    style, _ = find_style([""] * len(texts), [[pack([text])] for text in texts], run.table_format)
    cells = [
        v if isinstance(v, str) else str(v).replace(".", style.decimal) for v in values.values()
    ]
    row = Table.of_rows("the values", list(values), [cells])
    return replace(row, style=style)


def notes_of(run: StoredRun, batch: Batch) -> Sequence[str]:
    """Return what a user should know of each row of a batch."""
    preprocessing, known = run.preprocessing, batch.notes or [""] * len(batch.raw)
    notes = list(known)
    if names := [column.name for column in preprocessing.table_columns]:
        far = far_rows(batch.raw, names, preprocessing.seen.columns)
        notes = ["; ".join(filter(None, notes)) for notes in zip(known, far, strict=True)]
    for row, fault in batch.faults.items():
        notes[row] = f"no answer: {fault}"
    return notes
