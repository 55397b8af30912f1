"""Optuna's sampler without storage: a batch is a function of what is finished."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from nnlab.config.space import settle
from nnlab.config.sweep_file import read_sweep
from nnlab.sweep.plan import Plan
from nnlab.sweep.planning import plan_of
from nnlab.sweep.sampling import draws_of, leaves_of, picks_of
from nnlab.sweep.tpe import draw_of, propose

pytest.importorskip("optuna")

SPACE = [
    "optimizer.lr=log(1e-4,1e-1)",
    "train.batch_size=choice(16,32,64)",
    "model.hidden_sizes=choice([8],[{int: [16, 32]}, 8])",
]
Finished = list[tuple[dict[str, Any], float | None]]
OPTIMIZERS = "optimizer=choice({name: sgd, momentum: {uniform: [0, 0.9]}}, {name: adam})"


def plan(*space: str, metric: str = "val.accuracy") -> Plan:
    return plan_of(read_sweep("digits_mlp", space, {"trials": 4, "metric": metric})).plan


def score(overrides: dict[str, Any]) -> float:
    """Return a score that is best at a learning rate of 0.01 and a batch of 32."""
    distance = abs(math.log10(overrides["optimizer.lr"]) + 2)
    return 1 - distance / 2 - 0.1 * (overrides["train.batch_size"] != 32)


def proposed(sweep: Plan, finished: Finished, batch: int, count: int = 16) -> list[dict[str, Any]]:
    return [*itertools.islice(propose(sweep, finished, batch), count)]


def search(sweep: Plan, num_batches: int, sign: int = 1) -> Finished:
    finished: Finished = []
    for batch in range(num_batches):
        finished += [(found, sign * score(found)) for found in proposed(sweep, finished, batch)]
    return finished


def test_two_searches_try_the_same_and_nothing_twice() -> None:
    sweep = plan(*SPACE)
    finished = search(sweep, 3)

    assert finished == search(sweep, 3)
    assert len(finished) == 48
    assert len({str(overrides) for overrides, _ in finished}) == 48
    assert all(list(overrides) == list(sweep.sweep.space) for overrides, _ in finished)


@pytest.mark.parametrize(("metric", "sign"), [("val.accuracy", 1), ("val.loss", -1)])
def test_later_batches_are_nearer_to_the_best(metric: str, sign: int) -> None:
    finished = search(plan(*SPACE, metric=metric), 4, sign)
    scores = [sign * (value or 0.0) for _, value in finished]

    assert sum(scores[-16:]) / 16 > sum(scores[:16]) / 16 + 0.2


def test_a_diverged_trial_keeps_others_away() -> None:
    sweep = plan("optimizer.lr=log(1e-4,1e-1)", "train.batch_size=choice(16,32,64)")
    first = proposed(sweep, [], 0)
    finished = [(o, None if o["optimizer.lr"] > 3e-3 else 0.5 + o["optimizer.lr"]) for o in first]

    later = proposed(sweep, finished, 1)
    assert sum(o["optimizer.lr"] > 1e-2 for o in later) <= 4


def test_a_batch_that_has_diverged_as_a_whole_is_followed_by_another() -> None:
    sweep = plan(*SPACE)
    finished: Finished = [(overrides, None) for overrides in proposed(sweep, [], 0)]

    assert len(proposed(sweep, finished, 1)) == 16


def test_a_small_space_is_exhausted() -> None:
    sweep = plan("train.batch_size=choice(16,32,64)")

    assert len(proposed(sweep, [], 0)) == 3
    assert proposed(sweep, [({"train.batch_size": size}, 0.5) for size in (16, 32, 64)], 1) == []


@pytest.mark.parametrize("number", range(8))
def test_a_draw_is_found_from_its_values(number: int) -> None:
    space = plan("optimizer.lr=log(1e-4,1e-1)", OPTIMIZERS, *SPACE[1:]).sweep.space
    sampler = plan(*SPACE).sweep.sampler
    draw = draws_of(space, sampler, 8)[number]

    used: dict[Any, Any] = {}
    for key, value in space.items():
        plain, _ = settle(value, picks_of(draw), ("space", key))
        found = draw_of(value, plain, ("space", key))
        assert found is not None
        used |= found
        assert settle(value, picks_of(found), ("space", key))[0] == plain
    assert used.items() <= draw.items()
    assert len(leaves_of(space)) == len(draw)


def test_ranges_inside_options_are_proposed() -> None:
    sweep = plan("model.dropout=uniform(0,0.5)", OPTIMIZERS)
    finished = [(o, float(o["optimizer"]["name"] == "sgd")) for o in proposed(sweep, [], 0)]
    later = proposed(sweep, finished, 1)

    assert sum(o["optimizer"]["name"] == "sgd" for o in later) > 8
    assert all(("momentum" in o["optimizer"]) == (o["optimizer"]["name"] == "sgd") for o in later)
