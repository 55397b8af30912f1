"""A finished sweep, read for its page."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.metrics import METRICS, label_of
from nnlab.report.sweep.dimensions import Dimension, dimensions_of
from nnlab.sweep.confirm import val_of
from nnlab.sweep.halving import survivors
from nnlab.sweep.plan_schema import RungFile
from nnlab.sweep.result_schema import ResultFile
from nnlab.sweep.stored import read_plan
from nnlab.sweep.units import BASE

if TYPE_CHECKING:
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.plan_schema import TrialValues


@dataclass(frozen=True)
class SweepView:
    """What a page shows of a sweep.

    Attributes:
        folder: Its folder.
        plan: Its plan.
        result: What it has found.
        rungs: What each rung has shown.
        dimensions: The keys that were varied.
    """

    folder: SweepDir
    plan: Plan
    result: ResultFile
    rungs: list[RungFile]
    dimensions: list[Dimension]

    @classmethod
    def load(cls, folder: SweepDir) -> SweepView:
        """Read a sweep.

        Raises:
            RunError: If it has not finished, or its files are damaged or contradict each other.
        """
        if folder.status != "finished":
            msg = f"sweep {folder.id} is {folder.status}; to finish it: nnlab resume {folder.id}"
            raise RunError(msg)
        plan, result = read_plan(folder), folder.read_json(folder.result_path, ResultFile)
        paths = [folder.rung_path(number) for number in range(len(plan.rungs))]
        rungs = [folder.read_json(path, RungFile) for path in paths]
        _check(folder, plan, result, rungs)
        return cls(folder, plan, result, rungs, dimensions_of(plan))

    @property
    def metric(self) -> str:
        """Name of the metric, without its split."""
        return self.result["metric"].partition(".")[2]

    @property
    def label(self) -> str:
        """The metric for an axis."""
        return f"val {label_of(self.metric)}"

    @property
    def is_lower_better(self) -> bool:
        """Whether a small metric is good."""
        return METRICS[self.metric].lower_is_better

    @property
    def is_pruned(self) -> bool:
        """Whether trials were stopped early."""
        return len(self.rungs) > 1

    @property
    def winner(self) -> int:
        """Number of the winner."""
        return self.result["winner"]["trial"]

    @cached_property
    def shown(self) -> dict[int, TrialValues]:
        """What the last rung of each trial has shown of it, by number."""
        found = {entry["trial"]: entry for rung in self.rungs for entry in rung["trials"]}
        return dict(sorted(found.items()))

    @cached_property
    def epochs(self) -> dict[int, int]:
        """Epochs of each trial."""
        return {entry["trial"]: rung["epochs"] for rung in self.rungs for entry in rung["trials"]}

    @cached_property
    def to_the_end(self) -> frozenset[int]:
        """The trials of the last rung."""
        return frozenset(entry["trial"] for entry in self.rungs[-1]["trials"])

    @cached_property
    def order(self) -> list[int]:
        """All trials, the best first; one that came further is better."""
        order: list[int] = []
        for rung in self.rungs[::-1]:
            scores = {e["trial"]: e["score"] for e in rung["trials"] if e["trial"] not in order}
            order += survivors(scores, len(scores), lower_is_better=self.is_lower_better)
        return order

    @cached_property
    def base_val(self) -> list[float | None]:
        """The base's validation metric on the fresh seeds of the test; empty if it is damaged."""
        with contextlib.suppress(RunError):
            return val_of(self.folder.confirmation(BASE), self.result["metric"])
        return []

    @property
    def confirmations(self) -> list[RunDir]:
        """The runs on fresh seeds."""
        finalists = [f"choice-t{entry['trial']:04d}" for entry in self.result["finalists"]]
        return [self.folder.confirmation(n) for n in (*finalists, f"t{self.winner:04d}", BASE)]


def _check(folder: SweepDir, plan: Plan, result: ResultFile, rungs: list[RungFile]) -> None:
    """Check that every trial that is named exists.

    Raises:
        RunError: If one does not.
    """
    named = [entry["trial"] for rung in rungs for entry in rung["trials"]]
    named += [trial for rung in rungs for trial in rung["survivors"]]
    named += [result["winner"]["trial"], result["best"]["trial"]]
    named += [entry["trial"] for entry in (*result["finalists"], *result["audited"])]
    if unknown := [number for number in named if number >= len(plan.trials)]:
        msg = f"{folder.path} is damaged: there is no trial {unknown[0]} in its plan"
        raise RunError(msg)
    first = {entry["trial"] for entry in rungs[0]["trials"]}
    if first != {*range(len(plan.trials))} or result["metric"] != plan.metric:
        msg = f"{folder.path} is damaged: its rungs and its result are not those of its plan"
        raise RunError(msg)
