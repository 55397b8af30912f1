"""Using finished runs from Python: metrics, predictions, reports, pictures, lists."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnlab.api.training import load_run
from nnlab.errors import ConfigError
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.folders import Folders
from nnlab.storage.registry import find_result
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from nnlab.report.run_view import RunView
    from nnlab.runs.load import StoredRun


def evaluate(
    run: str | Path | RunDir,
    split: Literal["test", "val", "train"] | None = None,
    *,
    checkpoint: str | None = None,
    device: str = "auto",
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> dict[str, Any]:
    """Re-evaluate a stored run, from its data and its checkpoint.

    Args:
        run: The run.
        split: ``test``, ``val`` or ``train``; default: test.
        checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        data_file: The run's table; or another labelled one, of which all rows are measured, under
            the name ``new``.
        runs_dir: Folder of runs.

    Returns:
        The means over seeds under the name of the split, and each seed's metrics.

    Raises:
        ConfigError: If a split is chosen, and the table is not the run's own.
    """
    from nnlab.runs.inference import evaluate_run
    from nnlab.runs.load import open_run
    from nnlab.runs.new_table import evaluate_table, is_new
    from nnlab.training.runtime import deterministic

    folders = Folders.choose(runs_dir, data_dir, data_file)
    stored = open_run(load_run(run, runs_dir=folders.runs))
    with deterministic():
        if folders.table is None or not is_new(stored, folders.table):
            return evaluate_run(stored, folders, split or "test", which=checkpoint, device=device)
        if split is not None:
            msg = (
                f"{folders.table} is not the table of run {stored.id}: it has no {split} split, and "
                f"all of its rows are measured; leave out the split"
            )
            raise ConfigError(msg)
        return evaluate_table(stored, folders.table, which=checkpoint, device=device)


def predict(
    run: str | Path | RunDir | StoredRun,
    rows: str | Path | Mapping[str, float | str] | ArrayLike,
    *,
    checkpoint: str | None = None,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> list[dict[str, Any]]:
    """Predict new rows with a finished run, averaged over its replicas.

    Args:
        run: The run.
        rows: A CSV file with the run's feature columns, an image file, one row's values by feature,
            raw features ``(N, ...)`` as in the run's data, before standardisation, or a data frame.
        checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
        data_dir: Folder of installed data; only read for an estimator of scikit-learn, which is
            fitted again.
        data_file: The run's table; likewise.
        runs_dir: Folder of runs.

    Returns:
        One record per row: ``row`` (from 1), and ``class`` and ``probabilities`` by class name, or
        ``value`` for a regression. ``pandas.DataFrame(records)`` makes a table of them.

    Raises:
        DataError: If the rows do not fit the run's inputs.
    """
    from nnlab.runs.arrays import raw_of
    from nnlab.runs.predictions import predict_records, read_rows, row_of

    stored = _opened(run, runs_dir)
    if data_dir or data_file:
        stored = stored.with_folders(Folders.choose(runs_dir, data_dir, data_file))
    if isinstance(rows, str | Path):
        rows = read_rows(stored, Path(rows))
    elif isinstance(rows, Mapping):
        rows = row_of(stored, rows)
    else:
        rows = raw_of(stored, rows)
    return predict_records(stored, rows, checkpoint)


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
    from nnlab.runs.predictions import example_records
    from nnlab.training.runtime import deterministic

    folders = Folders.choose(runs_dir, data_dir, data_file)
    stored = _opened(run, folders.runs)
    with deterministic():
        return example_records(stored, folders, split, examples=examples, which=checkpoint)


def _opened(run: str | Path | RunDir | StoredRun, runs_dir: str | Path | None) -> StoredRun:
    from nnlab.runs.load import StoredRun, open_run

    return run if isinstance(run, StoredRun) else open_run(load_run(run, runs_dir=runs_dir))


def report(
    runs: str | Path | RunDir | Sequence[str | Path | RunDir],
    output: str | Path | None = None,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> Path:
    """Write one HTML file about finished runs, or a comparison, and return its path.

    Args:
        runs: One run, several to show side by side, or one comparison.
        output: The file; default: report.html in the folder of the run, or in the current folder
            for several runs.
        data_dir: Folder of installed data.
        data_file: The runs' table.
        runs_dir: Folder of runs.
    """
    from nnlab.report.page import render
    from nnlab.storage.atomic import write_atomic

    folders = Folders.choose(runs_dir, data_dir, data_file)
    references = [runs] if isinstance(runs, str | Path | RunDir) else runs
    if len(references) == 1 and (comparison := _find_comparison(references[0], folders)):
        return _report_comparison(comparison, output)
    views = [load_view(run, folders) for run in references]
    path = views[0].run.folder.report_path if len(views) == 1 else Path("report.html")
    path = path if output is None else Path(output)
    write_atomic(path, render(views).encode())
    return path


def _find_comparison(reference: str | Path | RunDir, folders: Folders) -> ComparisonDir | None:
    if isinstance(reference, RunDir):
        return None
    result = find_result(str(reference), folders.runs)
    return result if isinstance(result, ComparisonDir) else None


def _report_comparison(folder: ComparisonDir, output: str | Path | None) -> Path:
    from nnlab.comparison.store import load
    from nnlab.report.comparison_page import write_page

    path = folder.report_path if output is None else Path(output)
    write_page(load(folder), path)
    return path


def load_view(run: str | Path | RunDir, folders: Folders) -> RunView:
    """Return a finished run with its data, ready to be drawn."""
    from nnlab.report.run_view import RunView
    from nnlab.runs.load import open_run

    return RunView.load(open_run(load_run(run, runs_dir=folders.runs)), folders)


def runs(*, runs_dir: str | Path | None = None) -> list[dict[str, Any]]:
    """Return one flat record per run and comparison, oldest first.

    ``pandas.DataFrame(nnlab.runs())`` makes a table of them: id, name, status, seeds, tags,
    started_at, train_seconds, contradiction (how the summary differs from the stored predictions,
    or None), and ``val_<metric>`` and ``test_<metric>`` for each metric.

    Args:
        runs_dir: Folder of runs.
    """
    from nnlab.storage.overview import overviews

    records = []
    for overview in overviews(Folders.choose(runs_dir).runs):
        record: dict[str, Any] = {**overview}
        for split in ("val", "test"):
            metrics = record.pop(split) or {}
            record |= {f"{split}_{name}": value for name, value in metrics.items()}
        records.append(record)
    return records
