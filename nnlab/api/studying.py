"""A finished run in words and pictures, for pages that draw nothing themselves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nnlab.api.results import load_view
from nnlab.storage.atomic import write_atomic
from nnlab.storage.folders import Folders
from nnlab.storage.result_dir import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nnlab.report.run_view import RunView
    from nnlab.report.words import RunText

STUDY_FILE = "study.json"


def study(
    run: str | Path,
    output: Path,
    *,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> Path:
    """Write what the report says of a finished run, and its pictures, into a folder.

    Args:
        run: The run.
        output: The folder; ``study.json`` is written last.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs.

    Returns:
        The file ``study.json``.

    Raises:
        RunError: If the run is not finished, or is damaged.
        DataError: If its data are missing.
    """
    from nnlab.report.words import describe

    view = load_view(run, Folders.choose(runs_dir, data_dir))
    output.mkdir(parents=True, exist_ok=True)
    pictures = list(_draw_all(view, output))
    path = output / STUDY_FILE
    write_json(path, {**_words(describe(view, view.config.name)), "pictures": pictures})
    return path


def _words(text: RunText) -> dict[str, Any]:
    return {
        "diagnosis": [
            {"severity": "warning", "text": finding.message, **finding.to_json()}
            for finding in text.findings
        ],
        "limits": text.limits,
        "contradiction": text.contradiction,
        "overview": {
            "answer": text.answer._asdict(),
            "story": text.story,
            "parameters": text.parameters,
            "seconds": text.seconds,
            "splits": [split._asdict() for split in text.splits],
            "facts": text.facts,
            "command": text.command,
            "lines": text.config,
        },
    }


def _draw_all(view: RunView, folder: Path) -> Iterator[dict[str, Any]]:
    """Draw every picture that a run has; yield its name, title, caption and numbers."""
    from nnlab.report.plots import PLOTS
    from nnlab.report.style import draw, to_svg
    from nnlab.report.tables import TABLES

    for name, plot in PLOTS.items():
        if plot.missing(view) is not None:
            continue
        figure = draw(partial(plot.picture, view))
        write_atomic(folder / f"{name}.svg", to_svg(figure, name).encode())
        table = TABLES[name](view) if name in TABLES else None
        yield {"name": name, "title": plot.title, "alt": plot.caption, "table": table}
