"""The page of a sweep."""

from __future__ import annotations

import base64
import csv
import html
import json
import re
import shlex
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.api.sweeping import Sweep, sweep
from nnlab.config.sweep_file import read_sweep
from nnlab.errors import RunError
from nnlab.report.downloads import Offer
from nnlab.report.style import FAINT, INK
from nnlab.report.sweep import tables
from nnlab.report.sweep.dimensions import Dimension
from nnlab.report.sweep.marks import TRIAL
from nnlab.report.sweep.page import render
from nnlab.report.sweep.view import SweepView
from nnlab.sweep.planning import plan_of
from tests.helpers.command import Command
from tests.integration.test_report import CHROMIUM, Outline, _browse

SWEEP = {
    "base": {
        "name": "small",
        "dataset": {"name": "digits"},
        "model": {"name": "mlp", "hidden_sizes": [16]},
        "optimizer": {"name": "sgd", "lr": 0.01},
        "train": {"epochs": 4, "batch_size": 200},
    },
    "space": {
        "optimizer": {
            "choice": [
                {"name": "sgd", "lr": {"choice": [0.01, 0.1, 1e18]}, "momentum": 0.9},
                {"name": "adam", "lr": {"log": [1e-3, 1e-1]}},
            ]
        },
        "model.dropout": {"uniform": [0, 0.5]},
    },
    "trials": 12,
    "seeds": 2,
    "metric": "val.accuracy",
    "prune": {"name": "halving", "factor": 2},
    "confirm": {"seeds": 3, "finalists": 2},
    "audit": 1,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(SWEEP, runs_dir=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def page(done: Sweep, tmp_path_factory: pytest.TempPathFactory) -> str:
    return nnlab.report(done, tmp_path_factory.mktemp("page") / "page.html").read_text()


def files_of(page: str) -> dict[str, str]:
    found = re.findall(r'href="data:[^,]*;base64,([^"]+)" download="([^"]+)"', page)
    return {name: base64.b64decode(content).decode() for content, name in found}


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    outline = Outline()
    outline.feed(page)

    assert all(address.startswith(("#", "data:")) for address in outline.addresses)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "script" not in outline.tags
    assert outline.tags.count("h1") == 1
    assert INK not in page
    assert FAINT not in page
    assert "$\\math" not in page
    assert TRIAL.lower() not in page.partition("</style>")[2]
    pictures = re.findall(r'class="picture" role="img" aria-label="([^"]+)"', page)
    assert page.count("<svg") == 2 * len(pictures) == 2 * 6
    assert all(len(text) > 80 for text in pictures)


def test_the_sentences_come_first(done: Sweep, page: str) -> None:
    head = html.unescape(page[: page.index("<h2>")])

    for sentence in "\n".join(done.sentences).split("\n"):
        assert sentence[1:] in head
    assert page.index(html.escape(done.result["test"]["verdict"])) < page.index("<li>")


def test_the_sweep_file_on_the_page_leads_to_the_same_plan(
    done: Sweep, page: str, tmp_path: Path
) -> None:
    (tmp_path / "small-sweep.yaml").write_text(files_of(page)["small-sweep.yaml"])
    stored = SweepView.load(done).plan
    again = plan_of(read_sweep(tmp_path / "small-sweep.yaml")).plan

    assert again.trials == stored.trials
    assert (again.rungs, again.seeds, again.metric) == (stored.rungs, stored.seeds, stored.metric)
    assert again.packs == stored.packs
    assert again.base == stored.base
    assert again.audited == stored.audited == 1


def test_the_table_has_every_trial(done: Sweep, page: str) -> None:
    rows = list(csv.DictReader(files_of(page)[f"{done.id}.csv"].splitlines()))
    rung = json.loads(done.rung_path(0).read_text())

    assert [int(row["trial"]) for row in rows] == [*range(12)]
    diverged = {entry["trial"] for entry in rung["trials"] if entry["score"] is None}
    assert diverged == {int(row["trial"]) for row in rows if not row["val.accuracy"]}
    assert diverged, "so large a learning rate diverges"
    best = rows[done.result["best"]["trial"]]
    assert float(best["val.accuracy"]) == done.result["best"]["score"]
    assert best["epochs"] == "4"


def test_costs_are_the_epochs_that_were_trained(done: Sweep) -> None:
    table = tables.costs(SweepView.load(done))
    trained = sum(len(done.pack(n).metrics) for n in range(len(SweepView.load(done).plan.packs)))
    confirmed = [path.parent for path in done.path.glob("confirm/*/metrics.jsonl")]

    assert table[1][1] == str(trained)
    assert table[2][1] == str(len(confirmed) * 3 * 4)
    assert table[3][1] == str(12 * 2 * 4)


def test_rungs_are_counted_with_the_audited_trial(done: Sweep) -> None:
    table = tables.rungs(SweepView.load(done))

    assert [row[:3] for row in table[1:]] == [["1", "12", "6"], ["2", "7", "3"], ["4", "4", "-"]]


def test_every_trial_has_one_place_in_the_order(done: Sweep) -> None:
    view = SweepView.load(done)

    assert sorted(view.order) == [*range(12)]
    assert view.order[0] == done.result["best"]["trial"]
    epochs = [view.epochs[trial] for trial in view.order]
    assert epochs == sorted(epochs, reverse=True)
    assert Counter(epochs) == {4: 4, 2: 3, 1: 5}


def test_names_from_a_sweep_cannot_become_html(done: Sweep) -> None:
    view, evil = SweepView.load(done), "<script>alert(1)</script>$x^2$&"
    values = np.arange(12.0) % 2
    dimension = Dimension(evil, values, 0.0, (evil, "b"), is_log=False)
    page = render(replace(view, dimensions=[dimension] * 2), Offer([], [], []), evil)

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("count", [1, 15])
def test_one_key_and_many_keys_have_a_page(done: Sweep, count: int) -> None:
    view = SweepView.load(done)
    rate = np.geomspace(1e-5, 1, 12)
    keys = [Dimension(f"some.key_{n}", rate, 1e-3, (), is_log=True) for n in range(count)]
    page = render(replace(view, dimensions=keys), Offer([], [], []), "x.yaml")

    assert ("All keys together" in page) == (count > 1)
    assert ("first 12 keys of 15" in page) == (count > 1)
    assert ("one key only" in page) == (count == 1)


def test_the_commands_on_the_page_run(
    done: Sweep, page: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNLAB_RUNS", str(done.path.parent))
    (tmp_path / "small-sweep.yaml").write_text(files_of(page)["small-sweep.yaml"])
    part = page[page.index("How to reproduce it") :]
    shown = [
        shlex.split(html.unescape(text)) for text in re.findall(r"<dd><code>(.*?)</code>", part)
    ]

    assert [words[:2] for words in shown] == [
        ["nnlab", name] for name in ("sweep", "verify", "config", "train", "report")
    ]
    before = {*done.path.parent.iterdir()}
    for words in shown:
        finished = command(*words[1:])
        assert finished.code == 0, finished.stderr
    made = [path for path in {*done.path.parent.iterdir()} - before if "sweep" in path.name]
    assert (made[0] / "result.json").read_bytes() == done.result_path.read_bytes()
    for path in {*done.path.parent.iterdir()} - before:
        shutil.rmtree(path)


@pytest.mark.parametrize(
    "words",
    [
        "check {}", "eval {}", "predict {} x.csv", "plot {} curves", "export {} --to csv",
        "compare {} digits_mlp", "compare digits_mlp {}", "runs diff {} {}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_path", [False, True])
def test_commands_for_runs_name_the_winner(
    done: Sweep, words: str, is_path: bool, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(done.path.parent.parent)
    monkeypatch.setenv("NNLAB_RUNS", done.path.parent.name)
    monkeypatch.setenv("COLUMNS", "80")
    relative = Path(done.path.parent.name) / done.id
    refused = command(*words.replace("{}", str(relative) if is_path else done.id).split())

    assert refused.code != 0
    winner = relative / "confirm" / f"t{done.result['winner']['trial']:04d}"
    expected = f"error: {done.id} is a sweep; use its winner's run: {winner}"
    assert " ".join(refused.stderr.split()) == expected
    assert max(map(len, refused.stderr.splitlines())) <= 80


def test_the_winners_run_can_be_used(done: Sweep, command: Command) -> None:
    assert done.winner_path is not None
    evaluated = command("eval", done.winner_path)

    assert evaluated.code == 0, evaluated.stderr
    mean = done.result["test"]["contenders"][0]["mean"]
    assert f"{mean:.2%}".replace("%", " %")[:5] in evaluated.stdout


def test_a_folder_with_a_sweep_is_one_of_its_runs(
    done: Sweep, command: Command, tmp_path: Path
) -> None:
    shutil.copytree(done.path, tmp_path / "runs" / done.id)
    for name in ("a", "b"):
        assert done.winner_path is not None
        shutil.copytree(done.winner_path, tmp_path / "runs" / name)
    table = command("eval", tmp_path / "runs", "--json")
    named = command("eval", tmp_path / "runs" / "a", tmp_path / "runs" / done.id, "--json")

    assert [row["name"] for row in json.loads(table.stdout)["runs"]] == ["a", "b"]
    reasons = [row["reason"] or "" for row in json.loads(named.stdout)["runs"]]
    assert any(f"{done.id} is a sweep" in reason for reason in reasons)


def test_lists_have_the_winner_on_fresh_seeds(
    done: Sweep, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLAB_RUNS", str(done.path.parent))
    listed, shown = command("runs", "list", "--test"), command("runs", "show", done.id)
    result = done.result
    fresh, test = (
        f"{100 * value:.2f} %"
        for value in (result["fresh"]["val"], result["test"]["contenders"][0]["mean"])
    )

    (row,) = [line for line in listed.stdout.splitlines() if done.id in line]
    assert f"best of 12: {fresh}" in row
    assert f"accuracy {test}" in row
    for sentence in "\n".join(done.sentences).split("\n"):
        assert sentence in shown.stdout
    assert f"its winner's run: {done.winner_path}" in shown.stdout
    as_json = json.loads(command("runs", "show", done.id, "--json").stdout)
    assert as_json["result"]["winner"] == result["winner"]
    (record,) = nnlab.runs()
    assert (record["num_trials"], record["val_accuracy"]) == (12, result["fresh"]["val"])


def test_a_sweep_with_a_damaged_result_is_listed_as_damaged(
    done: Sweep, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(done.path, tmp_path / done.id)
    (tmp_path / done.id / "result.json").write_text('{"num_trials": "many"}')
    monkeypatch.setenv("NNLAB_RUNS", str(tmp_path))

    assert "damaged" in command("runs", "list").stdout


def test_a_sweep_is_tagged_removed_and_restored(
    done: Sweep, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(done.path, tmp_path / done.id)
    monkeypatch.setenv("NNLAB_RUNS", str(tmp_path))

    assert command("runs", "tag", done.id, "tuned").code == 0
    assert command("runs", "show", "tuned").code == 0
    assert command("runs", "rm", "tuned").code == 0
    assert done.id not in command("runs", "list").stdout
    assert command("runs", "restore", done.id).code == 0
    assert command("config", "show", "tuned", "--winner").code == 0


def test_a_sweep_that_has_not_finished_has_no_page(done: Sweep, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(done.path, folder)
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({**meta, "status": "interrupted"}))

    with pytest.raises(RunError, match="is interrupted; to finish it: nnlab resume copy"):
        nnlab.report(folder)
    assert not (folder / "report.html").exists()


def test_a_rung_with_an_unknown_trial_is_refused(done: Sweep, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(done.path, folder)
    text = (folder / "rungs" / "r0.json").read_text()
    (folder / "rungs" / "r0.json").write_text(text.replace('"trial": 11', '"trial": 99', 1))

    with pytest.raises(RunError, match="there is no trial 99"):
        nnlab.report(folder)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_on_the_page_is_wider_than_the_window(
    page: str, width: int, tmp_path: Path
) -> None:
    probe = """<script>addEventListener("load", () => { parent.document.title =
      document.documentElement.scrollWidth + "," + innerWidth; });</script>"""
    measured = page.replace("default-src 'none';", "default-src 'unsafe-inline';")
    frame = html.escape(measured.replace("<head>", f"<head>{probe}"))
    path = tmp_path / "frame.html"
    path.write_text(
        f'<title>-</title><iframe width="{width}" height="900" srcdoc="{frame}"></iframe>'
    )
    dom = _browse(path, 1400, tmp_path / "profile")
    found = re.search(r"<title>(\d+),(\d+)</title>", dom)

    assert found is not None
    assert int(found[1]) <= int(found[2])
