"""What strangers write, into an experiment or into the folder of a run: read as text, and bounded."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from nnlab.ui.watching import Watch
from tests.helpers.ui import Browser, browse, make_lab, make_run, record_line, summary
from tests.security.names import corpus

EXPERIMENT = """\
name: mine
dataset: {name: spiral, num_samples: 60}
model: {name: mlp, hidden_sizes: [8]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 20, seeds: 2}
"""
DATASET = "{name: spiral, num_samples: 60}"
# Of processor time: what blows up takes minutes.
MAX_SECONDS = 10.0


def csv(path: str) -> str:
    return EXPERIMENT.replace(DATASET, f"{{name: csv, path: {path}, target: b}}")


def laughs(depth: int) -> str:
    """Return a text whose aliases would be ten to the power of its depth."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, depth + 1)]
    return "\n".join(lines)


TEXTS = {
    "aliases of aliases": (laughs(9), "alias"),
    "an alias": (EXPERIMENT.replace("[8]", "&a [8]") + "ignore: *a\n", "alias"),
    "an alias of itself": ("name: &a [*a]\n", "alias"),
    "a merge": ("<<: {name: x}\n" + EXPERIMENT, "<<"),
    "a tag of Python": ("name: !!python/object/apply:os.system [id]\n", ""),
    "a long scalar": (f"name: {'a' * 49_000}\n", "name"),
    "a deep list": ("name: " + "[" * 20_000, ""),
    "a deep mapping": ("name: " + "{a: " * 10_000, ""),
    "many keys": ("".join(f"k{i}: 1\n" for i in range(5_000)), "unknown key"),
    "many documents": ("---\nname: x\n" * 4_000, ""),
    "a file elsewhere": (csv("/etc/passwd"), "below the folder"),
    "memory of the server": (csv("/proc/self/mem"), "below the folder"),
    "a file above": (csv("../secret.csv"), "below the folder"),
    "a file above, by a folder": (csv("inner/../../secret.csv"), "below the folder"),
    "a home": (csv("~root/x.csv"), "below the folder"),
    "a loop of links": (csv("loop.csv"), "below the folder"),
    "a link to the outside": (csv("near.csv"), "below the folder"),
    "a folder that is a link": (csv("linked/secret.csv"), "below the folder"),
    "a pipe": (csv("pipe.csv"), "no plain file"),
    "a path with nul": (csv('"a\\0b.csv"'), ""),
    "many seeds": (EXPERIMENT.replace("seeds: 2", "seeds: 1000000000"), "seeds"),
    "many seeds as 1e9": (EXPERIMENT.replace("seeds: 2", "seeds: 1e9"), "seeds"),
    "many epochs": (EXPERIMENT.replace("epochs: 20", "epochs: 1000000000000"), "epochs"),
    "a wide layer": (EXPERIMENT.replace("[8]", "[1000000000]"), "at most"),
    "two wide layers": (EXPERIMENT.replace("[8]", "[1000000, 1000000]"), "memory"),
    "many layers": (EXPERIMENT.replace("[8]", str([1] * 5_000)), ""),
    "many examples": (EXPERIMENT.replace("num_samples: 60", "num_samples: 1000000000"), "memory"),
    "no number": (EXPERIMENT.replace("0.01", ".nan"), "lr"),
    "no end": (EXPERIMENT.replace("0.01", "1e999"), "lr"),
    "an unknown part": (EXPERIMENT.replace("name: adam", "name: adamant"), "unknown name"),
    "half a letter": (EXPERIMENT.replace("mine", "\ud800"), ""),
    "letters that turn": (EXPERIMENT.replace("mine", "\u202egnp.exe"), ""),
    "a terminal": (EXPERIMENT.replace("mine", "\x1b[2J"), ""),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A start folder with links that lead out of it."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.csv").write_text("a,b\n1,secret\n")
    (inner / "near.csv").symlink_to(tmp_path / "secret.csv")
    (inner / "linked").symlink_to(tmp_path)
    (inner / "loop.csv").symlink_to(inner / "loop.csv")
    os.mkfifo(inner / "pipe.csv")
    monkeypatch.chdir(inner)
    return inner


@pytest.mark.parametrize("name", TEXTS)
def test_an_experiment_that_attacks_is_refused_in_time(name: str, folder: Path) -> None:
    text, said = TEXTS[name]
    browser, started = browse(folder), time.process_time()
    found = browser.post("/api/experiment", {"yaml": text})
    assert time.process_time() - started < MAX_SECONDS
    assert found.status in {200, 422}
    refused = found.json.get("error") or found.json["errors"] or found.json["price"]["refused"]
    assert said in json.dumps(refused)
    assert "secret" not in found.body.decode().replace("secret.csv", "")
    assert browser.post("/api/play/start", {"yaml": text}).status in {409, 422}
    assert browser.get("/api/state")["running"] is None
    assert not (folder / "runs").exists()


