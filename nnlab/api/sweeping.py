"""Sweeps from Python: the search for better values of an experiment's keys."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.errors import RunError
from nnlab.storage import versions
from nnlab.storage.folders import Folders
from nnlab.storage.registry import find_result
from nnlab.storage.sweep_dir import SweepDir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.sweep_file import SweepFile
    from nnlab.sweep.conduct import OnDone
    from nnlab.sweep.costs import Costs
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.result_schema import ResultFile
    from nnlab.sweep.verify import SweepVerification


class Sweep(SweepDir):
    """A sweep, as ``nnlab.sweep`` returns it; printed, it is what was found."""

    @property
    def result(self) -> ResultFile:
        """What it has found, as in result.json.

        Raises:
            RunError: If it has not finished.
        """
        from nnlab.sweep.result_schema import ResultFile

        return self.read_json(self.result_path, ResultFile)

    @property
    def sentences(self) -> Sequence[str]:
        """What it has found, in sentences."""
        from nnlab.sweep.words import sentences

        return [*sentences(self.result)]

    def __str__(self) -> str:
        return "\n".join(self.sentences)


OnStart = Callable[["Sweep", "Plan"], object]


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
            "num_trials": plan.num_trials,
            "num_batches": plan.num_batches,
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
        sampler: ``grid``, ``random``, ``sobol`` or ``tpe``.
        metric: The validation metric that decides, such as ``val.accuracy``.
        prune: ``halving`` or ``none``.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        seconds: How long to measure the time of steps [s].

    Raises:
        ConfigError: If anything in the space could not be trained, or would not be a fair search.
    """
    from nnlab.sweep.costs import Meter
    from nnlab.sweep.planning import plan_of

    options = {"trials": trials, "seeds": seeds, "metric": metric}
    file = _read(config, overrides, {**options, "sampler": sampler, "prune": prune}, device)
    meter = Meter(Folders.choose(data_dir=data_dir).data)
    plan, notes = plan_of(file, meter.max_replicas)
    return PlannedSweep(plan, meter.costs(plan, seconds), notes, file.text)


def sweep(
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
    runs_dir: str | Path | None = None,
    on: str | None = None,
    on_start: OnStart | None = None,
    on_done: OnDone | None = None,
) -> Sweep:
    """Search for better values on validation examples, and test the winner on fresh seeds.

    Args:
        config: See ``plan_sweep``, as for all arguments that are not explained here.
        overrides: Distributions, and settings of the experiment.
        trials: Number of trials.
        seeds: Seeds of each trial.
        sampler: How values are chosen.
        metric: The validation metric that decides.
        prune: Whether bad trials are stopped early.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs; the sweep becomes one folder in it.
        on: Where packs are trained: ``process:4``, ``ray`` or ``slurm``; default: in this process.
        on_start: Called with the sweep and its plan before anything trains.
        on_done: Called with each unit that has been trained, how many of its batch have been, and
            how many there are.

    Raises:
        ConfigError: If anything in the space could not be trained, or would not be a fair search.
        InterruptedRun: If a signal asked to stop; ``resume`` goes on.
    """
    options = {"trials": trials, "seeds": seeds, "metric": metric}
    file = _read(config, overrides, {**options, "sampler": sampler, "prune": prune}, device)
    folders = Folders.choose(runs_dir, data_dir)
    return conduct_sweep(start_sweep(file, folders), folders, on, on_start, on_done)


def start_sweep(file: SweepFile, folders: Folders) -> Sweep:
    """Plan a sweep that has been read, and make its folder."""
    from nnlab.sweep.conduct import create
    from nnlab.sweep.costs import Meter
    from nnlab.sweep.planning import plan_of
    from nnlab.sweep.tpe import version_of_optuna

    plan, _ = plan_of(file, Meter(folders.data).max_replicas)
    if plan.has_batches:
        version_of_optuna()  # before anything is made
    folder = create(plan, f"{plan.base.name}-sweep", file.text, folders.runs)
    return Sweep(folder.path)


def resume_sweep(
    folder: SweepDir,
    *,
    data_dir: str | Path | None = None,
    on: str | None = None,
    on_start: OnStart | None = None,
    on_done: OnDone | None = None,
) -> Sweep:
    """Go on with a sweep; one that has finished is returned unchanged. See ``sweep``."""
    sweep = Sweep(folder.path)
    if sweep.status == "finished":
        return sweep
    return conduct_sweep(sweep, Folders.choose(data_dir=data_dir), on, on_start, on_done)


def conduct_sweep(
    sweep: Sweep,
    folders: Folders,
    on: str | None,
    on_start: OnStart | None,
    on_done: OnDone | None,
) -> Sweep:
    """Train a sweep from wherever it was left; see ``sweep``."""
    from nnlab.sweep.conduct import conduct, place_of
    from nnlab.sweep.executors.choose import executor_of

    place = place_of(sweep, folders.data)
    if on_start is not None:
        on_start(sweep, place.plan)
    conduct(place, executor_of(on, place), on_done or (lambda *_: None))
    return sweep


def load_sweep(reference: str | Path, *, runs_dir: str | Path | None = None) -> Sweep | None:
    """Return the sweep that a reference names; None if it names something else, or nothing."""
    with contextlib.suppress(RunError):
        result = find_result(str(reference), Folders.choose(runs_dir).runs)
        return Sweep(result.path) if isinstance(result, SweepDir) else None
    return None


def verify_sweep(folder: SweepDir, *, data_dir: str | Path | None = None) -> SweepVerification:
    """Check every decision of a finished sweep, and train a pack drawn at random again.

    Raises:
        RunError: If it has not finished, or a decision does not follow from the metrics.
    """
    from nnlab.sweep import verify
    from nnlab.sweep.conduct import place_of

    return verify.verify_sweep(place_of(folder, Folders.choose(data_dir=data_dir).data))


def winner_of(sweep: Sweep) -> ExperimentConfig:
    """Return the experiment of a sweep's winner, for the seeds of the base.

    Raises:
        RunError: If the sweep has not finished.
    """
    from nnlab.sweep.stored import read_plan

    plan = read_plan(sweep)
    return plan.trials[sweep.result["winner"]["trial"]].config


def _read(
    config: str | Path | Mapping[str, Any],
    overrides: Overrides,
    options: Mapping[str, Any],
    device: str | None,
) -> SweepFile:
    from nnlab.config.sweep_file import read_sweep

    arguments = as_arguments(overrides)
    arguments += [f"train.device={device}"] if device is not None else []
    return read_sweep(config, arguments, options)
