"""Where a sweep trains: what users write, and errors that travel as text."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nnlab.config.own_code import OwnCodeError
from nnlab.errors import ConfigError, InterruptedRun, KeyedError, NnlabError, RunError, StorageError
from nnlab.sweep.executors import answers, process
from nnlab.sweep.executors.answers import DONE, answer_from_json, answer_of, raise_error
from nnlab.sweep.executors.choose import executor_of
from nnlab.sweep.executors.local import LocalExecutor
from nnlab.sweep.executors.process import ProcessExecutor
from nnlab.sweep.executors.slurm_options import slurm_options_of
from nnlab.sweep.places import Place
from nnlab.sweep.units import PackUnit
from nnlab.sweep.worker import place_to_json, train_line
from nnlab.training.runtime import num_free_threads, num_threads, sharing
from tests.integration.test_sweep import started


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return started(tmp_path)


def travelled(error: BaseException) -> BaseException:
    answer = answer_from_json(json.dumps(answer_of(error)))
    try:
        raise_error(answer, "go on so")
    except (NnlabError, InterruptedRun) as found:
        return found
    raise AssertionError


@pytest.mark.parametrize("kind", answers.KINDS.values())
def test_errors_travel_with_their_class_and_text(kind: type[NnlabError]) -> None:
    found = travelled(kind("what, where, how"))

    assert type(found) is kind
    assert str(found) == "what, where, how"
    assert found.exit_code == kind.exit_code


def test_other_errors_become_ours() -> None:
    assert type(travelled(KeyedError(("train", "epochs"), "wrong"))) is ConfigError
    assert str(travelled(KeyedError(("train", "epochs"), "wrong"))) == "train.epochs: wrong"
    assert type(travelled(OwnCodeError("no such class"))) is ConfigError
    assert type(travelled(PermissionError(13, "Permission denied", "x"))) is StorageError
    assert "ZeroDivisionError: by zero" in str(travelled(ZeroDivisionError("by zero")))


def test_an_interruption_says_how_to_go_on_with_the_sweep() -> None:
    found = travelled(InterruptedRun("stopped at step 3", 15))

    assert isinstance(found, InterruptedRun)
    assert (str(found), found.exit_code) == ("go on so", 143)


def test_only_known_answers_are_understood() -> None:
    raise_error(DONE, "")
    with pytest.raises(RunError, match="unknown error, 'SystemExit'"):
        raise_error({"error": "SystemExit", "text": "", "signal": 0}, "")
    for text in ("", "{}", '{"error": 1, "text": "", "signal": 0}', "printed by training"):
        with pytest.raises(ValueError, match="validation error"):
            answer_from_json(text)


def test_errors_of_units_are_answers(place: Place) -> None:
    place.folder.plan_path.write_text("{}")
    answer = train_line(place_to_json(place), b'{"pack": 0, "active": [[0]]}')

    assert answer["error"] == "RunError"
    assert "plan.json has changed" in answer["text"]


def test_a_unit_that_kills_its_workers_is_given_up(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dying = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", dying])
    executor = ProcessExecutor(place, 1)
    with pytest.raises(RunError, match=r"p000: each of 4 workers has died .* SIGKILL"):
        executor.submit(PackUnit(0, ((0,),))).result()
    executor.cancel()
    assert caplog.text.count("a worker has died (SIGKILL)") == 3


def test_places_by_name(place: Place) -> None:
    assert isinstance(executor_of(None, place), LocalExecutor)
    two = executor_of("process:2", place)
    assert isinstance(two, ProcessExecutor)
    assert two.capacity == 2
    assert executor_of("process", place).capacity >= 1


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("proces:4", r"did you mean 'process'\?"),
        ("rai", r"did you mean 'ray'\?"),
        ("slurm", "there is no sbatch here"),
        ("slurm:time=60,jobs=8", "there is no sbatch here"),
        ("slurm:tiem=60", r"'tiem=60' is no option of a job \(did you mean 'time'\?"),
        ("slurm:", "'' is no option"),
        ("slurm:partition=", "partition has no value"),
        ("slurm:time=1h", "time is '1h', and must be a whole number of minutes"),
        ("slurm:time=0", "must be a whole number"),
        ("slurm:time=1,time=2", "time is given twice"),
        ("", "known are process"),
        ("process:0", "must be from 1"),
        ("process:", "must be from 1"),
        ("process:-1", "must be from 1"),
        ("process:9999999999999", "must be from 1"),
    ],
)
def test_mistyped_places_are_explained(
    place: Place, where: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match=text):
        executor_of(where, place)


def test_options_reach_slurm() -> None:
    options = slurm_options_of("slurm:partition=cpu,time=60,memory=4,jobs=20")

    assert options.jobs == 20
    expected = {"slurm_partition": "cpu", "timeout_min": 60, "mem_gb": 4}
    assert options.parameters == expected
    assert slurm_options_of("slurm").parameters == {"timeout_min": 24 * 60}


def test_a_share_of_the_processors_leaves_the_threads_of_torch_alone() -> None:
    before = num_threads()
    with sharing(7):
        assert (num_free_threads(), num_threads()) == (7, before)
    assert num_free_threads() == before
