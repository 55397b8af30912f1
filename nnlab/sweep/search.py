"""The search: packs trained rung by rung, and who goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.metrics import METRICS
from nnlab.storage import versions
from nnlab.storage.result_dir import write_json
from nnlab.storage.schemas import value_in
from nnlab.sweep.halving import audited_of, score_of, survivors
from nnlab.sweep.plan_schema import RungFile
from nnlab.sweep.units import PackUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record
    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.units import Unit

Values = dict[int, list[float | None]]


@dataclass(frozen=True)
class RungResult:
    """What a rung has shown.

    Attributes:
        epochs: Epochs of its trials.
        values: The metric of each seed by trial, None for one that has diverged; best trial first.
        survivors: The trials that go on, the best first; at the last rung, all of them in order.
        audited: Pruned trials that go on all the same, to judge the pruning.
    """

    epochs: int
    values: Values
    survivors: tuple[int, ...]
    audited: tuple[int, ...]

    @property
    def scores(self) -> dict[int, float | None]:
        """The mean over seeds by trial; None for a trial with a seed that has diverged."""
        return {trial: score_of(values) for trial, values in self.values.items()}

    def to_json(self) -> dict[str, object]:
        """Return the content of rungs/rN.json."""
        scores = self.scores
        return {
            "schema_version": versions.SWEEP,
            "epochs": self.epochs,
            "trials": [
                {"trial": trial, "score": scores[trial], "seeds": values}
                for trial, values in self.values.items()
            ],
            "survivors": list(self.survivors),
            "audited": list(self.audited),
        }


def search(
    folder: SweepDir, plan: Plan, run_all: Callable[[Sequence[Unit]], None]
) -> list[RungResult]:
    """Train every pack from rung to rung, and return what each rung has shown.

    Args:
        folder: The folder of the sweep.
        plan: Its plan.
        run_all: Trains units, wherever; it returns when all are done.

    Raises:
        RunError: If what an earlier rung has decided is not what the packs say.
    """
    active: list[tuple[int, ...]] = [tuple(range(len(plan.trials)))]
    audited: tuple[int, ...] = ()
    results: list[RungResult] = []
    for number, rung in enumerate(plan.rungs):
        run_all(units_of(plan, active))
        values = values_of(folder, plan, active[-1], rung.epochs)
        is_last = number == len(plan.rungs) - 1
        keep = len(values) if is_last else plan.rungs[number + 1].num_trials
        candidates = {t: score_of(v) for t, v in values.items() if t not in audited}
        order = survivors(candidates, keep, lower_is_better=_is_lower_better(plan))
        if number == 0:
            pruned = [trial for trial in values if trial not in order]
            audited = audited_of(pruned, plan.audited, plan.sweep.sampler.seed)
        results.append(RungResult(rung.epochs, values, order, audited))
        _record(folder, number, results[-1])
        active.append(tuple(sorted({*order, *audited})))
    return results


def _is_lower_better(plan: Plan) -> bool:
    return METRICS[plan.metric.partition(".")[2]].lower_is_better


def units_of(plan: Plan, active: Sequence[tuple[int, ...]]) -> list[PackUnit]:
    """Return a unit for each pack with a trial that goes on."""
    units, rungs = [], [set(of_rung) for of_rung in active]
    for number, pack in enumerate(plan.packs):
        own = tuple(tuple(t for t in pack if t in of_rung) for of_rung in rungs)
        if own[-1]:
            units.append(PackUnit(number, own))
    return units


def values_of(folder: SweepDir, plan: Plan, active: Sequence[int], epochs: int) -> Values:
    """Return the metric of each seed of the active trials after a number of epochs."""
    found: Values = {}
    chosen = set(active)
    for number, pack in enumerate(plan.packs):
        if own := [trial for trial in pack if trial in chosen]:
            records = _by_replica(folder.pack(number), epochs)
            for trial in own:
                metrics = [records.get((trial, seed), []) for seed in plan.seeds]
                found[trial] = [_value(plan, trial, of_seed) for of_seed in metrics]
    return dict(sorted(found.items()))


def _by_replica(run: RunDir, epochs: int) -> Mapping[tuple[int, int], list[Record]]:
    found: dict[tuple[int, int], list[Record]] = {}
    for record in run.metrics:
        if record["epoch"] <= epochs:
            found.setdefault((record.get("trial", 0), record["seed"]), []).append(record)
    return found


def _value(plan: Plan, trial: int, records: Sequence[Record]) -> float | None:
    """Return what counts of a replica: the best epoch if the experiment selects it, else the last."""
    metric = plan.metric.partition(".")[2]
    values = [value_in(record, "val", metric) for record in records]
    if not records or not _is_finite(records[-1]):
        return None
    train = plan.trials[trial].config.train
    if train.select == "last" or train.monitor != plan.metric:
        return values[-1]
    known = [value for value in values if value is not None and math.isfinite(value)]
    return (min if _is_lower_better(plan) else max)(known, default=None)


def _is_finite(record: Record) -> bool:
    losses = [record["train"].get("loss"), value_in(record, "val", "loss")]
    return all(loss is not None and math.isfinite(loss) for loss in losses)


def _record(folder: SweepDir, number: int, result: RungResult) -> None:
    """Write what a rung has decided, or check it if it has been written before."""
    path, content = folder.rung_path(number), result.to_json()
    if not path.is_file():
        write_json(path, content)
        return
    stored = folder.read_json(path, RungFile)
    if stored != content:
        msg = f"{path} contradicts the packs: their metrics, or this file, have been changed"
        raise RunError(msg)
