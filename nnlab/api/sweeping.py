"""Sweeps from Python: planning the search for better values of an experiment's keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.storage import versions
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nnlab.sweep.costs import Costs
    from nnlab.sweep.plan import Plan


class PlannedSweep(NamedTuple):
    """A plan of a sweep, and what it costs.

    Attributes:
        plan: The plan.
        costs: Memory, disk and time.
        notes: What to know about how the plan came about.
        text: The sweep as written.
    """

    plan: Plan
    costs: Costs
    notes: list[str]
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of ``nnlab sweep --plan --json``."""
        plan = self.plan
        return {
            **plan.to_json(),
            "schema_version": versions.OUTPUT,
            "base": plan.base.name,
            "plan_sha256": plan.sha256,
            "replica_epochs": plan.replica_epochs,
            "unpruned_replica_epochs": plan.unpruned_replica_epochs,
            "costs": self.costs._asdict(),
            "notes": self.notes,
        }


def plan_sweep(
    config: str | Path | Mapping[str, Any],
    overrides: Overrides = (),
    *,
    trials: int | None = None,
    seeds: int | None = None,
    sampler: str | None = None,
    metric: str | None = None,
    prune: str | None = None,
    device: str | None = None,
    data_dir: str | Path | None = None,
    seconds: float = 2.0,
) -> PlannedSweep:
    """Plan a sweep without training it: its trials, packs and rungs, and what they cost.

    Args:
        config: A sweep file, an experiment, the name of a bundled one, or the content of a sweep.
        overrides: Distributions such as ``optimizer.lr=log(1e-4,1e-1)``, and settings of the
            experiment; see ``train``.
        trials: Number of trials.
        seeds: Seeds of each trial.
        sampler: ``grid``, ``random`` or ``sobol``.
        metric: The validation metric that decides, such as ``val.accuracy``.
        prune: ``halving`` or ``none``.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        seconds: How long to measure the time of steps [s].

    Raises:
        ConfigError: If anything in the space could not be trained, or would not be a fair search.
    """
    from nnlab.config.sweep_file import read_sweep
    from nnlab.sweep.costs import Meter
    from nnlab.sweep.planning import plan_of

    arguments = as_arguments(overrides)
    arguments += [f"train.device={device}"] if device is not None else []
    options = {"trials": trials, "seeds": seeds, "metric": metric}
    file = read_sweep(config, arguments, {**options, "sampler": sampler, "prune": prune})
    meter = Meter(Folders.choose(data_dir=data_dir).data)
    plan, notes = plan_of(file, meter.max_replicas)
    return PlannedSweep(plan, meter.costs(plan, seconds), notes, file.text)
