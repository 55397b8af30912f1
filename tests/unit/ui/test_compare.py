"""Two contenders that are compared while their seeds arrive."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import nnlab
from nnlab.config.bundled import bundled_configs
from nnlab.config.load import load_config
from nnlab.ui.live_comparison import LiveComparison, sides_of
from nnlab.ui.verdicts import Look, look_of
from tests.helpers.command import Command
from tests.helpers.ui import Browser, browse, make_run

FAST = "dataset: {{name: spiral, num_samples: 200}}\nmodel: {{name: {model}}}\noptimizer: {{name: adam, lr: 0.05}}\ntrain: {{epochs: {epochs}, batch_size: full}}\n"
PATIENCE = 60.0
REST = 0.05  # an answer holds every look, and takes the processor from what is trained


def experiment(name: str, model: str, epochs: int = 10) -> str:
    return f"name: {name}\n" + FAST.format(model=model, epochs=epochs)


LINE, NET = experiment("line", "logistic"), experiment("net", "mlp", 30)
BODY = {"yaml": [LINE, NET], "seeds": 5, "until": None}


def ended(browser: Browser) -> dict[str, Any]:
    """Return the comparison when nothing is trained any more."""
    end = time.monotonic() + PATIENCE
    while (state := browser.get("/api/compare"))["status"] == "running":
        assert time.monotonic() < end
        time.sleep(REST)
    return state


def test_it_ends_in_the_verdict_of_the_command_line(
    tmp_path: Path, monkeypatch: Any, command: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    browser = browse(tmp_path)
    assert browser.post("/api/compare/start", BODY).status == 200
    live = ended(browser)

    assert (live["status"], live["is_stored"]) == ("finished", True)
    assert [look["seeds"] for look in live["looks"]] == [1, 2, 3, 4, 5]
    (tmp_path / "line.yaml").write_text(LINE)
    (tmp_path / "net.yaml").write_text(NET)
    program, *words = shlex.split(live["command"])
    assert program == "nnlab"
    told = command(*words, "--json", "--runs-dir", tmp_path / "runs").stdout
    found = json.loads(told)

    assert live["found"]["verdict"]["text"] == found["pairs"][0]["verdict"]
    assert live["found"]["pairs"] == found["pairs"]
    per_seed = [[row["name"], row["per_seed"]] for row in found["contenders"]]
    assert [[row["name"], row["per_seed"]] for row in live["found"]["contenders"]] == per_seed
    assert live["looks"][-1]["is_decided"] == found["pairs"][0]["is_decided"]


def test_a_stop_keeps_what_is_known_and_going_on_changes_nothing(tmp_path: Path) -> None:
    slow = {**BODY, "yaml": [LINE, experiment("net", "mlp", 200)], "seeds": 4}
    browser = browse(tmp_path)
    browser.post("/api/compare/start", slow)
    end = time.monotonic() + PATIENCE
    while len((state := browser.get("/api/compare"))["looks"]) < 2:
        assert time.monotonic() < end
        time.sleep(REST)
    assert state["status"] == "running"
    assert browser.post("/api/compare/start", slow).status == 409
    stopped = browser.post("/api/compare/stop", {}).json
    resumed = browser.post("/api/compare/resume", {})

    assert (stopped["status"], stopped["is_stored"]) == ("stopped", True)
    assert 2 <= len(stopped["looks"]) < 4
    assert resumed.status == 200
    live = ended(browser)
    assert (live["status"], len(live["looks"])) == ("finished", 4)
    assert statuses(tmp_path) == ["finished"] * 8
    whole = nnlab.train(config(slow["yaml"][1]), seeds=4, runs_dir=tmp_path / "other")
    values = {row["name"]: row["per_seed"] for row in live["found"]["contenders"]}
    assert values["net"] == pytest.approx(
        [seed["test"]["accuracy"] for seed in whole.summary["per_seed"]]
    )


def statuses(folder: Path) -> list[str]:
    """Return the status of each run; comparisons are no runs."""
    found = nnlab.runs(runs_dir=folder / "runs")
    return [run["status"] for run in found if "-compare-" not in run["id"]]


def config(text: str) -> Any:
    from nnlab.ui.experiment import read

    return read(text).config


def test_finished_runs_are_reused_and_a_width_ends_it(tmp_path: Path) -> None:
    for text in (LINE, NET):
        nnlab.train(config(text), seeds=20, runs_dir=tmp_path / "runs")
    browser = browse(tmp_path)
    body = {"yaml": BODY["yaml"], "seeds": 20, "until": 90}
    assert browser.post("/api/compare/start", body).status == 200

    live = ended(browser)

    first, last = live["looks"][0], live["looks"][-1]
    assert (first["low"], first["high"], first["is_decided"]) == (None, None, False)
    assert live["reused"] == 2 * last["seeds"]
    assert 2 <= last["seeds"] < 20
    assert 100 * (last["high"] - last["low"]) <= 90
    assert statuses(tmp_path) == ["finished"] * 2


def test_going_on_counts_each_reused_run_once() -> None:
    comparison = LiveComparison(sides_of([LINE, NET], [config(LINE), config(NET)]), 3, None)
    for _ in range(2):
        comparison.order()
        comparison.take({"event": "reused", "run": "a"})
    assert comparison.to_json()["reused"] == 1


def test_both_contenders_may_have_the_same_name(tmp_path: Path) -> None:
    first, second = sides_of([LINE, LINE], [config(LINE), config(LINE)])
    bundled, _ = sides_of(["", LINE], [tiny(), config(LINE)])

    assert (first.name, second.name) == ("line", "line-2")
    assert (first.reference, second.reference) == ("line.yaml", "line-2.yaml")
    assert bundled.reference == "tiny_mlp"


def tiny() -> Any:
    found = load_config(bundled_configs()["tiny_mlp"])
    return found.model_copy(update={"train": found.train.model_copy(update={"seeds": 9})})


@pytest.mark.parametrize(
    ("is_lower", "first", "look"),
    [
        (False, "A", Look(5, 0.2, 0.1, 0.3, is_decided=True)),
        (False, "B", Look(5, -0.2, -0.3, -0.1, is_decided=True)),
        (True, "A", Look(5, -0.2, -0.3, -0.1, is_decided=True)),
        (True, "B", Look(5, 0.2, 0.1, 0.3, is_decided=True)),
    ],
)
def test_a_look_is_seen_from_the_first_contender(is_lower: bool, first: str, look: Look) -> None:
    interval = {"low": 0.1, "high": 0.3}
    pair = {"first": first, "num_seeds": 5, "difference": 0.2, "interval": interval}
    told = {**pair, "is_decided": True, "method": "anytime"}

    assert look_of({"lower_is_better": is_lower, "pairs": [told]}, "A") == look


@pytest.mark.parametrize(
    "change",
    [
        {"yaml": [LINE]}, {"yaml": [LINE, 1]}, {"yaml": "x"}, {"seeds": 1}, {"seeds": 101}, {"seeds": True},
        {"seeds": 2.5}, {"until": 0}, {"until": "1"}, {"until": True},
    ],
)  # fmt: skip
def test_another_body_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    answer = browse(tmp_path).post("/api/compare/start", {**BODY, **change})

    assert answer.status == 422
    assert "the body must be" in answer.json["error"]["text"]


def test_what_is_wrong_is_said_of_its_side(tmp_path: Path) -> None:
    body = {**BODY, "yaml": [LINE, NET.replace("lr: 0.05", "lr: -1")]}

    answer = browse(tmp_path).post("/api/compare/start", body)

    assert answer.status == 422
    (problem,) = answer.json["sides"]
    assert (problem["side"], problem["errors"][0]["key"]) == (1, "optimizer.lr")


def test_other_data_are_refused_and_nothing_is_trained(tmp_path: Path) -> None:
    browser = browse(tmp_path)
    answer = browser.post("/api/compare/start", {**BODY, "yaml": [LINE, NET.replace("200", "300")]})

    assert answer.status == 422
    assert "num_samples" in answer.json["error"]["text"]
    assert browser.get("/api/compare") == {"status": None}
    assert browser.post("/api/compare/stop", {}).status == 409
    assert browser.post("/api/compare/resume", {}).status == 409


def test_contenders_are_named_by_bundled_experiments_and_runs(tmp_path: Path) -> None:
    path = make_run(tmp_path, "a-run")
    browser = browse(tmp_path)
    found = browser.get("/api/compare/references")

    assert "tiny_mlp" in found["bundled"]
    assert found["runs"] == [{"id": "a-run", "name": "spiral_mlp"}]
    stored = browser.get("/api/compare/contender?reference=a-run")["yaml"]
    assert stored == (path / "resolved.yaml").read_text()
    bundled = browser.get("/api/compare/contender?reference=tiny_mlp")["yaml"]
    assert bundled == bundled_configs()["tiny_mlp"].read_text()
    assert browser.ask("/api/compare/contender?reference=..").status == 404


def test_torch_is_not_imported(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from tests.helpers.ui import browse
from tests.helpers.ui import OPEN_LABS
browser = browse(Path({str(tmp_path)!r}))
assert browser.post("/api/compare/start", {{**{BODY!r}, "seeds": 2}}).status == 200
while browser.get("/api/compare")["status"] == "running":
    time.sleep({REST})
OPEN_LABS[0].close()
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
