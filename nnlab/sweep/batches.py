"""The batches of a sweep: each is proposed from the metrics of the trials before.

A batch is a function of the plan and of metrics, as who survives a rung is, so its file is written once
and can be checked at any time.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.errors import ConfigError, RunError
from nnlab.storage import versions
from nnlab.storage.result_dir import write_json
from nnlab.sweep.halving import score_of
from nnlab.sweep.packs import packs_of
from nnlab.sweep.plan_schema import BatchFile
from nnlab.sweep.search import values_of
from nnlab.sweep.stored import read_batch
from nnlab.sweep.tpe import propose, version_of_optuna
from nnlab.sweep.trials import restore
from nnlab.sweep.units import PackUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.trials import Trial
    from nnlab.sweep.units import Unit

TRIES = 4  # per trial
logger = logging.getLogger(__name__)


class Batches(NamedTuple):
    """What decides about the batches of a sweep.

    Attributes:
        folder: The folder of the sweep.
        max_replicas: See ``packs_of``.
        is_strict: Whether a batch that another version of Optuna has proposed is refused if this one
            proposes otherwise; else it stays as it is, with a warning.
    """

    folder: SweepDir
    max_replicas: Callable[[ExperimentConfig], int]
    is_strict: bool = False

    def train(self, plan: Plan, run_all: Callable[[Sequence[Unit]], None]) -> Plan:
        """Train batch after batch, and return the plan with all of them.

        Args:
            plan: The plan; one without batches is returned as it is.
            run_all: Trains units, wherever; it returns when all are done.

        Raises:
            ConfigError: If there are batches, and Optuna is not installed.
            RunError: If a batch that was proposed earlier is not what the metrics lead to.
        """
        if not plan.has_batches:
            return plan
        version_of_optuna()  # before anything trains
        plan = plan.start
        run_all(_units(plan))
        while not plan.is_complete:
            plan = self._next(plan)
            run_all(_units(plan))
        return plan

    def _next(self, plan: Plan) -> Plan:
        """Return a plan with the batch that follows from the metrics."""
        trials = _proposed(self.folder, plan)
        packs = packs_of(trials, len(plan.seeds), self.max_replicas)
        content = {
            "schema_version": versions.SWEEP,
            "optuna": version_of_optuna(),
            "trials": [trial.overrides for trial in trials],
            "packs": [list(pack) for pack in packs],
        }
        path = self.folder.batch_path(len(plan.batches) + 1)
        if not path.is_file():
            write_json(path, content)
        elif not self._agrees(plan, content):
            return read_batch(self.folder, plan)
        return plan.with_batch(trials, packs)

    def _agrees(self, plan: Plan, content: dict[str, Any]) -> bool:
        """Return whether the stored batch after those of a plan is the one that was proposed now.

        Raises:
            RunError: If it should be and is not.
        """
        path = self.folder.batch_path(len(plan.batches) + 1)
        stored = self.folder.read_json(path, BatchFile)
        there, here = stored["optuna"], content["optuna"]
        if stored == {**content, "optuna": there}:
            return True
        if there == here:
            msg = f"{path} contradicts the packs: their metrics, or this file, have been changed"
            raise RunError(msg)
        if self.is_strict:
            msg = (
                f"{path} was proposed by Optuna {there}, and Optuna {here} proposes otherwise from the "
                f"same metrics; to check it: pip install optuna=={there}"
            )
            raise RunError(msg)
        logger.warning(
            "%s was proposed by Optuna %s and is kept; Optuna %s proposes otherwise, and proposes the "
            "batches that are left",
            path,
            there,
            here,
        )
        return False


def _units(plan: Plan) -> list[PackUnit]:
    """Return a unit for each pack of the last batch."""
    first = len(plan.trials) - plan.batches[-1] if plan.batches else 0
    return [
        PackUnit(number, (pack,), len(plan.batches))
        for number, pack in enumerate(plan.packs)
        if pack[0] >= first
    ]


def _proposed(folder: SweepDir, plan: Plan) -> list[Trial]:
    """Return the trials that follow from the metrics of all trials of a plan."""
    first = len(plan.trials)
    values = values_of(folder, plan, range(first), plan.rungs[-1].epochs)
    finished = [(plan.trials[trial].overrides, score_of(own)) for trial, own in values.items()]
    size = min(plan.sweep.sampler.batch, plan.num_trials - first)
    found: list[Trial] = []
    for overrides in propose(plan, finished, len(plan.batches) + 1, TRIES * size):
        with contextlib.suppress(ConfigError):  # values that cannot be together are passed over
            found.append(restore(first + len(found), overrides, plan.base, folder.code_path))
        if len(found) == size:
            break
    return found
