"""Curves for TensorBoard and MLflow, read by the programs they are for."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import statistics
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.errors import CheckFailedError, RunError
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command

BOTH = ["tensorboard", "mlflow"]
SPIRAL = {
    "name": "arms",
    "dataset": {"name": "spiral", "num_samples": 120},
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam"},
    "train": {"epochs": 4, "seed": 3, "threads": 1},
}
Curves = dict[tuple[str, str], list[tuple[int, float]]]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


def expected(run: nnlab.Run) -> Curves:
    """Return the curves of a run from its files: of each seed, and of their mean."""
    curves: Curves = defaultdict(list)
    at: dict[tuple[str, int], list[float]] = defaultdict(list)
    for record in run.metrics:
        values = {"lr": record["lr"], "loss/train": record["train"]["loss"]}
        values |= {f"{metric}/val": value for metric, value in record["val"].items()}
        for tag, value in values.items():
            curves[f"seed-{record['seed']}", tag].append((record["epoch"], value))
            at[tag, record["epoch"]].append(value)
    for seed in run.summary["per_seed"] if run.status == "finished" else []:
        for metric, value in seed["test"].items():
            if isinstance(value, float):
                epoch = run.summary["epochs"]
                curves[f"seed-{seed['seed']}", f"{metric}/test"].append((epoch, value))
                at[f"{metric}/test", epoch].append(value)
    if len(run.meta["seeds"]) > 1:
        for (tag, epoch), values in at.items():
            curves["mean", tag].append((epoch, statistics.fmean(values)))
    return dict(curves)


def read_tensorboard(folder: Path) -> Curves:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator
    curves: Curves = {}
    for series in sorted(folder.iterdir()):
        events = accumulator(str(series))
        events.Reload()
        for tag in events.Tags()["scalars"]:
            curves[series.name, tag] = [(e.step, e.value) for e in events.Scalars(tag)]
    return curves


def read_mlflow(folder: Path) -> Curves:
    """Return what the tables of the store hold, without mlflow."""
    curves: Curves = defaultdict(list)
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database:
        names = dict(database.execute("select run_uuid, name from runs"))
        query = "select run_uuid, key, step, value from metrics order by step"
        for run, key, step, value in database.execute(query):
            split, _, metric = key.partition("_")
            tag = f"{metric}/{split}" if metric else key
            curves[names[run], tag].append((step, value))
    return dict(curves)


def rounded(curves: Curves) -> Curves:
    return {key: [(e, float(np.float32(v))) for e, v in curve] for key, curve in curves.items()}


@pytest.mark.parametrize("seeds", [1, 3])
def test_tensorboard_reads_every_value_of_every_seed_and_their_mean(
    seeds: int, command: Command
) -> None:
    pytest.importorskip("tensorboard")
    run = nnlab.train(SPIRAL, seeds=seeds)

    done = command("export", run.id, "--to", "tensorboard")

    assert done.code == 0, done.stderr
    assert "tensorboard --logdir arms-tensorboard" in done.stdout
    assert read_tensorboard(Path("arms-tensorboard")) == rounded(expected(run))


def test_tensorboard_dates_a_value_by_the_training() -> None:
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = nnlab.train(SPIRAL)

    nnlab.export(run, "tensorboard", "out")

    events = module.EventAccumulator("out/seed-3")
    events.Reload()
    times = [event.wall_time for event in events.Scalars("loss/train")]
    assert times == sorted(times)
    seconds = [record["seconds"] for record in run.metrics]
    assert times[-1] - times[0] == pytest.approx(seconds[-1] - seconds[0], abs=1e-3)


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # of MLflow's packages, in the test itself
def test_mlflow_has_settings_metrics_and_files(command: Command) -> None:
    mlflow = pytest.importorskip("mlflow")
    run = nnlab.train(SPIRAL, seeds=2)

    done = command("export", run.id, "--to", "mlflow")

    assert done.code == 0, done.stderr
    assert "mlflow ui --backend-store-uri sqlite:///arms-mlflow/mlflow.db" in done.stdout
    curves = {(run.id if s == "mean" else s, t): c for (s, t), c in expected(run).items()}
    assert read_mlflow(Path("arms-mlflow")) == curves
    client = mlflow.MlflowClient(f"sqlite:///{Path('arms-mlflow/mlflow.db').absolute()}")
    (experiment,) = [e for e in client.search_experiments() if e.name == "arms"]
    runs = {found.info.run_name: found for found in client.search_runs([experiment.experiment_id])}
    first = runs.pop(run.id)
    assert first.data.params["optimizer.name"] == "adam"
    assert first.data.params["train.epochs"] == "4"
    assert first.info.status == "FINISHED"
    parents = {found.data.tags["mlflow.parentRunId"] for found in runs.values()}
    assert parents == {first.info.run_id}
    assert set(runs) == {"seed-3", "seed-4"}
    stored = {file.path for file in client.list_artifacts(first.info.run_id)}
    assert stored == {"config.yaml", "resolved.yaml", "summary.json"}
    copy = Path(client.download_artifacts(first.info.run_id, "resolved.yaml"))
    assert copy.read_bytes() == run.resolved_path.read_bytes()


def test_several_runs_are_told_apart() -> None:
    pytest.importorskip("tensorboard")
    runs = [nnlab.train(SPIRAL) for _ in range(2)]

    nnlab.export(runs, "tensorboard", "out")

    assert {path.name for path in Path("out").iterdir()} == {run.id for run in runs}
    assert read_tensorboard(Path("out") / runs[1].id) == rounded(expected(runs[1]))


@contextlib.contextmanager
def training(wait_after: int) -> Iterator[tuple[RunDir, threading.Event]]:
    """Train in another thread, which waits after an epoch until it may go on."""
    reached, may_go_on, folders = threading.Event(), threading.Event(), []

    @contextlib.contextmanager
    def watching(run: RunDir, *_: object) -> Iterator[Callable[[Any], None]]:
        folders.append(run)

        def on_records(records: Any) -> None:
            if records[0]["epoch"] == wait_after:
                reached.set()
                may_go_on.wait(60)

        yield on_records

    thread = threading.Thread(
        target=nnlab.train, args=[SPIRAL], kwargs={"seeds": 2, "watch": watching}
    )
    thread.start()
    try:
        assert reached.wait(60)
        yield folders[0], may_go_on
    finally:
        may_go_on.set()
        thread.join()


@pytest.mark.parametrize("name", BOTH)
def test_a_run_that_trains_is_followed_to_its_end(name: str) -> None:
    pytest.importorskip(name)
    with training(wait_after=2) as (folder, may_go_on):
        threading.Timer(2, may_go_on.set).start()
        exported = nnlab.export(folder.path, name, "out", follow=True)

    run = nnlab.load_run(folder.path)
    assert run.status == "finished"
    read = read_tensorboard if name == "tensorboard" else read_mlflow
    wanted = expected(run)
    assert exported.to_json()["points" if name == "tensorboard" else "values"] == sum(
        map(len, wanted.values())
    )
    found = {tag: curve for (series, tag), curve in read(Path("out")).items() if "seed-4" in series}
    curves = rounded(wanted) if name == "tensorboard" else wanted
    assert found == {tag: curve for (series, tag), curve in curves.items() if series == "seed-4"}


@pytest.mark.parametrize("name", BOTH)
def test_ctrl_c_ends_following_and_keeps_what_there_is(name: str) -> None:
    pytest.importorskip(name)
    with training(wait_after=2) as (folder, _):
        interrupt = threading.Timer(3, os.kill, [os.getpid(), signal.SIGINT])
        interrupt.start()
        nnlab.export(folder.path, name, "out", follow=True)
        interrupt.join()

        read = read_tensorboard if name == "tensorboard" else read_mlflow
        curves = read(Path("out"))
        mean = "mean" if name == "tensorboard" else folder.id
        assert [epoch for epoch, _ in curves[mean, "loss/train"]] == [1, 2]


@pytest.mark.parametrize("name", BOTH)
def test_only_one_run_is_followed(name: str, command: Command) -> None:
    pytest.importorskip(name)
    nnlab.train(SPIRAL)

    done = command("export", "latest", "latest", "--to", name, "--follow")

    assert done.code == 2
    assert "--follow watches one run, not 2" in done.stderr


@pytest.mark.parametrize(
    ("name", "package"),
    [("tensorboard", "tensorboard"), ("mlflow", "mlflow"), ("mlflow", "alembic")],
)
def test_a_missing_package_is_named_with_its_extra(
    name: str, package: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnlab.train(SPIRAL)
    monkeypatch.setitem(sys.modules, package, None)

    done = command("export", "latest", "--to", name)

    assert done.code == 2
    assert f"--to {name} needs " in done.stderr
    assert f"pip install 'nnlab[{name}]'" in done.stderr


def test_a_run_without_metrics_is_refused_and_leaves_nothing() -> None:
    pytest.importorskip("tensorboard")
    run = nnlab.train(SPIRAL)
    run.metrics_path.write_text("")
    run.update_meta(status="interrupted")

    with pytest.raises(RunError, match="has no metrics yet"):
        nnlab.export(run, "tensorboard", "out")

    assert not Path("out").exists()


@pytest.mark.parametrize("name", BOTH)
def test_nothing_is_left_if_other_values_are_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(name)
    run = nnlab.train(SPIRAL)
    from nnlab.export import to_mlflow, to_tensorboard

    if name == "tensorboard":
        monkeypatch.setattr(to_tensorboard, "_tag", lambda point: "all in one")
        written = {("seed-3", "all in one"): [(1, 7.0)]}
        check = to_tensorboard._check
        monkeypatch.setattr(to_tensorboard, "_check", lambda folder, _: check(folder, written))
    else:
        check = to_mlflow._check
        monkeypatch.setattr(
            to_mlflow,
            "_check",
            lambda client, written: check(client, {key: [(1, 7.0)] for key in written}),
        )

    with pytest.raises(CheckFailedError, match="otherwise than it was written"):
        nnlab.export(run, name, "out")

    assert not Path("out").exists()
