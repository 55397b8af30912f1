"""The plan of a sweep: all that it will do, decided before anything trains."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nnlab.config.own_anchoring import mapping_of
from nnlab.config.sweep import SweepConfig
from nnlab.config.sweep_rules import sweep_rules
from nnlab.config.yaml12 import dump
from nnlab.errors import ConfigError, RunError
from nnlab.storage import versions
from nnlab.storage.schemas import check
from nnlab.sweep.halving import Rung
from nnlab.sweep.packs import kind_of
from nnlab.sweep.plan_schema import PlanFile
from nnlab.sweep.trials import Trial, restore, restore_base

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig

FILE = "plan.json"


@dataclass(frozen=True)
class Plan:
    """What a sweep will do.

    Attributes:
        sweep: The sweep.
        base: The experiment as it is without the space, for the seeds of the search.
        trials: All trials, by number.
        packs: Numbers of the trials that train together; the replicas of a pack are trial 0 with seed
            0, trial 0 with seed 1, ...
        rungs: Epochs at which trials are pruned, and how many train to there; the last one is the end.
        seeds: Seeds of the search, the same for every trial.
        metric: What decides, such as ``val.accuracy``.
    """

    sweep: SweepConfig
    base: ExperimentConfig
    trials: tuple[Trial, ...]
    packs: tuple[tuple[int, ...], ...]
    rungs: tuple[Rung, ...]
    seeds: tuple[int, ...]
    metric: str

    @property
    def audited(self) -> int:
        """Number of pruned trials that are trained to the end."""
        num_pruned = len(self.trials) - self.rungs[-1].num_trials
        return min(self.sweep.audit, num_pruned)

    @property
    def replica_epochs(self) -> int:
        """Epochs of all replicas of the search together, without the audit."""
        if len(self.rungs) == 1:
            return self.unpruned_replica_epochs
        starts = [0, *(rung.epochs for rung in self.rungs)]
        spent = [
            rung.num_trials * (rung.epochs - start)
            for start, rung in zip(starts, self.rungs, strict=False)
        ]
        return len(self.seeds) * sum(spent)

    @property
    def unpruned_replica_epochs(self) -> int:
        """Epochs of all replicas if every trial were trained to the end."""
        return len(self.seeds) * sum(trial.config.train.epochs for trial in self.trials)

    def to_json(self) -> dict[str, Any]:
        """Return the content of plan.json."""
        return {
            "schema_version": versions.SWEEP,
            "sweep": self.sweep.to_json(),
            "base": mapping_of(self.base, only_set=True),
            "trials": [trial.overrides for trial in self.trials],
            "packs": [list(pack) for pack in self.packs],
            "rungs": [asdict(rung) for rung in self.rungs],
            "seeds": list(self.seeds),
            "metric": self.metric,
        }

    @cached_property
    def text(self) -> str:
        """The text of plan.json."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n"

    @property
    def sweep_text(self) -> str:
        """A sweep file that leads to the same trials: all defaults written out, the base inside."""
        base = mapping_of(self.base, only_set=True)
        base["train"] = {k: v for k, v in base.get("train", {}).items() if k != "seeds"}
        return dump({**self.sweep.to_json(), "base": base})

    @property
    def sha256(self) -> str:
        """SHA-256 of plan.json."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def from_json(cls, value: object, code: Path) -> Plan:
        """Return the plan that a plan.json holds, whoever wrote it.

        Args:
            value: The content of the file.
            code: Folder of the user's own code that the plan names; it is read, not run.

        Raises:
            RunError: If it is no plan, or contradicts itself.
        """
        try:
            stored = check(PlanFile, value)
            base = restore_base(stored["base"], code)
            trials = tuple(
                restore(number, overrides, base, code)
                for number, overrides in enumerate(stored["trials"])
            )
            plan = cls(
                sweep=SweepConfig.model_validate(stored["sweep"]),
                base=base,
                trials=trials,
                packs=tuple(map(tuple, stored["packs"])),
                rungs=tuple(Rung(rung["epochs"], rung["num_trials"]) for rung in stored["rungs"]),
                seeds=tuple(stored["seeds"]),
                metric=stored["metric"],
            )
            _check(plan)
        except (ValueError, ConfigError) as error:
            msg = f"{FILE}: {error}"
            raise RunError(msg) from error
        return plan


def _check(plan: Plan) -> None:
    """Check that the parts of a plan agree.

    Raises:
        ValueError: If they do not.
    """
    if plan.metric != (plan.sweep.metric or plan.base.train.monitor):
        msg = "metric: it is not that of the sweep"
        raise ValueError(msg)
    for path, text in sweep_rules(plan.sweep, plan.base, plan.metric):
        msg = f"sweep.{'.'.join(map(str, path))}: {text}"
        raise ValueError(msg)
    for trial in plan.trials:
        if trial.overrides.keys() != plan.sweep.space.keys():
            msg = f"trials.{trial.number}: its keys are not those of the space"
            raise ValueError(msg)
    _check_packs(plan)
    if len(plan.seeds) != plan.sweep.seeds or plan.seeds != tuple(plan.base.train.replica_seeds):
        msg = "seeds: they are not those of the sweep and its base"
        raise ValueError(msg)
    _check_rungs(plan)


def _check_packs(plan: Plan) -> None:
    numbers = [number for pack in plan.packs for number in pack]
    if sorted(numbers) != list(range(len(plan.trials))):
        msg = "packs: each trial must be in one of them"
        raise ValueError(msg)
    for index, pack in enumerate(plan.packs):
        if len({kind_of(plan.trials[number].config) for number in pack}) > 1:
            msg = f"packs.{index}: its trials differ in more than replicas can"
            raise ValueError(msg)


def _check_rungs(plan: Plan) -> None:
    rungs = plan.rungs
    is_ladder = all(
        low.epochs < high.epochs and low.num_trials >= high.num_trials
        for low, high in pairwise(rungs)
    )
    end = max(trial.config.train.epochs for trial in plan.trials)
    if not is_ladder or rungs[0].num_trials != len(plan.trials) or rungs[-1].epochs != end:
        msg = "rungs: they do not lead from all trials to the last epoch"
        raise ValueError(msg)
