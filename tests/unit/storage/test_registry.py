from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.storage.registry import TRASH, find_run, list_runs
from nnlab.storage.run_dir import RunDir
from tests.helpers.run_folders import MIDDLE, NEW, OLD, make_run


def refusal(reference: str, folder: Path) -> str:
    with pytest.raises(RunError) as caught:
        find_run(reference, folder)
    return str(caught.value)


def test_runs_are_listed_in_the_order_they_were_started(folder: Path) -> None:
    assert [run.id for run in list_runs(folder)] == [OLD, MIDDLE, NEW]


def test_the_start_counts_and_not_the_name(folder: Path) -> None:
    make_run(folder, "20270101-000000-later-0001", started_at="2025-01-01")

    assert next(run.id for run in list_runs(folder)) == "20270101-000000-later-0001"


def test_folders_that_are_not_runs_are_not_listed(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "empty").mkdir()
    make_run(folder, ".hidden")
    make_run(folder, "has a blank")

    assert [run.id for run in list_runs(folder)] == [OLD, MIDDLE, NEW]


def test_a_missing_folder_has_no_runs(tmp_path: Path) -> None:
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


def test_an_empty_reference_matches_no_run_even_inside_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / OLD)

    assert "there is no run ''" in refusal("", folder)


@pytest.mark.parametrize("prefix", ["20260101", OLD[:-1]])
def test_a_prefix_of_several_runs_is_refused_with_their_ids(prefix: str, folder: Path) -> None:
    assert refusal(prefix, folder) == f"'{prefix}' matches 2 runs: {OLD}, {MIDDLE}"


def test_only_five_of_many_runs_are_named(folder: Path) -> None:
    for number in range(4):
        make_run(folder, f"20260103-080000-xor-000{number}")

    message = refusal("2026", folder)

    assert message.startswith("'2026' matches 7 runs: ")
    assert message.endswith(" and 2 more")
    assert message.count("2026010") == 5


def test_a_missing_run_is_reported_with_the_folder(folder: Path) -> None:
    assert refusal("nothing", folder) == (
        f"there is no run 'nothing' in {folder}; 'nnlab runs list' shows them"
    )


@pytest.mark.parametrize("reference", ["latest~3", "latest~99", "latest~999999"])
def test_going_back_too_far_is_reported_with_the_number_of_runs(
    reference: str, folder: Path
) -> None:
    assert refusal(reference, folder) == f"there are 3 runs in {folder}, so there is no {reference}"


def test_latest_without_runs_is_refused(tmp_path: Path) -> None:
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
def test_a_reference_that_matches_no_run_is_refused(
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
