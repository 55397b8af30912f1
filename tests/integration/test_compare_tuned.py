"""Contenders of a fair comparison are given the same search, and it is said if they were not."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnlab
from nnlab.api import as_config
from nnlab.check.lint import config_warnings
from nnlab.config.load import as_written
from nnlab.errors import ConfigError
from nnlab.storage.registry import list_results
from nnlab.storage.sweep_dir import SweepDir
from nnlab.sweep.fair import unmatched_searches
from tests.helpers.command import Command

SPACE = {
    "space": {"optimizer.lr": {"log": [1e-3, 1.0]}},
    "trials": 3,
    "seeds": 1,
    "metric": "val.accuracy",
    "confirm": {"finalists": 1, "seeds": 3},
}
SHORT = {
    "dataset": {"name": "digits"},
    "optimizer": {"name": "sgd", "lr": 1e-3},
    "train": {"epochs": 1, "batch_size": 50},
}
LOGISTIC = {**SHORT, "name": "plain", "model": {"name": "logistic"}}
MLP = {**SHORT, "name": "deep", "model": {"name": "mlp", "hidden_sizes": [16]}}


def test_each_contender_is_searched_and_the_winners_are_compared(tmp_path: Path) -> None:
    found = nnlab.compare_tuned([LOGISTIC, MLP], SPACE, runs_dir=tmp_path)
    sweeps = [nnlab.Sweep(r.path) for r in list_results(tmp_path) if isinstance(r, SweepDir)]

    assert {row.name for row in found.rows} == {"plain, tuned", "deep, tuned"}
    assert [sweep.result["num_trials"] for sweep in sweeps] == [3, 3]
    assert {row.runs[0] for row in found.rows} == {
        f"t{sweep.result['winner']['trial']:04d}" for sweep in sweeps
    }
    (seeds,) = {tuple(row.seeds) for row in found.rows}
    assert len(seeds) == 3
    by_sweep = {sweep.result["test"]["contenders"][0]["seeds"][0] for sweep in sweeps}
    assert by_sweep == {seeds[0]}


def test_a_tuned_contender_beside_one_that_is_not_is_noted(tmp_path: Path) -> None:
    sweep = nnlab.sweep({**SPACE, "base": LOGISTIC}, runs_dir=tmp_path)
    file = tmp_path / "tuned.yaml"
    file.write_text(as_written(nnlab.winner_of(sweep)))
    tuned, other = as_config(file), as_config(MLP)

    search = f"the best of 3 trials ({sweep.id}), compared with deep without a search"
    assert unmatched_searches({"tuned.yaml": tuned, "deep": other}, tmp_path) == {
        "tuned.yaml": search
    }
    assert unmatched_searches({"plain": as_config(LOGISTIC), "deep": other}, tmp_path) == {}
    assert unmatched_searches({"tuned.yaml": tuned}, tmp_path) == {}
    assert f"NL413: {search}" in config_warnings(tuned, search)
    assert not any("NL413" in line for line in config_warnings(tuned))


def test_the_rule_about_tuned_contenders_is_printed_and_can_be_ignored(
    tmp_path: Path, command: Command
) -> None:
    sweep = nnlab.sweep({**SPACE, "base": LOGISTIC}, runs_dir=tmp_path)
    tuned, other = tmp_path / "tuned.yaml", tmp_path / "other.yaml"
    tuned.write_text(as_written(nnlab.winner_of(sweep)))
    other.write_text(as_written(as_config(MLP)))
    compare = ("compare", tuned, other, "--seeds", 2, "--runs-dir", tmp_path)

    assert "warning NL413: the best of 3 trials" in command(*compare).stderr
    tuned.write_text(tuned.read_text() + "ignore: {NL413: a demonstration}\n")
    assert "NL413" not in command(*compare).stderr


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"trials": 3}, "has no 'space'"),
        ({**SPACE, "base": "digits_mlp"}, "leave out base: digits_mlp"),
        ({**SPACE, "space": {"model.dropout": {"uniform": [0, 1]}}}, "plain cannot be tuned so"),
    ],
)
def test_what_is_no_space_for_all_is_refused_before_training(
    content: dict, text: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=text):
        nnlab.compare_tuned([LOGISTIC, MLP], content, runs_dir=tmp_path)
    assert not list_results(tmp_path)


def test_a_finished_run_cannot_be_tuned(tmp_path: Path) -> None:
    run = nnlab.train(LOGISTIC, runs_dir=tmp_path)

    with pytest.raises(ConfigError, match="is a finished run, which cannot be tuned"):
        nnlab.compare_tuned([run, MLP], SPACE, runs_dir=tmp_path)
