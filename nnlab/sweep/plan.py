"""The plan of a sweep: all that it will do, decided before anything trains.

For a sweep in batches, it fixes the first one and how the others follow from the metrics.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

from nnlab.config.own_anchoring import mapping_of
from nnlab.config.sweep import SweepConfig
from nnlab.config.yaml12 import dump
from nnlab.errors import ConfigError, RunError
from nnlab.storage import versions
from nnlab.storage.schemas import check
from nnlab.sweep.halving import Rung
from nnlab.sweep.plan_rules import check_packs, check_plan, check_trials
from nnlab.sweep.plan_schema import PlanFile
from nnlab.sweep.trials import Trial, restore, restore_base

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig

FILE = "plan.json"


def to_the_end(trials: Sequence[Trial]) -> tuple[Rung, ...]:
    """Return the only rung of trials that nothing prunes."""
    return (Rung(max(trial.config.train.epochs for trial in trials), len(trials)),)


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
        batches: Number of trials of each later batch; plan.json holds none of them. A batch of none
            is the last: the space has no other values.
    """

    sweep: SweepConfig
    base: ExperimentConfig
    trials: tuple[Trial, ...]
    packs: tuple[tuple[int, ...], ...]
    rungs: tuple[Rung, ...]
    seeds: tuple[int, ...]
    metric: str
    batches: tuple[int, ...] = ()

    @property
    def has_batches(self) -> bool:
        """Whether trials are proposed from the metrics of earlier ones."""
        return self.sweep.sampler.name == "tpe"

    @property
    def is_complete(self) -> bool:
        """Whether all trials are known."""
        is_full = len(self.trials) >= self.sweep.max_trials
        return not self.has_batches or is_full or self.batches[-1:] == (0,)

    @property
    def num_trials(self) -> int:
        """Number of trials, with those that are not known yet."""
        return len(self.trials) if self.is_complete else self.sweep.max_trials

    @property
    def num_batches(self) -> int:
        """Number of batches, with those that are not known yet; one if the sweep has none."""
        left = self.num_trials - len(self.trials)
        return 1 + len(self.batches) + ceil(left / self.sweep.sampler.batch)

    @property
    def num_survivors(self) -> int:
        """Number of trials that are trained to the end, without the audit."""
        return self.num_trials if len(self.rungs) == 1 else self.rungs[-1].num_trials

    @property
    def start(self) -> Plan:
        """The plan as plan.json holds it."""
        if not self.batches:
            return self
        trials = self.trials[: len(self.trials) - sum(self.batches)]
        packs = tuple(pack for pack in self.packs if pack[0] < len(trials))
        return replace(self, trials=trials, packs=packs, rungs=to_the_end(trials), batches=())

    def with_batch(self, trials: Sequence[Trial], packs: Sequence[Sequence[int]]) -> Plan:
        """Return the plan with another batch.

        Args:
            trials: Its trials.
            packs: Numbers of those that train together.

        Raises:
            ValueError: If the plan allows no such batch.
        """
        size = min(self.sweep.sampler.batch, self.num_trials - len(self.trials))
        if len(trials) > size or self.is_complete:
            msg = f"trials: {len(trials):,} are more than the plan allows"
            raise ValueError(msg)
        whole = (*self.trials, *trials)
        own = tuple(map(tuple, packs))
        check_trials(trials, self.sweep)
        check_packs(whole, own, len(self.trials))
        return replace(
            self,
            trials=whole,
            packs=(*self.packs, *own),
            rungs=to_the_end(whole),
            batches=(*self.batches, len(trials)),
        )

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
        """Epochs of all replicas if every trial were trained to the end.

        A trial that is not known yet counts as the others do on average.
        """
        known = sum(trial.config.train.epochs for trial in self.trials)
        return len(self.seeds) * round(known * self.num_trials / len(self.trials))

    def to_json(self) -> dict[str, Any]:
        """Return the content of plan.json, for a plan without later batches."""
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
        return json.dumps(self.start.to_json(), ensure_ascii=False, indent=1) + "\n"

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
            check_plan(plan)
        except (ValueError, ConfigError) as error:
            msg = f"{FILE}: {error}"
            raise RunError(msg) from error
        return plan
