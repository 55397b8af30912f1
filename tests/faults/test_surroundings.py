"""Full disks, read-only folders, odd paths, clocks and streams."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import nnlab
from nnlab.api import as_config
from nnlab.assembly.job import build_job
from nnlab.errors import DeviceError, DivergedError, RunError
from nnlab.learners.fused import FusedLearner
from nnlab.learners.native import NativeLearner
from nnlab.storage import checkpoint
from nnlab.storage.run_dir import RunDir
from nnlab.training.recorder import Recorder
from tests.helpers.command import Command
from tests.helpers.command import nnlab as nnlab_command
from tests.helpers.tables import write_table

EVERY_EPOCH = "train.checkpoint_every.epochs=1"


def in_namespace(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script that may mount folders, where the kernel lets everyone do that."""
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces are not permitted here")
    command = ["unshare", "-Urm", "sh", "-euc", script, "sh", *map(str, args)]
    env = {**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, env=env, timeout=6000, check=False
    )


def test_a_disk_that_fills_up_keeps_the_previous_checkpoint(tmp_path: Path) -> None:
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    for folder in (runs, kept):
        folder.mkdir()
    ended = in_namespace(
        'mount -t tmpfs -o size=128k none "$1"; '
        'code=0; "$PYTHON" -m nnlab train spiral_mlp train.epochs=5000 '
        'train.checkpoint_every.epochs=1 --runs-dir "$1" || code=$?; '
        'cp -r "$1"/. "$2"; exit $code',
        runs,
        kept,
    )
    assert ended.returncode == 5, ended.stderr
    assert "the disk is full: " in ended.stderr
    assert "bytes, and " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(kept.rglob(".tmp-*"))
    (path,) = kept.iterdir()
    assert checkpoint.load(path / "checkpoints").damaged == ()


def test_a_disk_too_small_for_checkpoints_is_refused_before_a_run_is_created(
    tmp_path: Path,
) -> None:
    ended = in_namespace(
        'mount -t tmpfs -o size=16k none "$1"; '
        'code=0; "$PYTHON" -m nnlab train spiral_mlp --runs-dir "$1" || code=$?; ls "$1"; exit $code',
        tmp_path,
    )
    assert ended.returncode == 5
    assert "the checkpoints of a run need " in ended.stderr
    assert ended.stdout == ""


def test_a_read_only_folder_is_an_error_of_the_disk(tmp_path: Path) -> None:
    ended = in_namespace(
        'mount --bind -o ro "$1" "$1"; mount -o remount,bind,ro "$1"; '
        'exec "$PYTHON" -m nnlab train spiral_mlp --runs-dir "$1/runs"',
        tmp_path,
    )
    assert ended.returncode == 5, ended.stderr
    assert "Read-only file system" in ended.stderr


def interrupted_run(*overrides: str) -> RunDir:
    run = nnlab.train("spiral_mlp", ["train.epochs=4", EVERY_EPOCH, *overrides])
    run.update_meta(status="interrupted")
    return run


def test_a_damaged_checkpoint_is_skipped_with_a_warning(forked: Command) -> None:
    run = interrupted_run()
    expected, newest = run.metrics, max(run.checkpoints_dir.glob("*.safetensors"))
    newest.write_bytes(b"")
    resumed = forked("resume", run.id)
    assert resumed.code == 0, resumed.stderr
    assert f"checkpoint '{newest.name}' is damaged and was skipped" in resumed.stderr
    assert [r["train"] for r in run.metrics] == [r["train"] for r in expected]


def test_swapped_checkpoints_are_damaged_ones() -> None:
    run = interrupted_run()
    first, second = sorted(run.checkpoints_dir.glob("*.safetensors"))
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])
    with pytest.raises(RunError, match=r"every checkpoint in .* is missing or damaged"):
        nnlab.resume(run)


