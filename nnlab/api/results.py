"""Using finished runs from Python: metrics, predictions, reports, pictures, lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnlab.api.training import load_run
from nnlab.errors import ConfigError
from nnlab.storage.folders import Folders
from nnlab.storage.outputs import check_output
from nnlab.storage.registry import find_result
from nnlab.storage.run_dir import RunDir
from nnlab.storage.sweep_dir import SweepDir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.report.run_view import RunView
    from nnlab.runs.load import StoredRun
    from nnlab.storage.comparison_dir import ComparisonDir


Reportable = str | Path | RunDir | SweepDir


def evaluate(
    run: str | Path | RunDir,
    split: Literal["test", "val", "train"] | None = None,
    *,
    checkpoint: str | None = None,
    device: str = "auto",
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    skip_bad_rows: bool = False,
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
        skip_bad_rows: Whether to leave out rows of another table with missing or wrong cells; else
            they are refused.
        runs_dir: Folder of runs.

    Returns:
        The means over seeds under the name of the split, and each seed's metrics.

    Raises:
        ConfigError: If a split is chosen, and the table is not the run's own; or if rows are to be
            skipped, and it is.
    """
    from nnlab.runs.inference import evaluate_run
    from nnlab.runs.load import open_run
    from nnlab.runs.new_table import evaluate_table, is_new
    from nnlab.training.runtime import deterministic

    folders = Folders.choose(runs_dir, data_dir, data_file)
    stored = open_run(load_run(run, runs_dir=folders.runs))
    with deterministic():
        if folders.table is not None and is_new(stored, folders.table):
            _check_whole(stored, folders.table, split)
            return evaluate_table(
                stored, folders.table, which=checkpoint, device=device, skip_bad_rows=skip_bad_rows
            )
        if skip_bad_rows:
            msg = "--skip-bad-rows is for another table than the run's, given by --data-file"
            raise ConfigError(msg)
        return evaluate_run(stored, folders, split or "test", which=checkpoint, device=device)


def _check_whole(run: StoredRun, table: Path, split: str | None) -> None:
    if split is not None:
        msg = (
            f"{table} is not the table of run {run.id}: it has no {split} split, and all of its rows "
            f"are measured; leave out the split"
        )
        raise ConfigError(msg)


def report(
    runs: Reportable | Sequence[Reportable],
    output: str | Path | None = None,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    overwrite: bool = False,
) -> Path:
    """Write one HTML file about finished runs, a comparison or a sweep, and return its path.

    Args:
        runs: One run, several to show side by side, one comparison, or one sweep.
        output: The file; default: report.html in the folder of the run, or in the current folder
            for several runs.
        data_dir: Folder of installed data.
        data_file: The runs' table.
        runs_dir: Folder of runs.
        overwrite: Whether to replace a file that nnlab did not write.

    Raises:
        ConfigError: If there is such a file.
    """
    from nnlab.api.pages import write_page

    folders = Folders.choose(runs_dir, data_dir, data_file)
    references = [runs] if isinstance(runs, str | Path | RunDir | SweepDir) else runs
    if output is not None or len(references) > 1:
        check_output(Path(output or "report.html"), overwrite=overwrite)
    if len(references) == 1 and (found := _find_other(references[0], folders)):
        return _report_other(found, output)
    views = [load_view(run, folders) for run in references]
    path = views[0].run.folder.report_path if len(views) == 1 else Path("report.html")
    path = path if output is None else Path(output)
    write_page(views, path)
    return path


def _find_other(reference: Reportable, folders: Folders) -> ComparisonDir | SweepDir | None:
    """Return the comparison or sweep that a reference names; None if it names a run."""
    if isinstance(reference, RunDir | SweepDir):
        return reference if isinstance(reference, SweepDir) else None
    result = find_result(str(reference), folders.runs)
    return None if isinstance(result, RunDir) else result


def _report_other(folder: ComparisonDir | SweepDir, output: str | Path | None) -> Path:
    from nnlab.api.pages import write_comparison, write_sweep
    from nnlab.comparison.store import load

    path = folder.report_path if output is None else Path(output)
    if isinstance(folder, SweepDir):
        write_sweep(folder, path)
    else:
        write_comparison(load(folder), path)
    return path


def load_view(run: Reportable, folders: Folders) -> RunView:
    """Return a finished run with its data, ready to be drawn.

    Raises:
        IsSweepError: If it is a sweep.
    """
    from nnlab.report.run_view import RunView
    from nnlab.runs.load import open_run

    named = run.path if isinstance(run, SweepDir) else run
    return RunView.load(open_run(load_run(named, runs_dir=folders.runs)), folders)


def runs(*, runs_dir: str | Path | None = None) -> list[dict[str, Any]]:
    """Return one flat record per run, comparison and sweep, oldest first.

    ``pandas.DataFrame(nnlab.runs())`` makes a table of them: id, name, status, seeds, tags,
    started_at, train_seconds, contradiction (how the summary differs from the stored predictions,
    or None), num_trials of a sweep, and ``val_<metric>`` and ``test_<metric>`` for each metric.

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
