"""Which data a run was trained on is decided by their bytes, never by a path."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.errors import RunError
from tests.helpers.command import Command
from tests.helpers.tables import write_table

EXPERIMENT = """\
dataset: {name: csv, path: t.csv, target: y}
model: {name: mlp, hidden_sizes: [4]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 1, threads: 1}
"""
WIDER = EXPERIMENT.replace("[4]", "[5]")


@pytest.fixture(autouse=True)
def experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "t.csv")
    (tmp_path / "one.yaml").write_text(EXPERIMENT, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(WIDER, encoding="utf-8")
    return tmp_path


def write(path: Path, seed: int = 0) -> None:
    x = np.random.default_rng(seed).normal(size=(60, 2)).round(3)
    write_table(path, ["a", "b", "y"], [(*row, int(row[0] > 0)) for row in x.tolist()])


def copy(folder: Path) -> str:
    (folder / "sub").mkdir()
    (folder / "sub" / "other name.csv").write_bytes((folder / "t.csv").read_bytes())
    return "sub/other name.csv"


def linked(folder: Path) -> str:
    (folder / "link.csv").symlink_to(folder / "t.csv")
    return "link.csv"


SPELLINGS: list[Callable[[Path], str]] = [
    lambda _: "./t.csv",
    lambda folder: str(folder / "t.csv"),
    lambda folder: f"../{folder.name}/t.csv",
    copy,
    linked,
]
IDS = ["dot", "absolute", "parent", "copy", "link"]


@pytest.mark.parametrize("spell", SPELLINGS, ids=IDS)
def test_the_same_bytes_in_another_place_are_the_same_data(
    spell: Callable[[Path], str], tmp_path: Path
) -> None:
    first = nnlab.train("one.yaml", seeds=2)
    second = nnlab.train("two.yaml", [f"dataset.path={spell(tmp_path)}"], seeds=2)
    assert len(nnlab.compare([first, second]).pairs) == 1


@pytest.mark.parametrize("spell", SPELLINGS, ids=IDS)
def test_a_run_on_the_same_bytes_is_reused(spell: Callable[[Path], str], tmp_path: Path) -> None:
    run = nnlab.train("one.yaml", seeds=2)
    reused: list[str] = []
    nnlab.compare(
        ["one.yaml", "two.yaml"],
        {"dataset.path": spell(tmp_path)},
        seeds=2,
        on_reuse=lambda found: reused.append(found.id),
    )
    assert reused == [run.id]


def test_a_run_on_the_bytes_of_yesterday_is_no_partner_of_todays(tmp_path: Path) -> None:
    before = nnlab.train("one.yaml", seeds=2)
    write(tmp_path / "t.csv", seed=1)
    with pytest.raises(RunError, match=r"use different data: their SHA-256 differ") as refusal:
        nnlab.compare([before, "two.yaml"], seeds=2)
    assert len(set(re.findall(r"\b[0-9a-f]{64}\b", str(refusal.value)))) == 2
    after = nnlab.train("two.yaml", seeds=2)
    with pytest.raises(RunError, match="use different data"):
        nnlab.compare([before, after])


def test_a_run_on_the_bytes_of_yesterday_is_not_reused(tmp_path: Path) -> None:
    nnlab.train("one.yaml", seeds=2)
    write(tmp_path / "t.csv", seed=1)
    reused: list[str] = []
    nnlab.compare(["one.yaml", "two.yaml"], seeds=2, on_reuse=lambda run: reused.append(run.id))
    assert reused == []


def test_two_tables_of_the_same_name_are_told_apart_before_training(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub" / "t.csv", seed=1)
    (tmp_path / "sub" / "two.yaml").write_text(WIDER, encoding="utf-8")
    (tmp_path / "t.csv").rename(tmp_path / "u.csv")
    (tmp_path / "one.yaml").write_text(EXPERIMENT.replace("t.csv", "u.csv"), encoding="utf-8")
    with pytest.raises(RunError, match="use different data"):
        nnlab.compare(["one.yaml", "sub/two.yaml"], seeds=2)
    assert not list(tmp_path.glob("runs/*"))


def test_only_looks_at_the_same_bytes_are_counted(tmp_path: Path) -> None:
    copied = copy(tmp_path)
    nnlab.train("one.yaml")
    nnlab.train("two.yaml", {"dataset.path": copied})
    report = nnlab.check("one.yaml")
    assert report.looks is not None
    assert report.looks.num_runs == 2
    write(tmp_path / "t.csv", seed=1)
    report = nnlab.check("one.yaml")
    assert report.looks is None


def test_a_run_resumes_as_the_same_experiment_with_another_spelling(command: Command) -> None:
    run = nnlab.train("one.yaml")
    assert command("train", "one.yaml", "dataset.path=./t.csv", "--resume", run.id).code == 0
    assert command("train", "two.yaml", "--resume", run.id).code == 4
