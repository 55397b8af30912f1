from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from nnlab.cli.runs import list_runs as say_runs
from nnlab.errors import ConfigError, RunError
from nnlab.storage.registry import TRASH, find_run, list_runs, remove_run, restore_run, tag_run
from nnlab.storage.run_dir import RunDir

IDS = ("20260101-080000-xor-00aa", "20260101-080000-xor-00ab", "20260102-080000-mnist-1234")
OLD, MIDDLE, NEW = IDS

HOLD = """\
import sys
from pathlib import Path
from nnlab.storage.run_dir import RunDir

with RunDir(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def make_run(folder: Path, run_id: str, **meta: object) -> RunDir:
    path = folder / run_id
    path.mkdir(parents=True)
    run = RunDir(path)
    run.update_meta(**{"status": "finished", "started_at": f"2026-01-{run_id[6:8]}", **meta})
    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three runs, made in another order than they were started."""
    folder = tmp_path / "runs"
    for run_id in (NEW, OLD, MIDDLE):
        make_run(folder, run_id)
    return folder


@contextmanager
def held_by_another_process(run: RunDir) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def refusal(reference: str, folder: Path) -> str:
    with pytest.raises(RunError) as caught:
        find_run(reference, folder)
    return str(caught.value)


# ---- finding


def test_runs_are_listed_in_the_order_they_were_started(folder: Path) -> None:
    assert [run.id for run in list_runs(folder)] == [OLD, MIDDLE, NEW]


def test_the_start_counts_and_not_the_name(folder: Path) -> None:
    make_run(folder, "20270101-000000-later-0001", started_at="2025-01-01")

    assert next(run.id for run in list_runs(folder)) == "20270101-000000-later-0001"


def test_what_is_no_run_is_not_listed(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "empty").mkdir()
    make_run(folder, ".hidden")
    make_run(folder, "has a blank")

    assert [run.id for run in list_runs(folder)] == [OLD, MIDDLE, NEW]


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("reference", "run_id"),
    [
        pytest.param(OLD, OLD, id="id"),
        pytest.param("20260102", NEW, id="unique prefix"),
        pytest.param(NEW[:-1], NEW, id="all but the last letter"),
        pytest.param("latest", NEW, id="latest"),
        pytest.param("latest~0", NEW, id="latest~0"),
        pytest.param("latest~1", MIDDLE, id="latest~1"),
        pytest.param("latest~2", OLD, id="latest~2"),
    ],
)
def test_a_run_is_found_by(reference: str, run_id: str, folder: Path) -> None:
    assert find_run(reference, folder).id == run_id


def test_a_run_is_found_by_its_tag(folder: Path) -> None:
    RunDir(folder / MIDDLE).write_tags(["baseline", "good"])

    assert find_run("good", folder).id == MIDDLE


def test_an_id_wins_over_a_longer_one_that_begins_with_it(folder: Path) -> None:
    make_run(folder, NEW + "-copy")

    assert find_run(NEW, folder).id == NEW


def test_a_tag_wins_over_ids_that_begin_with_it(folder: Path) -> None:
    RunDir(folder / NEW).write_tags(["2026"])

    assert find_run("2026", folder).id == NEW


@pytest.mark.parametrize("end", ["", "/"], ids=["plain", "slash"])
def test_a_run_is_found_by_its_path_wherever_it_is(end: str, folder: Path, tmp_path: Path) -> None:
    elsewhere = make_run(tmp_path / "elsewhere", "other")

    found = find_run(f"{elsewhere.path}{end}", folder)

    assert (found.id, found.path) == ("other", elsewhere.path)


@pytest.mark.parametrize("reference", [f"runs/{OLD}", f"./runs/{OLD}", f"runs/../runs/{OLD}/"])
def test_a_run_is_found_by_a_path_from_here(
    reference: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)

    assert find_run(reference, folder).id == OLD


@pytest.mark.parametrize("reference", [".", "./", f"../{OLD}", "checkpoints/..", "../link"])
def test_a_run_found_by_any_path_to_it_has_its_own_id(
    reference: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / OLD / "checkpoints").mkdir()
    (folder / "link").symlink_to(folder / OLD)
    monkeypatch.chdir(folder / OLD)

    assert find_run(reference, folder).id == OLD


def test_nothing_means_no_run_even_inside_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / OLD)

    assert "there is no run ''" in refusal("", folder)


