from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.storage.run_dir import RunDir
from tests.helpers.run_folders import NEW, OLD, held_by_another_process


def test_a_new_run_is_named_by_time_and_experiment(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "a" / "runs", "spiral")

    day, time, name, number = run.id.split("-")
    assert (len(day), len(time), name, len(number)) == (8, 6, "spiral", 4)
    assert run.path == tmp_path / "a" / "runs" / run.id
    assert run.path.is_dir()


def test_twenty_runs_made_at_once_have_their_own_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every number is drawn twice, so that half of the first choices are taken already.
    draws = count()
    monkeypatch.setattr("secrets.token_hex", lambda size: f"{next(draws) // 2:0{2 * size}x}")
    barrier = threading.Barrier(20)

    def create(_: int) -> Path:
        barrier.wait()
        return RunDir.create(tmp_path, "same").path

    with ThreadPoolExecutor(20) as pool:
        paths = list(pool.map(create, range(20)))

    assert len(set(paths)) == 20
    assert len(list(tmp_path.glob("*-same-*"))) == 20


def test_a_new_run_leaves_existing_folders_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter(["beef", "beef", "beef", "cafe"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(draws, "f00d"))
    first = RunDir.create(tmp_path, "same")
    first.update_meta(note="mine")

    second = RunDir.create(tmp_path, "same")

    assert second.path != first.path
    assert first.meta["note"] == "mine"
    assert not second.meta_path.exists()


@pytest.mark.parametrize("status", ["finished", "interrupted", "diverged", "failed"])
def test_the_status_is_the_one_written(status: str, folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.update_meta(status=status)

    assert run.status == status


def test_a_running_run_without_a_process_is_interrupted(folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.update_meta(status="running", pid=1)

    assert run.status == "interrupted"


def test_a_run_is_running_until_its_process_dies(folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.update_meta(status="running")

    with held_by_another_process(run) as process:
        alive = run.status
        process.kill()
        process.wait()
        dead = run.status

    assert (alive, dead) == ("running", "interrupted")


def test_a_run_is_held_by_one_process_only(folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.update_meta(pid=4321)

    with held_by_another_process(run), pytest.raises(RunError) as caught, run.lock():
        pass

    assert str(caught.value) == f"run {OLD} is being trained by process 4321"


def test_a_run_is_free_again_after_its_process_died(folder: Path) -> None:
    run = RunDir(folder / OLD)
    with held_by_another_process(run) as process:
        process.kill()

    with run.lock():
        held = run.is_locked()

    assert held
    assert not run.is_locked()


def test_asking_for_the_status_takes_no_lock(folder: Path) -> None:
    run = RunDir(folder / OLD)
    with run.lock():
        pass

    assert not run.is_locked()
    assert not run.is_locked()


def test_two_runs_may_be_trained_at_once(folder: Path) -> None:
    with held_by_another_process(RunDir(folder / OLD)), RunDir(folder / NEW).lock():
        assert RunDir(folder / NEW).is_locked()


def test_updating_meta_keeps_the_other_keys(run: RunDir) -> None:
    run.update_meta(status="running", seeds=[0, 1])
    run.update_meta(status="finished")

    assert run.meta == {"schema_version": 1, "status": "finished", "seeds": [0, 1]}


def test_a_run_without_results_reports_its_status(run: RunDir) -> None:
    run.update_meta(status="failed")

    with pytest.raises(RunError) as caught:
        _ = run.summary

    assert str(caught.value) == f"run {run.id} is failed and has no results yet"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": NaN}'],
    ids=["empty", "torn", "list", "not text", "deep", "huge number", "not a number"],
)
def test_a_damaged_file_is_reported_with_its_path(content: bytes, run: RunDir) -> None:
    run.meta_path.write_bytes(content)

    with pytest.raises(RunError, match="is damaged: ") as caught:
        _ = run.meta

    assert str(caught.value).startswith(str(run.meta_path))


def test_a_missing_file_is_reported_with_its_run(run: RunDir) -> None:
    with pytest.raises(RunError) as caught:
        _ = run.meta

    assert str(caught.value) == f"run {run.id} has no meta.json"


def test_a_run_with_an_unusable_experiment_is_reported_with_its_problems(run: RunDir) -> None:
    run.resolved_path.write_text("model: {name: mpl}\n")

    with pytest.raises(RunError) as caught:
        _ = run.config

    assert str(caught.value).startswith(f"run {run.id} has no valid experiment:\n")
    assert "unknown name" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "part"),
    [("hw 1", "hw-1"), ("Übung 3 (Anna)", "Ubung-3-Anna"), ("实验", "run"), ("a.b_c-d", "a.b_c-d")],
)
def test_a_folder_has_the_plain_letters_of_the_name(name: str, part: str, tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, name)
    assert run.id.partition("-")[2].partition("-")[2].rpartition("-")[0] == part


def test_a_finished_run_without_a_summary_is_damaged(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run")
    run.update_meta(status="finished")
    with pytest.raises(RunError, match=r"is damaged: it is finished, but summary\.json is gone"):
        _ = run.summary
    run.update_meta(status="interrupted")
    with pytest.raises(RunError, match="is interrupted and has no results yet"):
        _ = run.summary