def test_no_name_leaves_the_folder_of_runs(tmp_path: Path) -> None:
    browser = browse(tmp_path / "ours")
    make_run(tmp_path / "ours", "friend")
    make_run(tmp_path, "20200101-000000-outside-0000")
    wrong = []
    for name in filter(None, corpus(tmp_path)):
        asked = quote(name, safe="", errors="surrogatepass")
        for target in (f"/api/runs/{asked}", f"/api/differences?runs=friend,{asked}"):
            answer = browser.ask(target)
            if answer.status not in {400, 404, 422} or b"spiral_mlp" in answer.body:
                wrong.append((name, target[:60], answer.status))
    assert wrong == []


MARKUP = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "</textarea>",
    "\u202egnp", "\x1b[2J", "{{7*7}}", "' OR 1=1 --", "\u2028", "a\0b", "\ufeff",
]  # fmt: skip


@pytest.mark.parametrize("text", [*MARKUP, "\ud800"])
def test_texts_of_a_run_are_texts_in_json(text: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    meta = json.loads((run / "meta.json").read_text())
    (run / "meta.json").write_text(json.dumps({**meta, "name": text, "note": text}))
    (run / "tags.json").write_text(json.dumps({"tags": [text], "note": text}))
    browser = browse(tmp_path)
    for target in ("/api/runs", "/api/runs/a"):
        answer = browser.ask(target)
        assert answer.status in {200, 409}
        assert answer.header("content-type") == "application/json"
        assert answer.header("x-content-type-options") == "nosniff"
        answer.body.decode()
        assert answer.json is not None


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "9007199254740993", '"x"', "[1]", "{}", "null"]
)  # fmt: skip
def test_numbers_that_are_none_are_left_out_of_a_series(value: str, tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=3, seeds=1)
    bad = record_line(4, 0).replace('"loss": 0.25', f'"loss": {value}')
    with (run / "metrics.jsonl").open("a") as file:
        file.write(bad + record_line(5, 0))
    (run / "summary.json").write_text(json.dumps(summary(1, 3)).replace("0.9", value, 1))
    browser = browse(tmp_path)
    answer = browser.ask("/api/runs/a/series?metric=train.loss&buckets=600")
    assert answer.status == 200
    strict(answer.body)
    assert answer.json["epochs"][-1] == 5
    for target in ("/api/runs", "/api/runs/a"):
        strict(browser.ask(target).body)


def strict(body: bytes) -> Any:
    """Return JSON in which there is no NaN."""
    return json.loads(body, parse_constant=lambda name: pytest.fail(f"the answer has {name}"))


def test_a_line_with_very_many_metrics_is_bounded(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=2, seeds=1)
    record = json.loads(record_line(3, 0))
    record["val"] |= {f"m{i}": 0.5 for i in range(100_000)}
    with (run / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")
    started = time.process_time()
    found = browse(tmp_path).get("/api/runs/a")
    assert len(found["metrics"]) <= 200
    assert time.process_time() - started < MAX_SECONDS


def test_a_folder_that_is_deleted_while_it_is_watched_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.ui.watching.SECONDS_BETWEEN_LISTS", 0.0)
    monkeypatch.setattr("nnlab.ui.index.SHARE", 0.0)
    run = make_run(tmp_path, "a", status="running")
    watch = Watch.of(make_lab(tmp_path), "a")
    watch.look()
    shutil.rmtree(run)
    assert b'"status": "removed"' in b"".join(watch.look())
    shutil.rmtree(tmp_path / "runs")
    watch.look()
    assert browse(tmp_path).get("/api/runs")["rows"] == []


def test_two_servers_of_a_folder_see_the_same(tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    one, other = browse(tmp_path), browse(tmp_path)
    assert one.post("/api/runs/a/tag", {"name": "mine", "add": True}).status < 500
    assert one.get("/api/runs")["rows"][0]["tags"] == other.get("/api/runs")["rows"][0]["tags"]
    assert one.post("/api/runs/a/delete", {}).status == 200
    assert other.get("/api/runs")["rows"] == []
    assert other.ask("/api/runs/a").status == 404


def test_a_tab_that_was_opened_before_a_restart_must_get_the_new_key(tmp_path: Path) -> None:
    browser = browse(tmp_path)
    before = Browser(browser.gate, {**dict(browser.headers), "cookie": "nnlab-7117=" + "u" * 43})
    assert before.ask("/api/events?watch=a:1").status == 401
