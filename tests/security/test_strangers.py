"""Runs and files of strangers: the same functions as ``python -m tests.soak``, smaller counts."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

import pytest
import torch

import nnlab
from nnlab.errors import RunError
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command
from tests.helpers.damage_bytes import grown
from tests.helpers.fuzz import (
    fuzzed_configs,
    fuzzed_idx,
    fuzzed_manifests,
    fuzzed_metrics,
    fuzzed_tables,
)
from tests.helpers.fuzz_columns import fuzzed_columns, fuzzed_dates, fuzzed_encodings
from tests.helpers.fuzz_pictures import fuzzed_pictures
from tests.helpers.fuzz_tables import fuzzed_dialects, fuzzed_parquet
from tests.helpers.watchdog import EXIT_CODE, VIOLATION
from tests.helpers.zygote import Zygote
from tests.security.attack import NUM_COMMANDS, ask_about_hostile_runs
from tests.security.code import ask_about_code, at_import, base_run, hostile_runs, with_digests
from tests.security.mutations import change_weights, write_manifest
from tests.security.names import ask_about_names

SMALL = ["train.epochs=2", "dataset.num_samples=60"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nnlab.train("spiral_mlp", SMALL, runs_dir=tmp_path_factory.mktemp("runs")).path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> RunDir:
    """A copy of a finished run that a test may damage."""
    return RunDir(shutil.copytree(trained, tmp_path / "runs" / trained.name))


def test_no_command_is_misled_by_a_strangers_run(zygote: Zygote, tmp_path: Path) -> None:
    assert ask_about_hostile_runs(zygote, tmp_path, 5) == []


def test_no_command_runs_a_strangers_code(zygote: Zygote, tmp_path: Path) -> None:
    base = base_run(tmp_path)
    asked, problems = ask_about_code(zygote, tmp_path / "asked", base, 3)
    assert problems == []
    assert asked == 3 * (NUM_COMMANDS + 1)


def test_allowed_code_runs(tmp_path: Path) -> None:
    base, canary = base_run(tmp_path), tmp_path / "executed"
    paths = hostile_runs(tmp_path, base, 1, canary, hiding=[at_import], covering=[with_digests])
    run = RunDir(next(paths))
    with pytest.raises(RunError, match="not run without your consent"):
        nnlab.evaluate(run)
    assert not canary.exists()
    nnlab.trust(run)
    nnlab.evaluate(run)
    assert canary.exists()


def test_a_name_cannot_leave_the_folder_of_runs(zygote: Zygote, tmp_path: Path) -> None:
    asked, problems = ask_about_names(zygote, tmp_path, 12)
    assert problems == []
    assert asked > 12 * 10


def test_the_watchdog_ends_a_process_that_opens_other_files(zygote: Zygote, tmp_path: Path) -> None:
    output, stranger = tmp_path / "output.txt", tmp_path / "elsewhere"
    stranger.mkdir()
    (stranger / "e.yaml").write_text("dataset: {name: xor}")
    (tmp_path / "runs").mkdir()
    watched = {"folders": [str(tmp_path / "runs")], "seconds": 30}
    command = ["config", "validate", str(stranger / "e.yaml")]
    assert zygote.run(*command, output=output, watched=watched) == EXIT_CODE
    assert VIOLATION in output.read_text()


@pytest.mark.parametrize("name", ["preprocessing.json", "resolved.yaml"])
def test_a_pipe_in_place_of_a_file_is_refused_without_waiting(name: str, run: RunDir) -> None:
    (run.path / name).unlink()
    os.mkfifo(run.path / name)
    with pytest.raises(RunError, match="a pipe, not a plain file"):
        nnlab.evaluate(run)


def test_a_link_in_place_of_a_file_is_not_followed(run: RunDir) -> None:
    kept = run.path.parent / "kept.json"
    run.preprocessing_path.rename(kept)
    run.preprocessing_path.symlink_to(kept)
    with pytest.raises(RunError, match="a symbolic link, not a plain file"):
        nnlab.evaluate(run)


def test_resuming_does_not_change_the_target_of_a_link(run: RunDir, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("dear diary\n" * 50)
    run.metrics_path.unlink()
    run.metrics_path.symlink_to(victim)
    run.update_meta(status="interrupted")
    with pytest.raises(RunError, match="a run contains plain files only"):
        nnlab.resume(run)
    assert victim.read_text() == "dear diary\n" * 50


def test_a_file_larger_than_any_real_run_is_not_read(run: RunDir) -> None:
    with run.summary_path.open("wb") as file:
        file.truncate(20 * 10**9)
    with pytest.raises(RunError, match=r"has 20,000,000,000 bytes; at most 100,000,000 are read"):
        _ = run.summary


def test_a_checkpoint_outside_the_run_is_not_read(run: RunDir) -> None:
    path = run.checkpoints_dir / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for entry in manifest["checkpoints"]:
        entry["file"] = f"../../{entry['file']}"
    write_manifest(path, manifest)
    with pytest.raises(RunError, match=r"manifest.json is damaged: checkpoints.0.file"):
        nnlab.evaluate(run)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (torch.full((1, 1), torch.nan), "the model has"),
        (torch.zeros(1), "the model has"),
        (None, "is missing"),
    ],
    ids=["nan of another shape", "shape that would be repeated", "missing"],
)
def test_weights_of_another_model_are_refused(
    weight: torch.Tensor | None, message: str, run: RunDir
) -> None:
    change_weights(run, lambda tensor: None if weight is None else weight.clone())
    with pytest.raises(RunError, match=message):
        nnlab.evaluate(run)


def test_weights_that_are_not_finite_are_refused(run: RunDir) -> None:
    change_weights(run, lambda tensor: tensor / 0)
    with pytest.raises(RunError, match="has weights that are not finite"):
        nnlab.evaluate(run)


def test_weights_too_large_for_finite_metrics_are_refused(run: RunDir) -> None:
    change_weights(run, lambda tensor: torch.full_like(tensor, 3e38))
    with pytest.raises(RunError, match=r"the test metrics of run .* are not finite"):
        nnlab.evaluate(run)


@pytest.fixture
def run_of_table(tmp_path: Path) -> tuple[RunDir, Path]:
    table = tmp_path / "mine here" / "table.csv"
    table.parent.mkdir()
    table.write_text("a,b,y\n" + "\n".join(f"{i},{i % 7},{'pq'[i % 2]}" for i in range(60)))
    dataset = f"dataset={{name: csv, path: {table}, target: y}}"
    return nnlab.train("spiral_mlp", ["train.epochs=2", dataset]), table


@pytest.mark.parametrize("name", ["eval", "verify", "report"])
def test_a_table_elsewhere_is_read_only_if_it_is_named(
    name: str,
    run_of_table: tuple[RunDir, Path],
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, table = run_of_table
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    refused = command(name, run.path)
    assert refused.code == 4
    assert f"reads {table}, which is not below the current folder" in refused.stderr
    advised = refused.stderr.partition("to read it all the same: ")[2].splitlines()[0]
    named = command(name, run.path, *shlex.split(advised))
    assert named.code == 0, named.stderr


def test_a_table_below_the_current_folder_need_not_be_named(
    run_of_table: tuple[RunDir, Path],
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run, _ = run_of_table
    evaluated = command("eval", run.path, "--json")
    assert json.loads(evaluated.stdout)["test"] == run.summary["test"]


def test_a_table_named_for_a_run_that_reads_none_is_refused(run: RunDir, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="reads spiral, not a table; leave out --data-file"):
        nnlab.evaluate(run, data_file=tmp_path / "x.csv")


def test_one_damaged_run_does_not_hide_the_others(run: RunDir, command: Command) -> None:
    shutil.copytree(run.path, run.path.parent / "20200101-000000-other-0000")
    run.summary_path.write_text('{"per_seed": 3}')
    listed = command("runs", "list", "--json", "--runs-dir", run.path.parent)
    rows = json.loads(listed.stdout)["runs"]
    assert sorted(row["status"] for row in rows) == ["damaged", "finished"]


def test_fuzzed_experiments_are_accepted_or_refused(tmp_path: Path) -> None:
    assert grown(lambda: fuzzed_configs(tmp_path, 300)) == []


def test_fuzzed_data_and_files_of_runs_are_read_right_or_refused(tmp_path: Path) -> None:
    assert fuzzed_idx(300) == []
    assert fuzzed_tables(tmp_path, 300) == []
    assert fuzzed_dialects(tmp_path, 300) == []
    assert fuzzed_parquet(tmp_path, 300) == []
    assert fuzzed_encodings(tmp_path, 100) == []
    assert fuzzed_columns(tmp_path, 100) == []
    assert fuzzed_dates(100) == []
    assert fuzzed_pictures(100) == []
    assert fuzzed_metrics(tmp_path, 200) == []
    assert fuzzed_manifests(tmp_path / "checkpoints", 200) == []