@pytest.mark.parametrize("prefix", ["20260101", OLD[:-1]])
def test_a_prefix_of_several_runs_is_refused_with_their_ids(prefix: str, folder: Path) -> None:
    assert refusal(prefix, folder) == f"'{prefix}' fits 2 runs: {OLD}, {MIDDLE}"


def test_only_five_of_many_runs_are_named(folder: Path) -> None:
    for number in range(4):
        make_run(folder, f"20260103-080000-xor-000{number}")

    message = refusal("2026", folder)

    assert message.startswith("'2026' fits 7 runs: ")
    assert message.endswith(", ...")
    assert message.count("2026010") == 5


def test_a_run_that_is_not_there_is_told_with_the_folder(folder: Path) -> None:
    assert refusal("nothing", folder) == (
        f"there is no run 'nothing' in {folder}; 'nnlab runs list' shows them"
    )


@pytest.mark.parametrize("reference", ["latest~3", "latest~99", "latest~999999"])
def test_going_back_too_far_is_told_with_the_number_of_runs(reference: str, folder: Path) -> None:
    assert refusal(reference, folder) == f"there are 3 runs in {folder}, so there is no {reference}"


def test_there_is_no_latest_without_runs(tmp_path: Path) -> None:
    message = refusal("latest", tmp_path / "runs")

    assert message == f"there are 0 runs in {tmp_path / 'runs'}, so there is no latest"


