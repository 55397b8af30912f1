"""Predicting from Python: new rows and pictures, and examples of a run's own data."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from nnlab.api.training import load_run
from nnlab.errors import ConfigError
from nnlab.storage.folders import Folders
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike

    from nnlab.data.pictures.prepare import Picture
    from nnlab.runs.load import StoredRun
    from nnlab.runs.new_rows import Batch, Source
    from nnlab.storage.run_dir import RunDir

    Rows = (
        str
        | Path
        | Sequence[str | Path]
        | io.BufferedReader
        | Mapping[str, float | str]
        | ArrayLike
    )

logger = logging.getLogger(__name__)


class PredictOptions(TypedDict, total=False):
    """Options of a prediction; what is left out is None.

    Attributes:
        keep: Columns of a table that answers repeat as ``input``; ``["all"]`` for all of them.
        prepare: Steps that make a picture look like the training pictures: orient, alpha, frame,
            lines, invert, contrast, thicken, center; default: those that suit the run's data.
        skip_bad_rows: Whether bad rows of a table keep their place unanswered; else refused.
        checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
        data_dir: Folder of installed data; only read for an estimator of scikit-learn, which is
            fitted again.
        data_file: The run's table; likewise.
        runs_dir: Folder of runs.
    """

    keep: Sequence[str]
    prepare: Sequence[str] | None
    skip_bad_rows: bool
    checkpoint: str | None
    data_dir: str | Path | None
    data_file: str | Path | None
    runs_dir: str | Path | None


def predict(
    run: str | Path | RunDir | StoredRun,
    rows: Rows,
    **options: Unpack[PredictOptions],
) -> list[dict[str, Any]]:
    """Predict new rows with a finished run, averaged over its replicas.

    Args:
        run: The run.
        rows: A table with the run's feature columns, a picture, a folder, or a list of these; an open
            binary file; one row's values by feature; a data frame; or raw features ``(N, ...)``.
        **options: See ``PredictOptions``.

    Returns:
        One record per row: ``file`` if there are several, ``row`` (from 1 in each file), ``input``,
        ``class`` and ``probabilities`` by class name, or ``value`` for a regression, and ``note``:
        how a picture was prepared, what lies far outside the training range, or why all is None.
        ``pandas.DataFrame(records)`` makes a table of them.

    Raises:
        ConfigError: If an option does not fit the run.
        DataError: If the rows do not fit the run's inputs.
    """
    return list(predict_stream(run, rows, **options))


def predict_stream(
    run: str | Path | RunDir | StoredRun,
    rows: Rows,
    *,
    on_note: Callable[[str], None] | None = None,
    **options: Unpack[PredictOptions],
) -> Iterator[dict[str, Any]]:
    """Predict as ``predict`` does, one record after the other: memory does not grow with the rows.

    Args:
        run: The run.
        rows: See ``predict``.
        on_note: Called with what a user should know of how a file was read; default: a warning is
            logged.
        **options: See ``predict``.
    """
    from nnlab.runs.new_rows import read_batches
    from nnlab.runs.predictions import answer_batches

    keep, prepare = options.get("keep", ()), options.get("prepare")
    skip = options.get("skip_bad_rows", False)
    checkpoint, runs_dir = options.get("checkpoint"), options.get("runs_dir")
    data_dir, data_file = options.get("data_dir"), options.get("data_file")
    stored = as_stored(run, runs_dir)
    if data_file and not stored.config.model.is_estimator:
        msg = (
            f"run {stored.id} reads no table to predict new rows; leave out --data-file {data_file}"
        )
        raise ConfigError(msg)
    if data_dir or data_file:
        stored = stored.with_folders(Folders.choose(runs_dir, data_dir, data_file))
    on_note = on_note or logger.warning
    sources = _sources(stored, rows, on_note)
    if sources is None:
        batch = _batch(stored, rows, skip)
        return answer_batches(stored, [batch], checkpoint)
    is_single = isinstance(rows, io.BufferedReader) or [s.content for s in sources] == [_only(rows)]
    batches = (
        batch
        for source in sources
        for batch in read_batches(
            stored, source, keep, prepare, on_note, skip_bad_rows=skip, is_single=is_single
        )
    )
    return answer_batches(stored, batches, checkpoint, has_file=not is_single)


def _batch(run: StoredRun, rows: Rows, skip_bad_rows: bool) -> Batch:
    """Return rows that a program gives."""
    from nnlab.runs.arrays import table_of
    from nnlab.runs.new_rows import Batch, batch_of, row_of

    table = None if isinstance(rows, Mapping) else table_of(run, rows)  # type: ignore[arg-type]
    if table is not None:
        return batch_of(run, table, skip_bad_rows=skip_bad_rows)
    if skip_bad_rows:
        msg = (
            "skip_bad_rows is for files and data frames; leave it out for numbers and a single row"
        )
        raise ConfigError(msg)
    return row_of(run, rows) if isinstance(rows, Mapping) else Batch(rows)  # type: ignore[arg-type]


def _only(rows: object) -> Path | None:
    """Return the only path among rows, or None."""
    paths = [rows] if isinstance(rows, str | Path) else rows
    return Path(paths[0]) if isinstance(paths, Sequence) and len(paths) == 1 else None


def _sources(run: StoredRun, rows: object, on_note: Callable[[str], None]) -> list[Source] | None:
    """Return the files that rows name, or None if they are numbers."""
    from nnlab.runs.new_rows import Source, find_sources

    if isinstance(rows, io.BufferedReader):
        return [Source("standard input" if rows.name == 0 else str(rows.name), rows)]
    paths = [rows] if isinstance(rows, str | Path) else rows
    if isinstance(paths, Sequence) and paths and all(isinstance(p, str | Path) for p in paths):
        return find_sources(run, paths, on_note)
    return None


def prepare_picture(
    run: str | Path | RunDir | StoredRun,
    picture: str | Path | io.BufferedReader,
    *,
    prepare: Sequence[str] | None = None,
    runs_dir: str | Path | None = None,
) -> Picture:
    """Return a picture as ``predict`` gives it to the run's model: ``pixels``, and ``notes``.

    Args:
        run: The run.
        picture: The file.
        prepare: See ``predict``.
        runs_dir: Folder of runs.

    Raises:
        ConfigError: If there is no such step, or the run takes no pictures.
        DataError: If the file is not an image.
    """
    from nnlab.runs.new_pictures import read_picture

    source = picture if isinstance(picture, io.BufferedReader) else Path(picture)
    name = str(picture.name) if isinstance(picture, io.BufferedReader) else str(picture)
    return read_picture(as_stored(run, runs_dir), source, name, prepare)


def show_pictures(
    run: str | Path | RunDir | StoredRun,
    pictures: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    prepare: Sequence[str] | None = None,
    runs_dir: str | Path | None = None,
    overwrite: bool = False,
) -> Path:
    """Write pictures as the run's model sees them, enlarged and side by side, to a .png file.

    Args:
        run: The run.
        pictures: Files and folders; the first 100 pictures are shown, a grey one for each that
            cannot be read.
        output: The file.
        prepare: See ``predict``.
        runs_dir: Folder of runs.
        overwrite: Whether to replace a file that nnlab did not write.

    Raises:
        ConfigError: If there is such a file.
    """
    from nnlab.runs.new_pictures import MAX_SHOWN, read_pictures, write_sheet
    from nnlab.runs.new_rows import find_sources

    stored = as_stored(run, runs_dir)
    paths = [pictures] if isinstance(pictures, str | Path) else pictures
    check_output(Path(output), [Path(path) for path in paths], overwrite=overwrite)
    sources = find_sources(stored, paths, on_note=lambda _note: None)[:MAX_SHOWN]
    write_sheet(read_pictures(stored, sources, prepare), Path(output))
    return Path(output)


def predict_examples(
    run: str | Path | RunDir | StoredRun,
    split: Literal["test", "val", "train"] = "test",
    *,
    examples: Sequence[int] | None = None,
    checkpoint: str | None = None,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> list[dict[str, Any]]:
    """Predict examples of a run's own data, averaged over its replicas, next to the truth.

    Args:
        run: The run.
        split: ``test``, ``val`` or ``train``.
        examples: Indices in the split; default: all.
        checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.

    Returns:
        Records as ``predict`` returns, with ``example`` (from 0) and ``true`` instead of ``row``.

    Raises:
        DataError: If there is no such example.
    """
    from nnlab.runs.own_examples import example_records
    from nnlab.training.runtime import deterministic

    folders = Folders.choose(runs_dir, data_dir, data_file)
    stored = as_stored(run, folders.runs)
    with deterministic():
        return example_records(stored, folders, split, examples=examples, which=checkpoint)


def as_stored(run: str | Path | RunDir | StoredRun, runs_dir: str | Path | None) -> StoredRun:
    """Return a run, opened."""
    from nnlab.runs.load import StoredRun, open_run

    return run if isinstance(run, StoredRun) else open_run(load_run(run, runs_dir=runs_dir))
