"""Exporting runs from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from nnlab.api.predicting import as_stored
from nnlab.export.formats import find_exporter
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from nnlab.export.formats import Exported
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir


class ExportOptions(TypedDict, total=False):
    """Options that some formats take.

    Attributes:
        seed: onnx: the seed whose network is exported; default: the first one.
        ensemble: onnx: whether the answers of all seeds are averaged, as ``predict`` does.
        checkpoint: onnx: ``last`` or ``best``; default: the weights the experiment selects.
    """

    seed: int | None
    ensemble: bool
    checkpoint: str | None


def export(
    run: str | Path | RunDir | StoredRun,
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
        run: The run.
        to: ``onnx``; the error for an unknown format lists all.
        output: The new file or folder; default: named after the experiment, in the current folder.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.
        options: ``seed``, ``ensemble`` and ``checkpoint``.

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
    stored = as_stored(run, folders.runs)
    return exporter(stored, None if output is None else Path(output), folders, **given)