def test_a_diverged_run_keeps_its_last_good_checkpoint() -> None:
    with pytest.raises(DivergedError) as error:
        nnlab.train(
            "regression_mlp",
            ["optimizer={name: sgd, lr: 2}", "train.eval_every=1", EVERY_EPOCH],
        )
    run = nnlab.load_run("latest")
    assert (run.status, run.meta["exit_code"], error.value.exit_code) == ("diverged", 6, 6)
    assert "earlier checkpoints are kept" in str(error.value)
    found = checkpoint.load(run.checkpoints_dir)
    assert all(tensor.isfinite().all() for tensor in found.tensors.values())
    best = found.progress["replicas"][0]["best_value"]
    assert best is not None
    assert math.isfinite(best)


@pytest.mark.parametrize(
    ("learner", "method", "failure"),
    [
        (FusedLearner, "train_step", torch.OutOfMemoryError),
        (NativeLearner, "train_steps", MemoryError),
    ],
)
def test_a_device_without_memory_names_the_batch_size(
    learner: type, method: str, failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    step, steps_left = getattr(learner, method), iter(range(30))

    def step_until_full(*args, **options):
        if next(steps_left, None) is None:
            raise failure
        return step(*args, **options)

    monkeypatch.setattr(learner, method, step_until_full)
    engine = learner.__name__.removesuffix("Learner").lower()
    with pytest.raises(DeviceError, match=r"try train\.batch_size=32, or fewer") as error:
        nnlab.train("spiral_mlp", ["train.batch_size=64", EVERY_EPOCH, f"train.engine={engine}"])
    run = nnlab.load_run("latest")
    assert (run.status, run.meta["exit_code"], error.value.exit_code) == ("failed", 7, 7)
    assert checkpoint.load(run.checkpoints_dir).damaged == ()


def test_a_resumed_run_observes_no_epoch_twice() -> None:
    run = interrupted_run()
    looks = run.probe_records
    assert [look["epoch"] for look in looks] == [4]
    assert [look["epoch"] for look in nnlab.resume(run).probe_records] == [4]


def test_a_run_that_diverges_in_its_last_step_has_no_result() -> None:
    overrides = ["optimizer={name: sgd, lr: 1e38}", "train.epochs=1", "train.batch_size=full"]
    with pytest.raises(DivergedError, match="the train loss of seed 0 is "):
        nnlab.train("spiral_linear", [*overrides, "dataset.split.val=0"])
    assert not nnlab.load_run("latest").summary_path.exists()


def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path) -> None:
    job = build_job(as_config("spiral_linear"), tmp_path)
    recorder = Recorder(RunDir.create(tmp_path, "run"), job)
    weights = job.learner.weights()
    bias = next(name for name in weights if name.endswith("bias"))
    weights[bias][0, 1] = math.nan
    job.learner.load_weights(weights)
    with pytest.raises(DivergedError, match=r"bias has weights that are not finite"):
        recorder.save()
    assert checkpoint.load(recorder.run.checkpoints_dir) is None


