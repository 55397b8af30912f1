"""The folder of a comparison: its numbers and its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.storage.result_dir import ResultDir

if TYPE_CHECKING:
    from pathlib import Path

COMPARISON_FILE = "comparison.json"


class ComparisonDir(ResultDir):
    """One comparison directory.

    Args:
        path: The folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.comparison_path = path / COMPARISON_FILE
        self.picture_path = path / "metric_against_cost.svg"
        self.report_path = path / "report.html"
