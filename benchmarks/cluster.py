"""What a sweep costs on 10, 100 and 1,000 workers, by simulation.

python -m benchmarks.cluster            the table, from the times in cluster_measured.json
python -m benchmarks.cluster --measure  measure again what the networks take
python -m benchmarks.cluster --check    measure again what Ray costs, and check the simulation (extra ray)

The plans are nnlab's own: trials, packs, rungs and confirmation. Which trials survive is drawn at random;
a unit takes as long as was measured.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cluster_simulation import Cluster, Outcome, Simulation
from nnlab.config.sweep_file import read_sweep
from nnlab.sweep.confirm import finals
from nnlab.sweep.halving import survivors
from nnlab.sweep.plan import Plan
from nnlab.sweep.planning import plan_of
from nnlab.sweep.search import units_of

MEASURED = Path(__file__).with_name("cluster_measured.json")
WORKERS = (1, 10, 100, 1_000)
SIMULATIONS = 10
REPLICAS_OF_PACK = 48
# Assumed, not measured: what a rented cluster is like.
ROUGH = {
    "noise": 0.1,
    "slow_share": 0.05,
    "slow_factor": 3.0,
    "between_losses": 24 * 3600.0,
    "replacement": 120.0,
}


@dataclass(frozen=True)
class Network:
    """What is searched.

    Attributes:
        name: Its key among the measured times.
        title: For people.
        arguments: The experiment and its overrides.
    """

    name: str
    title: str
    arguments: tuple[str, ...]


MLP = Network(
    "mlp",
    "784-64-64-64-10",
    ("mnist_mlp", "model={name: mlp, hidden_sizes: [64, 64, 64], activation: tanh}"),
)
WIDE = Network(
    "wide", "784-256-256-10", ("mnist_mlp", "model={name: mlp, hidden_sizes: [256, 256]}")
)
SEARCHES = ((MLP, 1_000), (MLP, 10_000), (WIDE, 1_000))


def main() -> None:
    """Print the table; measure first if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    measured = json.loads(MEASURED.read_text()) if MEASURED.is_file() else {}
    if options.measure or options.check:
        from benchmarks.cluster_measure import check, measure

        measured |= measure((MLP, WIDE)) if options.measure else {}
        measured |= check() if options.check else {}
        MEASURED.write_text(json.dumps(measured, indent=1) + "\n")
    print(f"measured on {measured['hardware']}, load {measured['load']:.1f}")
    for check in measured["checks"]:
        print(
            "{nodes} Ray nodes: {seconds:.1f} s, {predicted:.1f} s predicted, load {load:.1f}".format(
                **check
            )
        )
    print(
        "\n| search | workers | time (if smooth) | used | workers lost | work lost | paid | speed | price |"
        "\n|---|" + "--:|" * 8
    )
    for network, num_trials in SEARCHES:
        for row in _rows(network, num_trials, measured):
            print(row, flush=True)


def searched(network: Network, num_trials: int) -> Plan:
    """Return the plan of a search over learning rates, with halving from 1 to 27 epochs."""
    first, *others = network.arguments
    arguments = [*others, "optimizer.lr=log(1e-4,1e-1)", "train.epochs=27"]
    options = {"trials": num_trials, "seeds": 3, "prune": "halving"}
    return plan_of(read_sweep(first, arguments, options)).plan


def rungs_of_work(
    plan: Plan, per_unit: float, per_replica_epoch: float, seed: int
) -> list[list[float]]:
    """Return what each unit of each rung takes [s], the confirmation's as two more rungs.

    Args:
        plan: The sweep.
        per_unit: What a unit takes besides its epochs [s].
        per_replica_epoch: What an epoch of a replica takes [s].
        seed: Of the scores.
    """
    scores = dict(enumerate(np.random.default_rng(seed).standard_normal(len(plan.trials))))
    active = [tuple(scores)]
    rungs, done = [], 0
    for number, rung in enumerate(plan.rungs):
        replica_epochs = (rung.epochs - done) * len(plan.seeds)
        units = units_of(plan, active)
        rungs.append(
            [per_unit + len(u.active[-1]) * replica_epochs * per_replica_epoch for u in units]
        )
        keep = plan.rungs[min(number + 1, len(plan.rungs) - 1)].num_trials
        known = {trial: scores[trial] for trial in active[-1]}
        best = survivors(known, keep, lower_is_better=True)
        active.append(tuple(sorted(best)))
        done = rung.epochs
    finalists, last = finals(plan, best[: plan.sweep.confirm.finalists])
    alone = per_unit + plan.sweep.confirm.seeds * plan.base.train.epochs * per_replica_epoch
    return [*rungs, [alone] * len(finalists), [alone for _ in (last(best[0]), last(None))]]


def _rows(network: Network, num_trials: int, measured: dict[str, Any]) -> list[str]:
    plan, own, ray = searched(network, num_trials), measured[network.name], measured["ray"]
    rates = own["per_unit"], own["per_replica_epoch"]
    here = sum(map(sum, rungs_of_work(plan, own["per_unit"], own["per_replica_epoch_here"], 0)))
    rows = []
    for workers in WORKERS:
        cluster = Cluster(
            workers,
            start=ray["start"],
            per_unit=ray["per_unit"] + num_trials * ray["per_trial_of_plan"],
            coordinator=ray["coordinator"],
            **ROUGH,
        )
        found = [
            Simulation(cluster, seed).run(rungs_of_work(plan, *rates, seed))
            for seed in range(SIMULATIONS)
        ]
        smooth = dataclasses.replace(cluster, slow_share=0.0, noise=0.0, between_losses=np.inf)
        ideal = Simulation(smooth, 0).run(rungs_of_work(plan, *rates, 0))
        title = f"{network.title}, {num_trials:,} trials, {len(plan.packs)} packs"
        rows.append(_row(title, found, ideal, here, measured["processors"]))
    return rows


def _row(title: str, found: Sequence[Outcome], ideal: Outcome, here: float, processors: int) -> str:
    """Return a line of the table: medians over the simulations."""

    def middle(values: Sequence[float]) -> float:
        return statistics.median(values)

    makespan = middle([outcome.makespan for outcome in found])
    paid = middle([outcome.paid for outcome in found]) / 3600
    losses = statistics.fmean([outcome.losses for outcome in found])
    lost = statistics.fmean([outcome.lost / outcome.work for outcome in found])
    cells = [
        title,
        f"{found[0].workers:,}",
        f"{_duration(makespan)} ({_duration(ideal.makespan)})",
        f"{middle([outcome.utilisation for outcome in found]):.0%}",
        f"{losses:.1f}",
        f"{lost:.2%}",
        f"{paid:.1f} h",
        f"{here / makespan:.1f}",
        f"{paid * 3600 / (here * processors):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds > 3600 else f"{seconds / 60:.1f} min"


if __name__ == "__main__":
    main()
