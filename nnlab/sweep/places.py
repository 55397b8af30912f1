"""Where units are trained: the folders of a sweep, or runs that stand for themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from nnlab.storage.run_dir import RunDir
from nnlab.sweep.stored import read_plan
from nnlab.sweep.units import PackUnit, StoredUnit, Unit, is_in

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.plan import Plan


class Place(NamedTuple):
    """Where the units of a sweep are trained.

    Attributes:
        folder: The folder of the sweep.
        plan: Its plan.
        data: Folder of installed data.
        num_threads: As many as torch had where the sweep was started: bytes may depend on them.
        share: Processors for an engine whose bytes do not; None for ``num_threads``.
    """

    folder: SweepDir
    plan: Plan
    data: Path
    num_threads: int
    share: int | None = None

    @property
    def path(self) -> Path:
        """The folder that everything is in."""
        return self.folder.path

    @property
    def on_stop(self) -> str:
        """What to say when a signal stops it."""
        return f"stopped; continue with: nnlab resume {self.folder.id}"

    @property
    def scratch(self) -> Path:
        """Folder for what executors need besides runs."""
        return self.path

    def run_of(self, unit: Unit) -> RunDir:
        """Return the folder of a unit; it may not exist yet."""
        return run_of(self.folder, unit)

    def up_to(self, unit: Unit) -> Place:
        """Return the place with a plan that holds what a unit trains."""
        assert not isinstance(unit, StoredUnit)
        return self if is_in(self.plan, unit) else self._replace(plan=read_plan(self.folder))


class RunsPlace(NamedTuple):
    """Where runs are trained that stand for themselves: their folders say what they are.

    Attributes:
        path: The folder of runs.
        data: Folder of installed data.
        num_threads: See ``Place``.
        share: See ``Place``.
    """

    path: Path
    data: Path
    num_threads: int
    share: int | None = None

    @property
    def on_stop(self) -> str:
        """See ``Place``."""
        return "stopped; continue each run that was interrupted with nnlab resume, then repeat this"

    @property
    def scratch(self) -> Path:
        """See ``Place``; several commands may train in one folder of runs."""
        return self.path / f".elsewhere-{os.getpid()}"

    def run_of(self, unit: Unit) -> RunDir:
        """Return the folder of a unit."""
        assert isinstance(unit, StoredUnit)
        return RunDir(self.path / unit.run)

    def up_to(self, _: Unit) -> RunsPlace:
        """See ``Place``; nothing is added to a run later."""
        return self


AnyPlace = Place | RunsPlace


def run_of(folder: SweepDir, unit: Unit) -> RunDir:
    """Return the folder of a unit of a sweep; it may not exist yet."""
    assert not isinstance(unit, StoredUnit)
    if isinstance(unit, PackUnit):
        return folder.pack(unit.pack)
    return folder.confirmation(unit.name)
