"""nnlab report."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab import api, console
from nnlab.report.page import render
from nnlab.report.source import RunView
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence


def report(
    references: Sequence[str],
    *,
    output: Path | None,
    open_page: bool,
    data_dir: str | None,
    data_file: Path | None,
    runs_dir: str | None,
) -> None:
    """Write one HTML file about finished runs, and print its path."""
    runs = [api.load_run(reference, runs_dir=runs_dir) for reference in references]
    page = render([RunView.load(run, data_dir, data_file) for run in runs])
    path = output or (runs[0].report_path if len(runs) == 1 else Path("report.html"))
    write_atomic(path, page.encode())
    console.print_line(str(path))
    if open_page:
        webbrowser.open(path.resolve().as_uri())
