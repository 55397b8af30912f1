"""A step is done when the reader's own seeds look like the reference; other runs are told why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnlab.config.bundled import find_config
from nnlab.config.load import dump_config, load_config
from nnlab.ui.lessons.judging import judge
from nnlab.ui.lessons.systems import Measure, System
from nnlab.ui.lessons.table import SYSTEMS, system
from tests.helpers.ui import browse, make_run

MEASURES = [
    pytest.param(one, measure, id=f"{one.row}: {measure.label}")
    for one in SYSTEMS
    for measure in one.measures
]


def right_values(found: System, measure: Measure) -> list[float]:
    if measure.scatters:
        return sorted(found.plain_seeds(measure))[::4]
    return [(measure.low + measure.high) / 2] * 5


@pytest.mark.parametrize(("found", "measure"), MEASURES)
def test_right_seeds_pass_and_wrong_ones_fail(found: System, measure: Measure) -> None:
    right = right_values(found, measure)
    distance = 10 * (max(right) - min(right)) + 1

    assert judge(found, measure, right).is_inside
    for wrong in ([v + distance for v in right], [v - distance for v in right]):
        assert not judge(found, measure, wrong).is_inside


def test_one_seed_outside_a_range_is_enough() -> None:
    found = system("E3")
    judgement = judge(found, found.measures[0], [0.97, 0.98, 0.95])

    assert judgement == (False, "0.97, 0.98, 0.95 is not all in 0.956 - 0.996", None)


def trained(folder: Path, name: str, row: str, values: list[float], *overrides: str) -> None:
    """Write a run of a system with the accuracies of its seeds, as if it had been trained."""
    path = make_run(folder, name, seeds=len(values))
    found = system(row)
    config = load_config(find_config(found.config), [*found.overrides, *overrides])
    (path / "resolved.yaml").write_text(dump_config(config))
    change(path / "meta.json", {"name": found.config})
    summary = json.loads((path / "summary.json").read_text())
    for seed, value in zip(summary["per_seed"], values, strict=True):
        seed["test"]["accuracy"] = seed["train"]["accuracy"] = value
    change(path / "summary.json", summary)


def change(path: Path, changes: dict[str, Any]) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def step(folder: Path, lesson: str, row: str) -> dict[str, Any]:
    steps = browse(folder).get(f"/api/lessons/{lesson}/progress")["steps"]
    return next(one for one in steps if one["row"] == row)


def test_nothing_is_done_in_an_empty_folder(tmp_path: Path) -> None:
    found = step(tmp_path, "e-spiral", "E3")

    assert (found["is_done"], found["run"], found["text"]) == (False, None, "")


def test_a_right_run_does_its_step_and_no_other(tmp_path: Path) -> None:
    trained(tmp_path, "a", "E3", [0.97, 0.98, 0.975], "train.seed=7", "name=mine")

    found = step(tmp_path, "e-spiral", "E3")

    assert (found["is_done"], found["run"]) == (True, "a")
    assert found["text"] == "your 3 seeds agree with the reference"
    assert found["measures"][0]["values"] == [0.97, 0.98, 0.975]
    assert not step(tmp_path, "e-spiral", "E1")["is_done"]


def test_a_wrong_run_does_not(tmp_path: Path) -> None:
    trained(tmp_path, "a", "E3", [0.97, 0.98, 0.90])

    found = step(tmp_path, "e-spiral", "E3")

    assert not found["is_done"]
    assert found["text"] == "your 3 seeds do not agree with the reference"


def test_right_numbers_of_another_experiment_do_not_count(tmp_path: Path) -> None:
    trained(tmp_path, "a", "E3", [0.97, 0.98, 0.975], "optimizer.lr=0.02")

    found = step(tmp_path, "e-spiral", "E3")

    assert not found["is_done"]
    assert found["text"] == "this run is another experiment: optimizer.lr is 0.02, not 0.01"


def test_two_seeds_are_too_few_where_seeds_scatter(tmp_path: Path) -> None:
    trained(tmp_path, "a", "D4", [0.98, 0.99])
    assert step(tmp_path, "d-features", "D4")["text"] == (
        "2 seeds cannot be told from luck: train at least 3"
    )

    trained(tmp_path, "b", "D4", [0.98, 0.99, 0.985])
    assert step(tmp_path, "d-features", "D4")["is_done"]


def test_an_older_right_run_counts_after_a_newer_wrong_one(tmp_path: Path) -> None:
    trained(tmp_path, "a", "E3", [0.97, 0.98, 0.975])
    trained(tmp_path, "b", "E3", [0.5, 0.6, 0.7])

    assert step(tmp_path, "e-spiral", "E3")["run"] == "a"


def test_a_run_without_the_measure_is_told(tmp_path: Path) -> None:
    trained(tmp_path, "a", "E3", [0.97, 0.98, 0.975])
    path = tmp_path / "runs" / "a" / "summary.json"
    summary = json.loads(path.read_text())
    for seed in summary["per_seed"]:
        seed["test"] = None
    path.write_text(json.dumps(summary))

    found = step(tmp_path, "e-spiral", "E3")

    assert not found["is_done"]
    assert "a" in found["text"]