@pytest.mark.parametrize("name", ["\u00e4 b", "'\"", "\u202e\U0001f389", "new\nline"])
def test_folders_may_have_any_name(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    run = nnlab.train("spiral_mlp", ["train.epochs=2"], runs_dir=folder)
    run.update_meta(status="interrupted")
    assert nnlab.resume(run.path).status == "finished"
    assert nnlab.evaluate("latest", runs_dir=folder)["test"] == run.summary["test"]


@pytest.mark.parametrize(
    "env",
    [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"}],
    ids=str,
)
def test_any_locale_will_do(env: dict[str, str], tmp_path: Path) -> None:
    ended = nnlab_command(
        "train", "xor_mlp", "train.epochs=2", "--runs-dir", tmp_path / "\u00e4", env=env
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_do_not_end_a_run(closed: str, tmp_path: Path) -> None:
    script = f'"$0" -m nnlab train xor_mlp train.epochs=2 --runs-dir "$1" {closed}'
    subprocess.run(["sh", "-c", script, sys.executable, str(tmp_path)], check=True, timeout=600)
    (path,) = tmp_path.iterdir()
    assert RunDir(path).status == "finished"


def test_a_clock_set_back_does_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    first = nnlab.train("spiral_mlp", ["train.epochs=3"])
    times = iter(range(2_000_000_000, 0, -86_400))
    monkeypatch.setattr(time, "time", lambda: float(next(times)))
    second = nnlab.train("spiral_mlp", ["train.epochs=3"])
    assert second.summary["test"] == first.summary["test"]
    assert all(record["seconds"] >= 0 for record in second.metrics)


def test_training_of_a_locked_run_names_the_process(forked: Command, tmp_path: Path) -> None:
    run = interrupted_run()
    with run.lock():
        ended = forked("train", "--resume", run.id)
    assert ended.code == 4
    assert f"is being trained by process {os.getpid()}" in ended.stderr


def test_a_second_interrupt_ends_the_process_at_once_and_damages_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nnlab", "train", "spiral_mlp", "train.epochs=100000"]
    process = subprocess.Popen(
        [*command, "train.threads=1", "train.batch_size=8", EVERY_EPOCH],
        env={**os.environ, "NNLAB_RUNS": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stderr.readline()  # the size of the run
    process.stderr.readline()  # the first epoch
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "Traceback" not in messages
    (path,) = tmp_path.iterdir()
    assert RunDir(path).status == "interrupted"
    assert checkpoint.load(path / "checkpoints").damaged == ()
    assert all(json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines())


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [(value / 10, "up" if value % 2 else "down") for value in range(60)]
    write_table(tmp_path / "t.csv", ["x", "y"], rows)
    (tmp_path / "own.yaml").write_text(
        "dataset: {name: csv, path: t.csv, target: y}\n"
        "model: {name: mlp, hidden_sizes: [4]}\n"
        "optimizer: {name: adam}\n"
        "train: {epochs: 1}\n",
        encoding="utf-8",
    )
    return tmp_path


def without_home(folder: Path) -> dict[str, str]:
    """Return an environment without a home, in which the user has no entry either."""
    (folder / "sitecustomize.py").write_text(
        "import pwd\ndef getpwuid(uid): raise KeyError(uid)\npwd.getpwuid = getpwuid\n",
        encoding="utf-8",
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NNLAB")}
    kept = {key: kept[key] for key in kept.keys() - {"HOME", "XDG_CACHE_HOME"}}
    path = os.pathsep.join([str(folder), str(Path(nnlab.__file__).parents[1])])
    return {**kept, "PYTHONPATH": path, "NNLAB_OFFLINE": "1", "MPLBACKEND": "not_installed"}


def test_a_user_without_home_and_plotting_backend_can_train_evaluate_and_plot(
    table: Path, tmp_path: Path
) -> None:
    script = "train own.yaml", "eval latest", "plot latest curves", "runs list"
    for line in script:
        done = subprocess.run(
            [sys.executable, "-m", "nnlab", *line.split()],
            cwd=table,
            env=without_home(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "atplotlib" in done.stderr) == (0, False), done.stderr


def test_a_tilde_without_a_home_is_refused(table: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nnlab", "train", "own.yaml", "--runs-dir", "~/runs"],
        cwd=table,
        env=without_home(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "error: ~/runs: this user has no home folder (HOME is not set); write the whole path\n",
    )


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_trains(
    code: int, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_handle: int, _operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", flock)
    run = nnlab.train(table / "own.yaml")
    assert nnlab.load_run("latest").status == "finished"
    run.update_meta(status="running", pid=os.getppid())
    assert run.status == "running"
    run.update_meta(pid=2**22 + 1)
    assert run.status == "interrupted"


def test_a_broken_lock_is_an_error(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_handle: int, _operation: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.raises(OSError, match="Input/output error"):
        nnlab.train(table / "own.yaml")


def test_a_folder_that_cannot_be_synced_is_written_all_the_same(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(handle)

    monkeypatch.setattr("os.fsync", fsync)
    assert nnlab.train(table / "own.yaml").status == "finished"


def test_a_read_only_home_is_an_error_only_where_it_is_needed(table: Path) -> None:
    (table / "home").mkdir()
    done = in_namespace(
        'mount -t tmpfs -o ro none "$1"; export HOME="$1" NNLAB_OFFLINE=1; unset NNLAB_DATA; cd "$2"; '
        '"$PYTHON" -m nnlab train own.yaml; "$PYTHON" -m nnlab plot latest curves',
        *(table / "home", table),
    )
    assert (done.returncode, "atplotlib" in done.stderr) == (0, False), done.stderr
