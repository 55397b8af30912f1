"""The values of a trial are a function of the space, the sampler's seed and its number."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from nnlab.config.space import settle
from nnlab.config.sweep import SamplerConfig
from nnlab.sweep.sampling import draws_of, picks_of, rounded

LR = {"log": [1e-4, 1e-1]}
SPACE = {
    "optimizer.lr": LR,
    "model.dropout": {"uniform": [0.0, 0.5]},
    "train.epochs": {"int": [1, 4]},
    "optimizer": {
        "choice": [{"name": "sgd", "momentum": {"uniform": [0, 0.9]}}, {"name": "adamw"}]
    },
}
DRAWN = ["random", "sobol"]


def values(space: dict[str, Any], sampler: dict[str, Any], count: int | None) -> list[Any]:
    draws = draws_of(space, SamplerConfig.model_validate(sampler), count)
    return [
        {key: settle(value, picks_of(draw), ("space", key))[0] for key, value in space.items()}
        for draw in draws
    ]


@pytest.mark.parametrize("name", DRAWN)
def test_a_trial_does_not_depend_on_how_many_there_are(name: str) -> None:
    sampler = {"name": name, "seed": 3}

    assert values(SPACE, sampler, 64)[:5] == values(SPACE, sampler, 5)
    assert values(SPACE, sampler, 1) == values(SPACE, sampler, 7)[:1]


@pytest.mark.parametrize("name", DRAWN)
def test_another_seed_draws_other_values(name: str) -> None:
    one, other = (values({"lr": LR}, {"name": name, "seed": seed}, 4) for seed in (0, 1))

    assert not {v["lr"] for v in one} & {v["lr"] for v in other}


def test_random_values_of_a_key_do_not_depend_on_the_other_keys() -> None:
    alone = values({"optimizer.lr": LR}, {"name": "random"}, 8)
    together = values(SPACE, {"name": "random"}, 8)

    assert [v["optimizer.lr"] for v in alone] == [v["optimizer.lr"] for v in together]


@pytest.mark.parametrize("name", DRAWN)
def test_values_fill_their_ranges_evenly_with_four_digits(name: str) -> None:
    drawn = values(SPACE, {"name": name}, 512)
    rates = [v["optimizer.lr"] for v in drawn]
    thirds = [sum(10**low <= lr < 10 ** (low + 1) for lr in rates) for low in (-4, -3, -2)]

    assert sum(thirds) == 512
    assert all(140 <= third <= 201 for third in thirds)
    assert all(float(f"{lr:.4g}") == lr for lr in rates)
    assert {v["train.epochs"] for v in drawn} == {1, 2, 3, 4}
    assert all(type(v["train.epochs"]) is int for v in drawn)
    assert all(0 <= v["model.dropout"] <= 0.5 for v in drawn)


@pytest.mark.parametrize("name", DRAWN)
def test_a_range_inside_an_option_is_drawn_only_with_it(name: str) -> None:
    sections = [v["optimizer"] for v in values(SPACE, {"name": name}, 64)]

    assert {section["name"] for section in sections} == {"sgd", "adamw"}
    assert all(("momentum" in s) == (s["name"] == "sgd") for s in sections)


def test_sobol_covers_a_range_better_than_random_draws() -> None:
    def gap(name: str) -> float:
        logs = sorted(math.log10(v["lr"]) for v in values({"lr": LR}, {"name": name}, 64))
        return max(high - low for low, high in itertools.pairwise(logs))

    assert gap("sobol") < 0.1 < gap("random")


def test_a_grid_has_every_point_once_the_last_key_varying_fastest() -> None:
    space = {
        "lr": {"log": [1e-3, 1e-1], "count": 3},
        "optimizer": {
            "choice": [{"name": "sgd", "momentum": {"uniform": [0, 0.9], "count": 2}}, "adamw"]
        },
        "width": {"int": [1, 2]},
    }
    grid = values(space, {"name": "grid"}, None)

    assert len(grid) == 3 * (2 + 1) * 2
    assert [v["width"] for v in grid[:4]] == [1, 2, 1, 2]
    assert [v["optimizer"] for v in grid[:6:2]] == [
        {"name": "sgd", "momentum": 0.0},
        {"name": "sgd", "momentum": 0.9},
        "adamw",
    ]
    assert list(dict.fromkeys(v["lr"] for v in grid)) == [0.001, 0.01, 0.1]
    assert len({str(v) for v in grid}) == len(grid)


def test_a_grid_of_whole_numbers_has_the_points_asked_for() -> None:
    space = {"width": {"int": [1, 9], "count": 3}}

    assert [v["width"] for v in values(space, {"name": "grid"}, None)] == [1, 5, 9]


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        (0.00123456, (0, 1), 0.001235),
        (0.99999, (0.0, 0.99995), 0.99995),
        (0.99994, (0.0, 0.99995), 0.9999),
        (1.000013, (1.00001, 1.00002), 1.00001),
        (5.0, (1.0, 2.0), 2.0),
    ],
)
def test_numbers_are_short_and_inside_their_bounds(value, bounds, expected) -> None:
    assert rounded(value, *bounds) == expected
