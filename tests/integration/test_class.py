"""A class hands in its runs: one command judges them all."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import nnlab
from nnlab.storage.registry import list_runs
from tests.helpers.command import Command
from tests.helpers.submissions import a_class
from tests.integration.test_imports import COMMAND, HEAVY, python

NUM_GOOD = 4


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("class") / "submissions"
    return folder, a_class(folder, NUM_GOOD)


def table(shown: str) -> dict[str, dict]:
    entries = json.loads(shown)
    (key,) = entries.keys() - {"schema_version"}
    return {entry["name"]: entry for entry in entries[key]}


@pytest.mark.parametrize(
    "words", [["eval"], ["check", "--no-data"], ["verify"]], ids=lambda w: w[0]
)
def test_one_command_judges_a_class(
    words: list[str], handed_in: tuple[Path, dict[str, str]], command: Command
) -> None:
    folder, bad = handed_in

    done = command(*words, str(folder), "--json")

    assert done.code == 8
    rows = table(done.stdout)
    assert len(rows) == NUM_GOOD + len(bad) + 1
    if words[0] == "check":  # it reads no weights
        bad = {name: word for name, word in bad.items() if name != "weightless"}
    assert {name for name, row in rows.items() if not row["passed"]} == set(bad)
    if words[0] == "verify":
        bad = {**bad, "forged": "summary.json: test.accuracy is 0.991"}
    assert {name: word in rows[name]["reason"] for name, word in bad.items()} == dict.fromkeys(
        bad, True
    )
    assert "same predictions as good01" in rows["zcopy"]["reason"]


def test_a_shell_pattern_makes_the_same_table_as_the_folder(
    handed_in: tuple[Path, dict[str, str]], command: Command
) -> None:
    folder, bad = handed_in

    by_folder = command("eval", str(folder), "--csv", "-")
    by_pattern = command("eval", *map(str, sorted(folder.glob("*/runs/*"))), "--csv", "-")

    tables = [list(csv.DictReader(io.StringIO(done.stdout))) for done in (by_folder, by_pattern)]
    assert [row for row in tables[0] if row["name"] != "empty"] == tables[1]
    assert [row["passed"] for row in tables[1]].count("no") == len(bad) - 1


def test_thresholds_hold_for_every_run(
    handed_in: tuple[Path, dict[str, str]], command: Command
) -> None:
    folder, _ = handed_in

    done = command("eval", str(folder), "--min", "accuracy=1", "--max", "loss=0", "--json")

    rows = table(done.stdout)
    assert "; loss is " in rows["good00"]["reason"]
    assert rows["good00"]["reason"].startswith("accuracy is ")
    assert f"{len(rows)} of {len(rows)} runs did not pass" in done.stderr


def test_a_table_of_good_runs_passes(
    handed_in: tuple[Path, dict[str, str]], command: Command, tmp_path: Path
) -> None:
    folders = [str(handed_in[0] / name) for name in ("good02", "good03")]

    done = command("eval", *folders, "--csv", str(tmp_path / "marks.csv"))

    assert done.code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[3:5]] == ["good02", "good03"]
    assert len((tmp_path / "marks.csv").read_text().splitlines()) == 3


def test_one_run_is_shown_as_ever(handed_in: tuple[Path, dict[str, str]], command: Command) -> None:
    (run,) = list_runs(handed_in[0] / "good00" / "runs")

    done = command("eval", str(run.path), "--json")
    with_csv = command("eval", str(run.path), "--csv", "-")

    assert json.loads(done.stdout)["run"] == run.id
    assert with_csv.code == 2


def test_names_cannot_become_formulas(
    handed_in: tuple[Path, dict[str, str]], command: Command, tmp_path: Path
) -> None:
    (run,) = list_runs(handed_in[0] / "good00" / "runs")
    for name in ("=1+1", "@b"):
        shutil.copytree(run.path, tmp_path / "in" / name / run.id)

    done = command("eval", str(tmp_path / "in"), "--csv", "-")

    assert [line[0] for line in done.stdout.splitlines()[1:]] == ["'", "'"]


def test_a_page_of_a_class_leaves_out_what_is_broken_and_says_so(
    handed_in: tuple[Path, dict[str, str]], command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "few"
    for name in ("good02", "junk", "forged"):
        shutil.copytree(handed_in[0] / name, folder / name)

    done = command("report", str(folder), "-o", str(tmp_path / "page.html"))

    assert done.code == 0
    assert "left out: junk: summary.json is damaged" in done.stderr
    warning = "summary.json says accuracy 99.10 %, its stored predictions say"
    assert f"warning forged: {warning}" in done.stderr
    assert warning in (tmp_path / "page.html").read_text()


def test_the_list_of_runs_marks_a_forged_summary_without_torch(
    handed_in: tuple[Path, dict[str, str]],
) -> None:
    runs = handed_in[0] / "forged" / "runs"

    shown, modules = python(COMMAND, "runs", "list", "--json", "--runs-dir", str(runs))

    said = json.loads(shown.rpartition("\n")[0])["runs"][0]["contradiction"]
    assert said.startswith("summary.json says accuracy 99.10 %, its stored predictions say")
    assert modules & HEAVY == {"numpy"}


@pytest.mark.parametrize(
    ("experiment", "words"),
    [("regression_mlp", []), ("digits_logistic", ["train.limit_batches=2"])],
)
def test_honest_runs_of_every_kind_agree_with_themselves(
    experiment: str, words: list[str], command: Command, tmp_path: Path
) -> None:
    nnlab.train(experiment, ["train.epochs=1", "train.seeds=2", *words], runs_dir=tmp_path)

    (record,) = json.loads(command("runs", "list", "--runs-dir", str(tmp_path), "--json").stdout)[
        "runs"
    ]
    assert record["contradiction"] is None
    assert command("eval", str(tmp_path)).code == 0
