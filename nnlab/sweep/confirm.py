"""The confirmation: the best trials and the base, on seeds that the search has not seen.

The best of many trials looks better than it is: it is chosen for its luck, too. So the finalists are
trained again on fresh seeds and judged by validation; then the best of them and the base are trained on
other fresh seeds, and only these open the test examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.comparison.costs import measure
from nnlab.comparison.portions import Portion
from nnlab.comparison.result import compare_runs
from nnlab.errors import DivergedError
from nnlab.metrics import COMPARED, METRICS, metrics_of
from nnlab.runs.load import open_run
from nnlab.storage.schemas import scalars_of
from nnlab.sweep.halving import score_of, survivors
from nnlab.sweep.places import run_of
from nnlab.sweep.units import BASE, RunUnit, fresh_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from nnlab.comparison.result import Comparison
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.units import Unit

TUNED = "tuned"


class Confirmation(NamedTuple):
    """What fresh seeds have shown.

    Attributes:
        finalists: The validation metric of each finalist on each of its fresh seeds; None for a seed
            that has diverged.
        winner: Number of the best finalist.
        val: The winner's validation metric on other fresh seeds.
        test: The comparison of the winner with the base on the test examples.
    """

    finalists: dict[int, list[float | None]]
    winner: int
    val: list[float | None]
    test: Comparison


def confirm(
    folder: SweepDir,
    plan: Plan,
    finalists: Sequence[int],
    run_all: Callable[[Sequence[Unit]], None],
    data_dir: Path,
) -> Confirmation:
    """Train the finalists on fresh seeds, then the best of them and the base on others.

    With a single finalist, there is nothing to choose.

    Args:
        folder: The folder of the sweep.
        plan: Its plan.
        finalists: The best trials of the search, the best first.
        run_all: Trains units, wherever; it returns when all are done.
        data_dir: Folder of installed data.

    Raises:
        DivergedError: If the winner, or the base, has diverged with every fresh seed.
    """
    trials, last = finals(plan, finalists)
    run_all(trials)
    values = {
        trial: val_of(run_of(folder, unit), plan.metric)
        for trial, unit in zip(finalists, trials, strict=False)
    }
    winner = _best(plan, values) if values else finalists[0]
    tuned, base = last(winner), last(None)
    run_all([tuned, base])
    runs = {TUNED: run_of(folder, tuned), plan.base.name: run_of(folder, base)}
    test = compare(runs, metric_of_test(plan), data_dir)
    val = val_of(runs[TUNED], plan.metric)
    return Confirmation(values, winner, val, test)


def _best(plan: Plan, values: Mapping[int, Sequence[float | None]]) -> int:
    scores = {trial: score_of(seeds) for trial, seeds in values.items()}
    is_lower_better = METRICS[plan.metric.partition(".")[2]].lower_is_better
    (best,) = survivors(scores, 1, lower_is_better=is_lower_better)
    return best


def finals(
    plan: Plan, finalists: Sequence[int]
) -> tuple[list[RunUnit], Callable[[int | None], RunUnit]]:
    """Return the units of the finalists, and a function that returns the last unit of a trial.

    A single finalist needs no choice.
    """
    number = plan.sweep.confirm.seeds
    first = fresh_seed(plan, "choice")
    second = fresh_seed(plan, "confirmation", range(first, first + number))
    trials = [
        RunUnit(f"choice-t{trial:04d}", trial, first, number, withholds_test=True)
        for trial in (finalists if len(finalists) > 1 else ())
    ]

    def last(trial: int | None) -> RunUnit:
        name = BASE if trial is None else f"t{trial:04d}"
        return RunUnit(name, trial, second, number, withholds_test=False)

    return trials, last


def val_of(run: RunDir, metric: str) -> list[float | None]:
    """Return the validation metric of each seed of a finished run; None for one that has diverged."""
    if run.meta.get("status") == "diverged":
        return [None] * len(run.meta.get("seeds", [0]))
    name = metric.partition(".")[2]
    return [scalars_of(seed, "val").get(name) for seed in run.summary["per_seed"]]


def metric_of_test(plan: Plan) -> str:
    """Return the metric of the test: what the search went by, if contenders can be compared by it."""
    task, name = plan.base.dataset.task, plan.metric.partition(".")[2]
    return name if name in metrics_of(task) else COMPARED[task]


def compare(runs: Mapping[str, RunDir], metric: str, data_dir: Path) -> Comparison:
    """Compare runs on the same fresh seeds by the test examples.

    Raises:
        DivergedError: If one has diverged with every seed.
    """
    for name, run in runs.items():
        if run.meta.get("status") == "diverged":
            msg = f"{name} has diverged with every fresh seed: {run.path}"
            raise DivergedError(msg)
    portions = {name: [Portion.whole(open_run(run))] for name, run in runs.items()}
    costs = {name: measure(own[0].run) for name, own in portions.items()}
    return compare_runs(portions, metric, costs, data_dir=data_dir)
