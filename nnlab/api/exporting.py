"""Exporting runs from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from nnlab.api.predicting import as_stored
from nnlab.errors import ConfigError
from nnlab.export.formats import FORMATS, find_exporter
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.folders import Folders
from nnlab.storage.registry import find_result, find_run

if TYPE_CHECKING:
    from nnlab.comparison.result import Comparison
    from nnlab.export.formats import Exported
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir

    Exportable = str | Path | RunDir | StoredRun


class ExportOptions(TypedDict, total=False):
    """Options that some formats take.

    Attributes:
        seed: onnx, torch: the seed whose network is exported; default: the first one.
        ensemble: onnx: whether the answers of all seeds are averaged, as ``predict`` does.
        checkpoint: onnx, torch: ``last`` or ``best``; default: the weights the experiment selects.
        follow: tensorboard, mlflow: whether to go on until a run that is training has ended.
    """

    seed: int | None
    ensemble: bool
    checkpoint: str | None
    follow: bool


def export(
    run: Exportable | Sequence[Exportable],
    to: str,
    output: str | Path | None = None,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    **options: Unpack[ExportOptions],
) -> Exported:
    """Export a finished run to a format of other programs, and check the result with numbers.

    Args:
        run: The run, or several for any format but onnx and torch; a comparison for csv, parquet and latex.
        to: ``onnx``, ``csv``, ...; the error for an unknown format lists all.
        output: The new file or folder; default: named after the experiment, in the current folder.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.
        options: See ``ExportOptions``.

    Returns:
        What was exported: ``path``, ``text`` (one line), ``facts``.

    Raises:
        ConfigError: If the format does not take an option or the run, or the output exists.
        DataError: If the data that the result is checked on are missing.
        CheckFailedError: If the result answers otherwise than the run; nothing is left.
    """
    given = {k: value for k, value in options.items() if value is not None and value is not False}
    exporter = find_exporter(to, given)
    folders = Folders.choose(runs_dir, data_dir, data_file)
    path = None if output is None else Path(output)
    runs = [run] if isinstance(run, str) or not isinstance(run, Sequence) else list(run)
    if FORMATS[to].takes_results:
        return exporter([_as_result(one, folders) for one in runs], path, folders, **given)
    if len(runs) != 1:
        others = ", ".join(name for name, known in FORMATS.items() if known.takes_results)
        msg = f"--to {to} exports one run, not {len(runs)}; of several: {others}"
        raise ConfigError(msg)
    return exporter(as_stored(runs[0], folders.runs), path, folders, **given)


def _as_result(run: Exportable, folders: Folders) -> StoredRun | Comparison:
    """Return a run or a comparison, opened."""
    if isinstance(run, str | Path):
        result = find_result(str(run), folders.runs)
        if isinstance(result, ComparisonDir):
            from nnlab.comparison.store import load

            return load(result)
        run = find_run(str(run), folders.runs)
    return as_stored(run, folders.runs)
