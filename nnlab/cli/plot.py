"""nnlab plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import api, console

if TYPE_CHECKING:
    from pathlib import Path


def plot(
    reference: str,
    kind: str,
    *,
    output: Path | None,
    data_dir: str | None,
    data_file: Path | None,
    runs_dir: str | None,
) -> None:
    """Draw one picture of a run to a file and print its path."""
    path = api.plot(
        reference, kind, output, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir
    )
    console.print_line(str(path))