@pytest.mark.parametrize(
    "reference",
    [
        "",
        " ",
        ".",
        "..",
        "/",
        "~",
        "a/b",
        "../../x",
        "../outside",
        "/etc/passwd",
        TRASH,
        f"{TRASH}/x",
        "*",
        "2026*",
        "[2]",
        "latest~",
        "latest~-1",
        "latest~1.5",
        "latest~1234567",
        "LATEST",
        "-rf",
        "\n",
        "\ud800",
        "a\0b",
        "/a\0b",
        "x" * 300,
        "x/" * 3000,
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_a_reference_that_means_no_run_is_refused(
    reference: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(folder, TRASH)
    monkeypatch.chdir(folder)

    assert "there is no" in refusal(reference, folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("meta.json", '{"status": "fini', id="torn meta"),
        pytest.param("meta.json", "[1]", id="meta that is a list"),
        pytest.param("meta.json", "", id="empty meta"),
        pytest.param("tags.json", '{"ta', id="torn tags"),
        pytest.param("tags.json", '{"tags": null}', id="tags that are null"),
        pytest.param("tags.json", '{"tags": 5}', id="tags that are a number"),
    ],
)
def test_a_damaged_run_does_not_hide_the_others(name: str, content: str, folder: Path) -> None:
    (folder / OLD / name).write_text(content)

    assert find_run(NEW, folder).id == NEW
    assert find_run("latest", folder).id == NEW
    assert {MIDDLE, NEW} <= {run.id for run in list_runs(folder)}


@pytest.mark.parametrize("content", ['{"status": "fini', "[1]", ""])
@pytest.mark.parametrize("as_json", [False, True], ids=["table", "json"])
def test_a_damaged_run_is_listed_with_the_others(
    as_json: bool, content: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / OLD / "meta.json").write_text(content)

    say_runs(folder, as_json=as_json)

    stdout = capsys.readouterr().out
    assert [run_id in stdout for run_id in IDS] == [True, True, True]


def test_a_damaged_run_can_be_removed(folder: Path) -> None:
    (folder / OLD / "meta.json").write_text("{")

    remove_run(find_run(OLD, folder))

    assert [run.id for run in list_runs(folder)] == [MIDDLE, NEW]


# ---- removing and restoring


def test_a_removed_run_is_in_the_trash_with_all_its_files(folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.append_metrics([record(1)])

    where = remove_run(run)

    assert where == folder / TRASH / OLD
    assert RunDir(where).metrics == [record(1)]
    assert [run.id for run in list_runs(folder)] == [MIDDLE, NEW]


@pytest.mark.parametrize("reference", [OLD, OLD[:11], "latest", "mine"])
def test_a_removed_run_comes_back(reference: str, folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.write_tags(["mine"])
    remove_run(run)

    restored = restore_run(reference, folder)

    assert restored.path == folder / OLD
    assert restored.tags == ["mine"]
    assert [run.id for run in list_runs(folder)] == [OLD, MIDDLE, NEW]
    assert list((folder / TRASH).iterdir()) == []


def test_a_run_that_is_not_in_the_trash_is_not_restored(folder: Path) -> None:
    with pytest.raises(RunError, match=f"there is no run '{OLD}' in .*{TRASH}"):
        restore_run(OLD, folder)


def test_restoring_takes_runs_from_no_other_folder(folder: Path, tmp_path: Path) -> None:
    elsewhere = make_run(tmp_path / "elsewhere", "other")

    with pytest.raises(RunError):
        restore_run(str(elsewhere.path), folder)

    assert elsewhere.path.is_dir()


def test_a_run_is_not_restored_over_another(folder: Path) -> None:
    remove_run(RunDir(folder / OLD))
    make_run(folder, OLD, note="new")

    with pytest.raises(RunError) as caught:
        restore_run(OLD, folder)

    assert str(caught.value) == f"there is a run {OLD} in {folder} already"
    assert RunDir(folder / OLD).meta["note"] == "new"
    assert (folder / TRASH / OLD).is_dir()


def test_a_run_that_is_being_trained_is_not_removed(folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.update_meta(pid=4321)

    with held_by_another_process(run), pytest.raises(RunError) as caught:
        remove_run(run)

    assert str(caught.value) == f"run {OLD} is being trained by process 4321"
    assert run.path.is_dir()


# ---- tags


def test_a_run_may_have_several_tags(folder: Path) -> None:
    run = RunDir(folder / OLD)

    for tag in ("b", "a", "b"):
        tag_run(run, tag, folder)

    assert run.tags == ["a", "b"]


def test_a_tag_leaves_the_run_that_had_it(folder: Path) -> None:
    tag_run(RunDir(folder / OLD), "best", folder)
    tag_run(RunDir(folder / OLD), "kept", folder)

    tag_run(RunDir(folder / NEW), "best", folder)

    assert RunDir(folder / OLD).tags == ["kept"]
    assert find_run("best", folder).id == NEW


@pytest.mark.parametrize(
    "tag",
    [
        "",
        " ",
        "a b",
        "a/b",
        "..",
        ".hidden",
        "-rm",
        "latest",
        "latest~1",
        "a\n",
        "\u0430",
        "x" * 101,
        NEW,
        OLD,
    ],
    ids=ascii,
)
def test_a_tag_that_could_be_mistaken_is_refused(tag: str, folder: Path) -> None:
    run = RunDir(folder / MIDDLE)

    with pytest.raises(ConfigError, match="is not a tag"):
        tag_run(run, tag, folder)

    assert run.tags == []


@pytest.mark.parametrize("tag", ["a", "best-of_3.1", "latest2", "Latest", "7", "x" * 100])
def test_a_tag_may_be_any_plain_word(tag: str, folder: Path) -> None:
    tag_run(RunDir(folder / MIDDLE), tag, folder)

    assert find_run(tag, folder).id == MIDDLE


# ---- making runs


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


def test_a_new_run_leaves_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter(["beef", "beef", "beef", "cafe"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(draws, "f00d"))
    first = RunDir.create(tmp_path, "same")
    first.update_meta(note="mine")

    second = RunDir.create(tmp_path, "same")

    assert second.path != first.path
    assert first.meta["note"] == "mine"
    assert not second.meta_path.exists()


# ---- status and lock


@pytest.mark.parametrize("status", ["finished", "interrupted", "diverged", "failed"])
def test_the_status_is_what_was_written(status: str, folder: Path) -> None:
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


def test_one_run_may_be_trained_beside_another(folder: Path) -> None:
    with held_by_another_process(RunDir(folder / OLD)), RunDir(folder / NEW).lock():
        assert RunDir(folder / NEW).is_locked()


# ---- metrics


def record(epoch: int, seed: int = 0, **others) -> dict:
    return {"epoch": epoch, "step": 9 * epoch, "seed": seed, "train": {"loss": 0.5}, **others}


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path / "runs", "metrics")


def test_records_are_read_as_they_were_appended(run: RunDir) -> None:
    records = [record(n, seed=s, val={"loss": n / 3}) for n in (1, 2) for s in (0, 1)]

    run.append_metrics(records[:2])
    run.append_metrics(records[2:])

    assert run.metrics == records
    assert len(run.metrics_path.read_bytes().splitlines()) == 4


def test_a_run_without_metrics_has_no_records(run: RunDir) -> None:
    assert run.metrics == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_becomes_null_with_a_flag(value: float, run: RunDir) -> None:
    run.append_metrics([{"epoch": 1, "train": {"loss": value, "accuracy": 0.5}}])

    assert json.loads(run.metrics_path.read_text()) == {
        "epoch": 1,
        "train": {"loss": None, "accuracy": 0.5},
        "diverged": True,
    }


def test_a_number_in_a_list_that_is_not_finite_becomes_null(run: RunDir) -> None:
    run.append_metrics([record(1, per_class=[{"f1": math.nan}, {"f1": 1.0}])])

    assert run.metrics == [record(1, per_class=[{"f1": None}, {"f1": 1.0}], diverged=True)]


def test_only_the_record_that_diverged_has_the_flag(run: RunDir) -> None:
    run.append_metrics([record(1, lr=0.1), record(1, seed=1, lr=math.nan)])

    assert run.metrics == [record(1, lr=0.1), record(1, seed=1, lr=None, diverged=True)]


@pytest.mark.parametrize(
    "torn", [b'{"epoch": 2, "val": {"lo', b"{", b'{"epoch": 2}', b"\xff\xfe", b"\0" * 100]
)
def test_a_torn_last_line_is_left_out(torn: bytes, run: RunDir) -> None:
    run.append_metrics([record(1)])
    with run.metrics_path.open("ab") as file:
        file.write(torn)

    assert run.metrics == [record(1)]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"\0\0\0",
        b"",
        b"[1, 2]",
        b"3",
        b"null",
        b"\xff",
        b'{"loss": NaN}',
        b"[" * 100_000,
        b'{"epoch": ' + b"9" * 5000 + b"}",
        b'{"epoch": "' + b"x" * 1_000_000 + b'"}',
        json.dumps({"epoch": 1, "step": 1, "seed": "0", "train": {"loss": 0.5}}).encode(),
        json.dumps({"epoch": 1, "step": 1, "seed": 0}).encode(),
    ],
    ids=[
        "torn",
        "zeros",
        "empty",
        "list",
        "number",
        "null",
        "not text",
        "not a number",
        "deep",
        "huge number",
        "huge line",
        "a seed that is a text",
        "no loss",
    ],
)
def test_a_damaged_line_does_not_hide_the_others(line: bytes, run: RunDir) -> None:
    before, after = (json.dumps(record(epoch)).encode() for epoch in (1, 3))
    run.metrics_path.write_bytes(before + b"\n" + line + b"\n" + after + b"\n")

    assert run.metrics == [record(1), record(3)]


def test_records_after_a_checkpoint_can_be_forgotten(run: RunDir) -> None:
    run.append_metrics([record(1)])
    size = run.sync_metrics()
    run.append_metrics([record(2)])

    run.truncate(size, 0)

    assert run.metrics == [record(1)]


def test_a_run_without_metrics_has_nothing_to_forget(run: RunDir) -> None:
    assert run.sync_metrics() == 0

    run.truncate(0, 0)

    assert run.metrics == []


# ---- meta and summary


def test_meta_keeps_what_is_not_changed(run: RunDir) -> None:
    run.update_meta(status="running", seeds=[0, 1])
    run.update_meta(status="finished")

    assert run.meta == {"schema_version": 1, "status": "finished", "seeds": [0, 1]}


def test_a_run_without_results_tells_its_status(run: RunDir) -> None:
    run.update_meta(status="failed")

    with pytest.raises(RunError) as caught:
        _ = run.summary

    assert str(caught.value) == f"run {run.id} is failed and has no results yet"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": NaN}'],
    ids=["empty", "torn", "list", "not text", "deep", "huge number", "not a number"],
)
def test_a_damaged_file_is_told_with_its_path(content: bytes, run: RunDir) -> None:
    run.meta_path.write_bytes(content)

    with pytest.raises(RunError, match="is damaged: ") as caught:
        _ = run.meta

    assert str(caught.value).startswith(str(run.meta_path))


def test_a_missing_file_is_told_with_its_run(run: RunDir) -> None:
    with pytest.raises(RunError) as caught:
        _ = run.meta

    assert str(caught.value) == f"run {run.id} has no meta.json"


def test_a_run_with_an_unusable_experiment_is_told_with_its_problems(run: RunDir) -> None:
    run.resolved_path.write_text("model: {name: mpl}\n")

    with pytest.raises(RunError) as caught:
        _ = run.config

    assert str(caught.value).startswith(f"run {run.id} has no usable experiment:\n")
    assert "unknown name" in str(caught.value)
