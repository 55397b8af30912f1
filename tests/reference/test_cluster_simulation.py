"""The simulated cluster of docs/scale.md: nothing is lost, nothing is trained twice to the end."""

import math

import pytest

from benchmarks.cluster import MLP, rungs_of_work, searched
from benchmarks.cluster_simulation import Cluster, Outcome, Simulation

RUNGS = [[3.0, 1.0, 2.0, 5.0, 1.0], [4.0, 4.0], [7.0]]
ROUGH = Cluster(
    workers=3, start=2.0, per_unit=0.5, coordinator=0.1, noise=0.2, slow_share=0.3, slow_factor=3.0
)


def simulated(cluster: Cluster, seed: int = 0) -> Outcome:
    return Simulation(cluster, seed).run(RUNGS)


def test_one_worker_takes_the_sum_of_the_units() -> None:
    outcome = simulated(Cluster(workers=1))
    assert outcome.makespan == pytest.approx(27.0)
    assert outcome.utilisation == pytest.approx(1.0)


def test_every_overhead_of_one_worker_is_paid_once_where_it_is_due() -> None:
    outcome = simulated(Cluster(workers=1, start=2.0, per_unit=0.5, coordinator=0.25))
    assert outcome.makespan == pytest.approx(27.0 + 2.0 + 8 * 0.5 + 8 * 0.25)


def test_a_rung_waits_for_its_last_unit() -> None:
    assert simulated(Cluster(workers=100)).makespan == pytest.approx(5.0 + 4.0 + 7.0)


def test_workers_that_share_processors_take_their_share_of_time() -> None:
    assert simulated(Cluster(workers=5, processors=1)).makespan == pytest.approx(27.0)


@pytest.mark.parametrize("seed", range(20))
def test_a_lost_worker_costs_what_it_had_done_and_its_replacement(seed: int) -> None:
    cluster = Cluster(workers=1, start=2.0, between_losses=10.0, replacement=4.0)
    outcome = simulated(cluster, seed)
    expected = 27.0 + 2.0 + outcome.lost + outcome.losses * 4.0
    starts = outcome.makespan - expected
    assert (
        -1e-9 <= starts <= 2.0 * outcome.losses
    )  # of replacements; one may be lost while it starts
    assert outcome.losses == 0 or outcome.lost > 0


@pytest.mark.parametrize("between_losses", [math.inf, 20.0, 4.0])
def test_every_unit_is_trained_once_to_its_end_and_rungs_do_not_overlap(
    between_losses: float,
) -> None:
    cluster = Cluster(**{**vars(ROUGH), "between_losses": between_losses})
    outcome = simulated(cluster)
    assert sorted(outcome.ended) == list(range(8))
    assert sorted(outcome.ended[:5]) == list(range(5))
    assert outcome.ended[-1] == 7
    assert outcome.work == pytest.approx(27.0)
    assert outcome.makespan * 3 > outcome.work + outcome.lost
    assert (outcome.losses > 0) == (between_losses < math.inf)


def test_a_seed_gives_the_same_cluster() -> None:
    assert simulated(ROUGH, 1) == simulated(ROUGH, 1)
    assert simulated(ROUGH, 1) != simulated(ROUGH, 2)


def test_the_units_are_those_of_the_plan() -> None:
    plan = searched(MLP, 100)
    rungs = rungs_of_work(plan, per_unit=0.0, per_replica_epoch=1.0, seed=0)
    search = sum(map(sum, rungs[: len(plan.rungs)]))
    assert search == pytest.approx(plan.replica_epochs)
    assert [len(rung) for rung in rungs[-2:]] == [3, 2]
    assert len(rungs[0]) == len(plan.packs) == 7
