"""Training from the page: the same bytes as the command line, whatever ends between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.runs.load import open_run
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.ui.worker.client import BusyError, Worker, WorkerError
from tests.helpers.ui import browse, check_same
from tests.helpers.zygote import Zygote

TEXT = """\
name: small
dataset: {name: spiral, num_samples: 150}
model: {name: mlp, hidden_sizes: [8]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 30, batch_size: 32, seeds: 3}
"""
LONG = TEXT.replace("epochs: 30", "epochs: 2000")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("play")


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[Worker]:
    found = Worker(Folders(folder / "runs", folder / "data"))
    yield found
    found.close()


def run_of(folder: Path, run_id: str) -> RunDir:
    return nnlab.load_run(run_id, runs_dir=folder / "runs")


def by_command(zygote: Zygote, folder: Path, text: str) -> RunDir:
    """Train an experiment by the command line, in a process of its own."""
    path, output = folder / "small.yaml", folder / "output.txt"
    path.write_text(text)
    code = zygote.run("train", path, "--runs-dir", folder / "shell", output=output)
    assert code == 0, output.read_text()
    return nnlab.load_run("latest", runs_dir=folder / "shell")


def test_the_page_trains_to_the_bytes_of_the_command_line(
    worker: Worker, zygote: Zygote, folder: Path
) -> None:
    run = worker.train(TEXT)
    worker.wait()
    assert worker.progress.error is None
    assert worker.progress.epoch == 30
    found = run_of(folder, run)
    assert found.status == "finished"
    assert found.config_path.read_text() == TEXT
    check_same(found, by_command(zygote, folder, TEXT))


def test_pause_step_and_the_death_of_both_processes_change_no_byte(
    zygote: Zygote, folder: Path
) -> None:
    first = Worker(Folders(folder / "runs", folder / "data"))
    text = TEXT.replace("epochs: 30", "epochs: 300")
    run = first.train(text)
    with pytest.raises(BusyError, match=f"run {run} is being trained; pause it first"):
        first.train(TEXT)
    first.pause()
    epoch = first.progress.epoch
    assert run_of(folder, run).status == "interrupted"
    first.resume(run, step=True)
    first.wait()
    assert first.progress.epoch == epoch + 1
    assert run_of(folder, run).status == "interrupted"
    first.resume(run)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert "last checkpoint can be resumed" in str(first.progress.error)
    first.resume(run)
    first.wait()
    first.close()
    found = run_of(folder, run)
    assert found.status == "finished"
    check_same(found, by_command(zygote, folder, text))


def test_a_killed_server_loses_nothing(folder: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from nnlab.storage.folders import Folders
from nnlab.ui.worker.client import Worker
worker = Worker(Folders(Path({str(folder / "runs")!r}), Path({str(folder / "data")!r})))
print(worker.train({LONG!r}), worker.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    server = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert server.returncode == -signal.SIGKILL
    run_id, pid = server.stdout.split()
    found = run_of(folder, run_id)
    for _ in range(200):
        if found.status == "interrupted" and not is_alive(int(pid)):
            break
        time.sleep(0.1)
    assert found.status == "interrupted"
    assert found.meta["exit_code"] is not None, "the run was saved, and not only found dead"
    assert not is_alive(int(pid))
    assert list(found.checkpoints_dir.glob("*.safetensors"))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_experiment_that_fails_says_why_and_the_next_one_trains(worker: Worker) -> None:
    with pytest.raises(WorkerError, match="lr"):
        worker.train(TEXT.replace("lr: 0.01", "lr: -1"))
    with pytest.raises(WorkerError, match="no code of your own"):
        worker.train(TEXT.replace("name: mlp", "name: 'net.py:Net'"))
    with pytest.raises(WorkerError, match="nothing is being trained"):
        worker.pause()
    assert worker.train(TEXT)
    worker.wait()
    assert worker.progress.error is None


def test_a_disk_that_breaks_is_said_in_a_sentence_and_the_next_one_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLAB_FAILPOINT", "fsync:7:eio")
    worker = Worker(Folders(tmp_path / "runs", tmp_path / "data"))
    run = worker.train(TEXT)
    worker.wait()
    error = worker.progress.error
    assert error is not None
    assert error.startswith(f"{tmp_path / 'runs' / run}")
    assert error.endswith("cannot be read or written: Input/output error")
    assert run_of(tmp_path, run).status == "failed"
    assert worker.resume(run) == run
    worker.wait()
    assert (worker.progress.error, run_of(tmp_path, run).status) == (None, "finished")
    worker.close()


def test_weights_arrive_while_it_trains(worker: Worker, folder: Path) -> None:
    run = worker.train(TEXT)
    worker.wait()
    assert worker.progress.frames
    epoch, weights = max(worker.progress.frames.items())
    assert {name: array.shape for name, array in weights.items()} == {
        "layers.0.weight": (3, 8, 2), "layers.0.bias": (3, 8),
        "layers.1.weight": (3, 3, 8), "layers.1.bias": (3, 3),
    }  # fmt: skip
    kept = open_run(run_of(folder, run)).snapshot.frames
    if epoch in kept:
        for name, array in weights.items():
            np.testing.assert_array_equal(array, kept[epoch][name].numpy())


def test_an_idle_process_ends_and_is_started_again(folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("NNLAB_UI_IDLE", "0.2")
    worker = Worker(Folders(folder / "runs", folder / "data"))
    worker.train(TEXT)
    worker.wait()
    for _ in range(100):
        if worker.pid is None:
            break
        time.sleep(0.1)
    assert worker.pid is None
    assert worker.progress.error is None
    monkeypatch.delenv("NNLAB_UI_IDLE")
    worker.train(TEXT)
    worker.wait()
    worker.close()
    assert worker.progress.error is None


def test_a_frame_is_waited_for(tmp_path: Path) -> None:
    worker = Worker(Folders(tmp_path / "runs", tmp_path / "data"))
    worker.train(LONG)
    worker.wait_for_frame(60.0)
    assert worker.progress.frames
    worker.close()


def test_the_routes_start_pause_and_resume(tmp_path: Path) -> None:
    browser = browse(tmp_path)
    assert browser.get("/api/play")["run"] is None
    assert browser.post("/api/play/start", {"yaml": "name: ["}).status == 422
    started = browser.post("/api/play/start", {"yaml": LONG})
    assert started.status == 200, started
    run, frames = started.json["run"], started.json["frames"]
    assert started.json["status"] == "running"
    assert frames["epochs"][0] == 1  # the page draws it without asking for more
    assert frames == {**browser.get(f"/api/runs/{run}/frames"), "epochs": frames["epochs"]}
    assert browser.get("/api/state")["running"] == run
    assert browser.post("/api/play/start", {"yaml": TEXT}).status == 409
    assert browser.post("/api/play/pause", {}).json == {"run": run}
    state = browser.get("/api/play")
    assert (state["run"], state["status"], state["epochs"]) == (run, "interrupted", 2000)
    assert browser.post("/api/play/step", {"run": run}).json == {"run": run}
    browser.gate.inner.state.lab.worker.wait()
    assert browser.get("/api/play")["epoch"] == state["epoch"] + 1
    assert browser.post("/api/play/resume", {"run": "../x"}).status == 404
    browser.gate.inner.state.lab.close()
