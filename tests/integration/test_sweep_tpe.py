"""A sweep in batches, each proposed by Optuna from the metrics of the trials before."""

from __future__ import annotations

import copy
import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nnlab
from nnlab.api.sweeping import PlannedSweep
from nnlab.errors import ConfigError, InterruptedRun, RunError
from nnlab.storage.registry import list_results
from nnlab.storage.result_dir import write_json
from nnlab.storage.sweep_dir import SweepDir
from nnlab.sweep.conduct import conduct
from nnlab.sweep.executors.process import ProcessExecutor
from nnlab.sweep.stored import read_plan
from nnlab.sweep.tpe import propose
from nnlab.sweep.training import Place
from nnlab.sweep.verify import verify_sweep
from tests.helpers.command import Command
from tests.helpers.sweeps import conducted_here, conducted_on, digests, in_batches, place_of
from tests.helpers.zygote import Zygote, wait_until
from tests.integration.test_sweep import Stopping

optuna = pytest.importorskip("optuna")
CALL = ["digits_mlp", "optimizer.lr=log(1e-3,1)", "train.epochs=1", "train.batch_size=100"]
CALL += ["--sampler", "tpe", "--trials", "18", "--seeds", "1"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = in_batches(tmp_path_factory.mktemp("whole"))
    conducted_here(place)
    return place_of(place.folder)


@pytest.fixture(scope="module")
def expected(done: Place) -> dict[str, str]:
    return digests(done.folder)


@pytest.fixture
def copied(done: Place, tmp_path: Path) -> SweepDir:
    return SweepDir(shutil.copytree(done.folder.path, tmp_path / "copy"))


def batch(folder: SweepDir, number: int) -> dict[str, Any]:
    return json.loads(folder.batch_path(number).read_text())


def interrupted(runs_dir: Path, after: int) -> Place:
    """Return a sweep that was stopped after a number of units."""
    place = in_batches(runs_dir)
    with pytest.raises(InterruptedRun):
        conduct(place, Stopping(place, after), lambda *_: None)
    return place


def test_a_batch_is_what_optuna_proposes_from_the_metrics_before(done: Place) -> None:
    stored = json.loads(done.folder.plan_path.read_text())
    shown = json.loads(done.folder.rung_path(0).read_text())["trials"]
    scores = {entry["trial"]: entry["score"] for entry in shown}
    known = stored["trials"]

    assert None in scores.values(), "so large a learning rate diverges"
    for number, size in ((1, 6), (2, 4)):
        finished = [(overrides, scores[trial]) for trial, overrides in enumerate(known)]
        found = batch(done.folder, number)
        proposed = propose(done.plan, finished, number)
        assert found["trials"] == [*itertools.islice(proposed, size)]
        assert found["optuna"] == optuna.__version__
        known = known + found["trials"]
    assert [trial.overrides for trial in done.plan.trials] == known
    assert (done.plan.batches, done.plan.num_batches, done.plan.is_complete) == ((6, 4), 3, True)
    assert done.plan.sha256 == done.folder.meta["plan_sha256"]


def test_the_result_is_that_of_all_batches(done: Place) -> None:
    result = json.loads(done.folder.result_path.read_text())

    assert (result["num_trials"], result["num_finished"]) == (16, 16)
    assert result["replica_epochs"] == 16 * 9
    best = max(
        json.loads(done.folder.rung_path(0).read_text())["trials"],
        key=lambda entry: entry["score"] or 0,
    )
    assert result["best"]["score"] == best["score"]


@pytest.mark.parametrize("after", [1, 2])
def test_a_sweep_goes_on_to_the_same_bytes(tmp_path: Path, expected: dict, after: int) -> None:
    place = interrupted(tmp_path, after)
    files = {path: path.stat() for path in place.folder.path.glob("batches/*")}

    assert conducted_here(place_of(place.folder)) == expected
    assert len(files) == min(after, 2)
    assert all(path.stat() == before for path, before in files.items())


def test_a_sweep_that_is_killed_in_its_second_batch_goes_on_to_the_same_bytes(
    zygote: Zygote, tmp_path: Path, expected: dict
) -> None:
    folder = in_batches(tmp_path / "sweeps").folder
    zygote.load("tests.helpers.sweep_process", "tests.helpers.sweeps", "optuna")
    output, program = tmp_path / "output.txt", "tests.helpers.sweep_process"
    process = zygote.start(folder.path, "here", output=output, program=program)
    wait_until(lambda: list(folder.pack(1).checkpoints_dir.glob("*.json")), output)
    os.kill(process, signal.SIGKILL)
    assert zygote.wait(process) == -signal.SIGKILL
    assert not folder.pack(2).path.exists(), "it was killed later than this test is about"

    assert conducted_here(place_of(folder)) == expected


def test_worker_processes_train_batches_to_the_same_bytes(tmp_path: Path, expected: dict) -> None:
    place = in_batches(tmp_path)
    assert conducted_on(ProcessExecutor(place, 2), place) == expected


def test_a_finished_sweep_is_verified(done: Place) -> None:
    found = verify_sweep(done)

    assert (found.problems, found.num_packs) == ((), 3)


def with_other_values(folder: SweepDir, **values: object) -> None:
    """Change a batch as somebody would who wants other trials to have been proposed."""
    content = {**batch(folder, 1), **values}
    content["trials"][2]["model.dropout"] = 0.25
    write_json(folder.batch_path(1), content)


def test_a_changed_batch_is_refused(copied: SweepDir) -> None:
    with_other_values(copied)
    with pytest.raises(RunError, match=r"b1\.json contradicts the packs"):
        verify_sweep(place_of(copied))
    with pytest.raises(RunError, match=r"b1\.json contradicts the packs"):
        conducted_here(place_of(copied))


def test_a_lost_batch_of_a_finished_sweep_is_missed(copied: SweepDir) -> None:
    copied.batch_path(2).unlink()
    with pytest.raises(RunError, match=r"b2\.json is missing: the sweep has finished"):
        read_plan(copied)


def test_metrics_of_another_search_are_refused(copied: SweepDir) -> None:
    path = copied.pack(0).metrics_path
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line["val"]["accuracy"] = 1 - line["val"]["accuracy"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    with pytest.raises(RunError, match=r"b1\.json contradicts the packs"):
        verify_sweep(place_of(copied))


def test_a_batch_of_another_optuna_is_kept_with_a_warning_and_not_verified(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = interrupted(tmp_path, 1)
    with_other_values(place.folder, optuna="4.9.1")
    conducted_here(place_of(place.folder))

    assert read_plan(place.folder).trials[8].overrides["model.dropout"] == 0.25
    assert "was proposed by Optuna 4.9.1 and is kept" in caplog.text
    with pytest.raises(RunError, match=r"to check it: pip install optuna==4\.9\.1"):
        verify_sweep(place_of(place.folder))


def test_the_same_proposal_of_another_optuna_is_as_good(copied: SweepDir) -> None:
    write_json(copied.batch_path(1), {**batch(copied, 1), "optuna": "4.9.1"})

    assert verify_sweep(place_of(copied)).problems == ()


def too_many(content: dict[str, Any]) -> None:
    content["trials"].append(copy.deepcopy(content["trials"][0]))


def unknown_key(content: dict[str, Any]) -> None:
    content["trials"][0] = {"optimizer.lr": 0.1, "train.seed": 3}


def untrainable(content: dict[str, Any]) -> None:
    content["trials"][0]["model.dropout"] = 7


def trial_in_two_packs(content: dict[str, Any]) -> None:
    content["packs"][0][0] = 0


def a_command_as_version(content: dict[str, Any]) -> None:
    content["optuna"] = "5; rm -r runs"


DAMAGE = {
    too_many: "trials: 7 are more than the plan allows",
    unknown_key: "its keys are not those of the space",
    untrainable: "model.dropout",
    trial_in_two_packs: "packs: each trial must be in one of them",
    a_command_as_version: "optuna",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_strangers_batch_is_checked(
    copied: SweepDir, damage: Callable[[dict[str, Any]], None]
) -> None:
    content = batch(copied, 1)
    damage(content)
    write_json(copied.batch_path(1), content)

    with pytest.raises(RunError, match=rf"b1\.json is damaged: (.|\n)*{DAMAGE[damage]}"):
        read_plan(copied)


def test_a_plan_with_more_than_the_first_batch_is_no_plan(done: Place) -> None:
    value = json.loads(done.folder.plan_path.read_text())
    value["trials"] += batch(done.folder, 1)["trials"]
    value["packs"].append([*range(6, 12)])
    value["rungs"][0]["num_trials"] = 12

    with pytest.raises(RunError, match="trials: they are more than the first batch"):
        type(done.plan).from_json(value, done.folder.code_path)


def test_a_space_without_new_values_ends_the_sweep(tmp_path: Path) -> None:
    base = {"dataset": {"name": "digits"}, "model": {"name": "logistic"}}
    rates = {"optimizer.lr": {"choice": [0.01, 0.1, 1]}, "train.batch_size": {"choice": [100, 200]}}
    content = {
        "base": {**base, "optimizer": {"name": "sgd"}, "train": {"epochs": 1}},
        "space": rates,
        "trials": 12,
        "sampler": {"name": "tpe", "batch": 4},
        "seeds": 1,
        "confirm": {"finalists": 1, "seeds": 2},
    }
    sweep = nnlab.sweep(content, runs_dir=tmp_path)
    plan = read_plan(sweep)

    assert sweep.result["num_trials"] == len(plan.trials) == plan.num_trials == 6
    assert (plan.batches[-1], plan.is_complete) == (0, True)
    assert verify_sweep(place_of(sweep)).problems == ()


def test_the_commands_know_a_sweep_in_batches(command: Command, tmp_path: Path) -> None:
    finished = command("sweep", *CALL)
    sweep = finished.stdout.splitlines()[-1]

    assert finished.code == 0
    assert "18 trials x 1 seed = 18 replicas in batches of 16" in finished.stderr
    assert "batch 2: 1 of 1 trained" in finished.stderr
    assert "tried 18 experiments x 1 seed" in finished.stdout
    assert "tried 18 experiments" in command("runs", "show", sweep).stdout
    assert command("verify", sweep).code == 0
    assert command("report", sweep).code == 0
    tuned = tmp_path / "tuned.yaml"
    assert command("config", "show", sweep, "--winner", "-o", tuned).code == 0
    winner = read_plan(SweepDir(Path(sweep))).trials[
        nnlab.Sweep(Path(sweep)).result["winner"]["trial"]
    ]
    assert f"lr: {winner.overrides['optimizer.lr']}" in tuned.read_text()


@pytest.mark.slow
def test_contenders_are_tuned_in_batches(tmp_path: Path) -> None:
    short = {"dataset": {"name": "digits"}, "optimizer": {"name": "sgd"}, "train": {"epochs": 1}}
    models = {"plain": {"name": "logistic"}, "deep": {"name": "mlp", "hidden_sizes": [8]}}
    space = {
        "space": {"optimizer.lr": {"log": [1e-3, 1.0]}},
        "trials": 4,
        "sampler": {"name": "tpe", "batch": 2},
        "seeds": 1,
        "confirm": {"finalists": 1, "seeds": 3},
    }
    contenders = [{**short, "name": name, "model": model} for name, model in models.items()]
    found = nnlab.compare_tuned(contenders, space, runs_dir=tmp_path)
    sweeps = [result for result in list_results(tmp_path) if isinstance(result, SweepDir)]

    assert {row.name for row in found.rows} == {"plain, tuned", "deep, tuned"}
    assert [read_plan(sweep).batches for sweep in sweeps] == [(2,), (2,)]


def plan() -> PlannedSweep:
    arguments = {"sampler": "tpe", "trials": 18, "seeds": 1, "seconds": 0.1}
    return nnlab.plan_sweep("digits_mlp", ["optimizer.lr=log(1e-3,1)"], **arguments)


def test_the_plan_says_what_is_known(command: Command) -> None:
    finished = command("sweep", *CALL, "--plan")
    text = " ".join(finished.stdout.split())
    value = plan().to_json()

    assert (finished.code, finished.stderr) == (0, "")
    assert "18 trials x 1 seed, tpe" in text
    assert "2 batches of up to 16 trials: the first as by sobol" in text
    assert "1 pack of the first batch, each trained in one pass: 16 trials" in text
    assert "18 in the search" in text
    assert (value["num_trials"], value["num_batches"], len(value["trials"])) == (18, 2, 16)


def test_without_optuna_a_sweep_is_planned_and_nothing_is_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    refused = command("sweep", *CALL)
    (note,) = plan().notes

    for text in (note, refused.stderr):
        assert "sampler: tpe needs Optuna: pip install 'nnlab[sweep]'" in text
    assert (refused.code, refused.stdout) == (2, "")
    assert not (tmp_path / "runs").exists()


def test_without_optuna_a_stored_sweep_is_read_and_not_gone_on_with(
    done: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = in_batches(tmp_path)
    monkeypatch.setitem(sys.modules, "optuna", None)

    assert len(read_plan(done.folder).trials) == 16
    with pytest.raises(ConfigError, match="needs Optuna"):
        conducted_here(place)
    assert not (place.folder.path / "packs").exists()
