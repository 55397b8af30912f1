"""A run that was stopped goes on to the same bytes as one that was not."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch

import nnlab
from nnlab.errors import InterruptedRun, RunError
from nnlab.runs.differences import without_measured
from nnlab.storage.run_dir import RunDir
from nnlab.training.signals import StopRequest
from tests.helpers.command import Command
from tests.helpers.steps import CASES, TRAIN, continue_run, differing_stops, end_of, experiment
from tests.helpers.zygote import Zygote

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@each_case
def test_a_run_stopped_at_any_step_ends_in_the_same_bytes(case, tmp_path: Path) -> None:
    _, differing = differing_stops(case, tmp_path)
    assert differing == []


def test_a_run_stopped_five_times_ends_in_the_same_bytes(tmp_path: Path) -> None:
    config = experiment(CASES["adam, dropout, two replicas"])
    assert end_of(config, tmp_path, 1, 3, 1, 2, 2) == end_of(config, tmp_path)


def test_pictures_of_an_epoch_without_a_record_before_it_are_kept_as_well(tmp_path: Path) -> None:
    config = experiment(CASES["rmsprop, records every third epoch"], longer=3)
    assert end_of(config, tmp_path, 22) == end_of(config, tmp_path)


@pytest.mark.parametrize("forget", ["optimizer state", "order", "generator"])
def test_the_comparison_notices_state_that_is_not_restored(forget: str, tmp_path: Path) -> None:
    config = experiment(CASES["adam, dropout, two replicas"])
    assert end_of(config, tmp_path, 5, forget=forget) != end_of(config, tmp_path)


def test_a_signal_saves_the_step_and_exits_with_128_plus_its_number(tmp_path: Path) -> None:
    def interrupting(run, job, progress):
        class Watching:
            def __enter__(self):
                return lambda records: os.kill(os.getpid(), signal.SIGTERM)

            def __exit__(self, *_):
                return None

        return Watching()

    with pytest.raises(InterruptedRun) as stopped:
        nnlab.train("spiral_mlp", ["train.epochs=50"], watch=interrupting)

    run = nnlab.load_run("latest")
    assert stopped.value.exit_code == 143
    assert run.status == "interrupted"
    assert run.meta["exit_code"] == 143
    assert f"nnlab resume {run.id}" in str(stopped.value)
    assert nnlab.resume(run).status == "finished"


def test_a_second_interrupt_does_not_wait() -> None:
    with StopRequest() as request:
        os.kill(os.getpid(), signal.SIGINT)
        assert request.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_handlers_of_signals_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopRequest():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_finished_run_is_not_retrained() -> None:
    run = nnlab.train("spiral_mlp", ["train.epochs=3"])
    before = run.summary_path.read_bytes(), run.metrics_path.read_bytes()
    assert nnlab.resume(run).status == "finished"
    assert (run.summary_path.read_bytes(), run.metrics_path.read_bytes()) == before


def test_a_resumed_run_keeps_its_number_of_threads() -> None:
    run = nnlab.train("spiral_mlp", ["train.epochs=2"])
    run.update_meta(status="interrupted", threads=2)
    seen = []

    def watching(run, job, progress):
        seen.append(torch.get_num_threads())
        return contextlib.nullcontext(lambda records: None)

    nnlab.resume(run, watch=watching)
    assert (seen, torch.get_num_threads()) == ([2], 1)


def test_resuming_with_other_data_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b,y\n" + "\n".join(f"{i},{i % 7},{'pq'[i % 2]}" for i in range(40)))
    config = {
        "dataset": {"name": "csv", "path": str(table), "target": "y"},
        "model": {"name": "mlp"},
        "optimizer": {"name": "adam"},
    }
    run = nnlab.train(config)
    run.update_meta(status="interrupted")
    table.write_text(table.read_text().replace("1,1,q", "1,1,p"))
    with pytest.raises(RunError, match=r"data of run .* has changed"):
        nnlab.resume(run, data_file=table)


def start_training(zygote: Zygote, folder: Path, messages: Path) -> int:
    words = ["train", "spiral_mlp", "train.batch_size=16", "train.checkpoint_every.steps=50"]
    words += ["train.seeds=2", "train.epochs=90"]
    return zygote.start(*words, output=messages, NNLAB_RUNS=str(folder))


def wait_for_metrics(folder: Path, seconds: float = 600) -> Path:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in folder.glob("*/metrics.jsonl"):
            if path.stat().st_size > 2000:
                return path.parent
        time.sleep(0.02)
    msg = "training did not begin"
    raise AssertionError(msg)


def results(path: Path) -> tuple[dict, list]:
    run = RunDir(path)
    return without_measured(run.summary), without_measured(run.metrics)


@pytest.fixture(scope="module")
def whole(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, list]:
    """What a process gives that nobody stops."""
    folder = tmp_path_factory.mktemp("whole")
    messages = folder / "messages.txt"
    code = zygote.wait(start_training(zygote, folder / "runs", messages))
    assert code == 0, messages.read_text()
    return results(Path(messages.read_text().splitlines()[-1]))


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
    ids=["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"],
)
def test_a_stopped_process_resumes_to_the_same_results(
    number: int,
    exit_code: int,
    whole: tuple[dict, list],
    zygote: Zygote,
    forked: Command,
    tmp_path: Path,
) -> None:
    messages = tmp_path / "messages.txt"
    stopped = start_training(zygote, tmp_path / "runs", messages)
    folder = wait_for_metrics(tmp_path / "runs")
    os.kill(stopped, number)
    assert zygote.wait(stopped) == exit_code
    assert "Traceback" not in messages.read_text()
    assert RunDir(folder).status == "interrupted"

    resumed = forked("resume", str(folder))

    assert resumed.code == 0, resumed.stderr
    assert resumed.stdout.splitlines()[-1] == str(folder)
    assert results(folder) == whole


def test_two_processes_do_not_train_one_run(forked: Command, tmp_path: Path) -> None:
    run = nnlab.train("spiral_mlp", ["train.epochs=3"])
    run.update_meta(status="interrupted")
    with run.lock():
        second = forked("resume", str(run.path))
    assert second.code == 4
    assert f"run {run.id} is being trained by process {os.getpid()}" in second.stderr


def test_the_torn_end_of_the_metrics_is_rewritten(tmp_path: Path) -> None:
    config = experiment({"train": TRAIN})
    whole = end_of(config, tmp_path / "whole")
    run = RunDir.create(tmp_path, "torn")
    with pytest.raises(InterruptedRun):
        continue_run(config, run, 7)
    with run.metrics_path.open("a") as file:
        file.write(json.dumps(run.metrics[-1])[:30])
    continue_run(config, run, None)
    assert [{k: v for k, v in r.items() if k != "seconds"} for r in run.metrics] == whole[1]
