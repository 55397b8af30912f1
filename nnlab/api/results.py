"""Using finished runs from Python: metrics, predictions, reports, pictures, lists."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnlab.api.training import load_run
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from nnlab.report.run_view import RunView
    from nnlab.runs.load import StoredRun


def evaluate(
    run: str | Path | RunDir,
    split: Literal["test", "val", "train"] = "test",
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
        split: ``test``, ``val`` or ``train``.
        checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.

    Returns:
        The means over seeds under the name of the split, and each seed's metrics.
    """
    from nnlab.runs.inference import evaluate_run
    from nnlab.runs.load import open_run
    from nnlab.training.runtime import deterministic

    folders = Folders.choose(runs_dir, data_dir, data_file)
    stored = open_run(load_run(run, runs_dir=folders.runs))
    with deterministic():
        return evaluate_run(stored, folders, split, which=checkpoint, device=device)


def predict(
    run: str | Path | RunDir | StoredRun,
    rows: str | Path | Mapping[str, float | str] | np.ndarray,
    *,
    checkpoint: str | None = None,
    runs_dir: str | Path | None = None,
) -> list[dict[str, Any]]:
    """Predict new rows with a finished run, averaged over its replicas.

    Args:
        run: The run.
        rows: A CSV file with the run's feature columns, an image file, one row's values by feature,
            or raw features ``(N, ...)`` as in the run's data, before standardisation.
        checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
        runs_dir: Folder of runs.

    Returns:
        One record per row: ``row`` (from 1), and ``class`` and ``probabilities`` by class name, or
        ``value`` for a regression. ``pandas.DataFrame(records)`` makes a table of them.

    Raises:
        DataError: If the rows do not fit the run's inputs.
    """
    from nnlab.runs.predictions import predict_records, read_rows, row_of

    stored = _opened(run, runs_dir)
    if isinstance(rows, str | Path):
        rows = read_rows(stored, Path(rows))
    elif isinstance(rows, Mapping):
        rows = row_of(stored, rows)
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
    """Write one HTML file about finished runs and return its path.

    Args:
        runs: One run, or several to show side by side.
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
    views = [_view(run, folders) for run in references]
    path = views[0].run.folder.report_path if len(views) == 1 else Path("report.html")
    path = path if output is None else Path(output)
    write_atomic(path, render(views).encode())
    return path


def plot(
    run: str | Path | RunDir,
    kind: str,
    output: str | Path | None = None,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> Path:
    """Draw one picture of a finished run and return its file.

    Args:
        run: The run.
        kind: curves, boundary, confusion, ...; the error for an unknown kind lists all.
        output: A .svg or .png file; default: ``<run>-<kind>.svg`` in the current folder.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.

    Raises:
        ConfigError: If there is no such kind, or the run does not have it.
    """
    from nnlab.report.plots import PLOTS
    from nnlab.report.style import draw, save

    if kind not in PLOTS:
        msg = f"unknown plot {kind!r}{did_you_mean(kind, PLOTS)}; known: {', '.join(PLOTS)}"
        raise ConfigError(msg)
    view = _view(run, Folders.choose(runs_dir, data_dir, data_file))
    if reason := PLOTS[kind].missing(view):
        available = [name for name in PLOTS if PLOTS[name].missing(view) is None]
        msg = f"run {view.run.id} has no {kind}: {reason}; it has {', '.join(available)}"
        raise ConfigError(msg)
    path = Path(output or f"{view.run.id}-{kind}.svg")
    save(draw(lambda: PLOTS[kind].picture(view)), path)
    return path


def _view(run: str | Path | RunDir, folders: Folders) -> RunView:
    from nnlab.report.run_view import RunView
    from nnlab.runs.load import open_run

    return RunView.load(open_run(load_run(run, runs_dir=folders.runs)), folders)


def runs(*, runs_dir: str | Path | None = None) -> list[dict[str, Any]]:
    """Return one flat record per run and comparison, oldest first.

    ``pandas.DataFrame(nnlab.runs())`` makes a table of them: id, name, status, seeds, tags,
    started_at, train_seconds, and ``test_<metric>`` for each test metric.

    Args:
        runs_dir: Folder of runs.
    """
    from nnlab.storage.overview import overviews

    records = []
    for overview in overviews(Folders.choose(runs_dir).runs):
        record: dict[str, Any] = {**overview}
        test = record.pop("test") or {}
        records.append(record | {f"test_{name}": value for name, value in test.items()})
    return records
