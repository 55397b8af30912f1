"""Runs side by side, comparisons and sweeps, as the page asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.ui import browse, make_run


def test_differences_are_the_settings_that_are_not_the_same(tmp_path: Path) -> None:
    make_run(tmp_path, "a", lr=0.01)
    make_run(tmp_path, "b", lr=0.5)

    found = browse(tmp_path).get("/api/differences?runs=a,b")

    assert found == {"runs": ["a", "b"], "keys": [{"key": "optimizer.lr", "values": [0.01, 0.5]}]}


@pytest.mark.parametrize(("runs", "status"), [("", 422), (",".join("x" * 51), 404), ("a,c", 404)])
def test_differences_need_runs(runs: str, status: int, tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    assert browse(tmp_path).ask(f"/api/differences?runs={runs}").status == status


def make_comparison(folder: Path, **change: Any) -> None:
    path = folder / "runs" / "c"
    path.mkdir(parents=True)
    (path / "meta.json").write_text('{"status": "finished", "name": "A / B", "seeds": [0, 1]}')
    stored = {
        "metric": "accuracy",
        "lower_is_better": False,
        "contenders": [
            {"name": "A", "per_seed": [0.9, 0.7]},
            {"name": "B", "per_seed": [0.8, 0.6]},
        ],
        "pairs": [{"first": "A", "second": "B", "is_decided": True, "verdict": "A beats B"}],
    }
    (path / "comparison.json").write_text(json.dumps({**stored, **change}))


def test_a_comparison_has_its_verdict_and_the_lottery_of_seeds(tmp_path: Path) -> None:
    make_comparison(tmp_path)

    found = browse(tmp_path).get("/api/comparisons/c")

    assert found["verdict"] == {"text": "A beats B", "state": "decided"}
    # 0.9 > 0.8, 0.9 > 0.6, 0.7 < 0.8, 0.7 > 0.6
    assert found["lotteries"] == [{"ahead": "A", "pairs": 4, "other": 1, "ties": 0}]


def test_seeds_that_are_equal_are_ties_and_no_loss(tmp_path: Path) -> None:
    equal = [{"name": "A", "per_seed": [0.9, 0.8]}, {"name": "B", "per_seed": [0.8, 0.6]}]
    make_comparison(tmp_path, contenders=equal)
    found = browse(tmp_path).get("/api/comparisons/c")
    assert found["lotteries"] == [{"ahead": "A", "pairs": 4, "other": 0, "ties": 1}]


def test_of_a_loss_the_smaller_is_ahead(tmp_path: Path) -> None:
    make_comparison(tmp_path, lower_is_better=True, metric="loss")
    assert browse(tmp_path).get("/api/comparisons/c")["lotteries"][0]["ahead"] == "B"


@pytest.mark.parametrize(
    ("is_decided", "verdict", "state"),
    [
        (False, "no verdict from one seed: A and B tie", "none"),
        (False, "A vs B: no difference larger than 1 point is supported", "undecided"),
    ],
)
def test_no_verdict_is_a_state_of_its_own(
    is_decided: bool, verdict: str, state: str, tmp_path: Path
) -> None:
    pair = {"first": "A", "second": "B", "is_decided": is_decided, "verdict": verdict}
    make_comparison(tmp_path, pairs=[pair])

    found = browse(tmp_path).get("/api/comparisons/c")

    assert found["verdict"] == {"text": verdict, "state": state}


@pytest.mark.parametrize("change", [{"pairs": 1}, {"pairs": [1]}, {"contenders": None}])
def test_a_damaged_comparison_says_so(change: dict[str, Any], tmp_path: Path) -> None:
    make_comparison(tmp_path, **change)
    browser = browse(tmp_path)

    answer = browser.ask("/api/comparisons/c")

    assert answer.status == 409
    assert "comparison.json is damaged" in answer.json["error"]["text"]
    assert browser.get("/api/runs")["rows"][0]["kind"] == "comparison"


@pytest.mark.parametrize("kind", ["comparisons", "sweeps"])
def test_a_run_is_neither(kind: str, tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    answer = browse(tmp_path).ask(f"/api/{kind}/a")
    assert answer.status == 404
    assert answer.json["error"]["text"] == f"a is not a {kind.removesuffix('s')}"


def test_a_sweep_that_goes_on_shows_its_trials_so_far(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "s"
    (path / "rungs").mkdir(parents=True)
    (path / "meta.json").write_text('{"status": "running", "name": "s", "seeds": [0]}')
    plan = {
        "sweep": {
            "base": "spiral_mlp",
            "space": {"optimizer.lr": {"log": [1e-4, 0.1]}},
            "trials": 2,
        },
        "base": {},
        "trials": [{"optimizer.lr": 0.1}, {"optimizer.lr": 0.2}],
        "packs": [[0, 1]],
        "rungs": [{"epochs": 2, "num_trials": 2}, {"epochs": 4, "num_trials": 1}],
        "seeds": [0],
        "metric": "val.accuracy",
    }
    (path / "plan.json").write_text(json.dumps(plan))
    entries = [{"trial": n, "score": s, "seeds": [s]} for n, s in ((1, 0.9), (0, 0.8))]
    rung = {"epochs": 2, "trials": entries, "survivors": [1], "audited": []}
    (path / "rungs" / "r0.json").write_text(json.dumps(rung))

    found = browse(tmp_path).get("/api/sweeps/s")

    assert found["status"] == "interrupted"
    assert (found["result"], found["sentences"]) == (None, None)
    assert [(row["trial"], row["score"], row["epochs"]) for row in found["trials"]] == [
        (0, 0.8, 2),
        (1, 0.9, 2),
    ]
