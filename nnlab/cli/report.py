"""nnlab report."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab import api, console

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
    path = api.report(references, output, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)
    console.print_line(str(path))
    if open_page:
        webbrowser.open(path.resolve().as_uri())
