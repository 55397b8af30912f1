from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.errors import ConfigError, RunError
from nnlab.storage.registry import TRASH, find_run, list_runs, remove_run, restore_run, tag_run
from nnlab.storage.run_dir import RunDir
from tests.helpers.run_folders import MIDDLE, NEW, OLD, held_by_another_process, make_run, record


def test_a_damaged_run_can_be_removed(folder: Path) -> None:
    (folder / OLD / "meta.json").write_text("{")

    remove_run(find_run(OLD, folder))

    assert [run.id for run in list_runs(folder)] == [MIDDLE, NEW]


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

    assert str(caught.value) == f"there is already a run {OLD} in {folder}"
    assert RunDir(folder / OLD).meta["note"] == "new"
    assert (folder / TRASH / OLD).is_dir()


def test_a_run_that_is_being_trained_is_not_removed(folder: Path) -> None:
    run = RunDir(folder / OLD)
    run.update_meta(pid=4321)

    with held_by_another_process(run), pytest.raises(RunError) as caught:
        remove_run(run)

    assert str(caught.value) == f"run {OLD} is being trained by process 4321"
    assert run.path.is_dir()


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

    with pytest.raises(ConfigError, match="is not a valid tag"):
        tag_run(run, tag, folder)

    assert run.tags == []


@pytest.mark.parametrize("tag", ["a", "best-of_3.1", "latest2", "Latest", "7", "x" * 100])
def test_a_tag_may_be_any_plain_word(tag: str, folder: Path) -> None:
    tag_run(RunDir(folder / MIDDLE), tag, folder)

    assert find_run(tag, folder).id == MIDDLE
