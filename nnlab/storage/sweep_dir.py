"""The folder of a sweep: its plan, its packs, what each rung decided, and the confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.storage.result_dir import ResultDir
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from pathlib import Path

PLAN_FILE = "plan.json"
RESULT_FILE = "result.json"


class SweepDir(ResultDir):
    """One sweep directory.

    Args:
        path: The folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sweep_path = path / "sweep.yaml"
        self.resolved_path = path / "resolved.yaml"
        self.plan_path = path / PLAN_FILE
        self.code_path = path / "code"
        self.result_path = path / RESULT_FILE
        self.report_path = path / "report.html"

    def pack(self, number: int) -> RunDir:
        """Return the run of a pack; it may not exist yet."""
        return RunDir(self.path / "packs" / f"p{number:03d}")

    def confirmation(self, name: str) -> RunDir:
        """Return a run on fresh seeds; it may not exist yet."""
        return RunDir(self.path / "confirm" / name)

    @property
    def winner_path(self) -> Path | None:
        """Folder of the winner's run on fresh seeds; None while the sweep has not finished."""
        found = sorted(self.path.glob("confirm/t[0-9]*"))
        return found[0] if found and self.status == "finished" else None

    def batch_path(self, number: int) -> Path:
        """Return the file of the trials that were proposed from earlier ones; the first is 1."""
        return self.path / "batches" / f"b{number}.json"

    def rung_path(self, number: int) -> Path:
        """Return the file that says who survived a rung."""
        return self.path / "rungs" / f"r{number}.json"
