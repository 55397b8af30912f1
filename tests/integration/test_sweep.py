"""A sweep from its plan to its result, on data small enough to train in seconds."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pytest

from nnlab.config.sweep_file import read_sweep
from nnlab.errors import InterruptedRun, RunError
from nnlab.runs.differences import without_measured
from nnlab.runs.load import open_run
from nnlab.storage import checkpoint
from nnlab.storage.atomic import TEMPORARY_PREFIX
from nnlab.storage.registry import find_run
from nnlab.storage.run_dir import RunDir
from nnlab.storage.sweep_dir import SweepDir
from nnlab.sweep.conduct import conduct, create
from nnlab.sweep.executors.local import LocalExecutor
from nnlab.sweep.places import Place
from nnlab.sweep.planning import plan_of
from nnlab.sweep.stored import read_plan
from nnlab.sweep.units import PackUnit, RunUnit, fresh_seed

SPACE = ["optimizer.lr=choice(1e-3,0.01,0.03,0.1,0.3,1e18)", "model.dropout=uniform(0,0.5)"]
OPTIONS = {
    "trials": 9,
    "seeds": 2,
    "prune": {"name": "halving", "first": 1},
    "metric": "val.accuracy",
}
SHORT = ["train.epochs=9", "train.batch_size=100", "optimizer={name: sgd, momentum: 0.9}"]


def started(runs_dir: Path, *arguments: str, **options: object) -> Place:
    file = read_sweep("digits_mlp", [*SPACE, *SHORT, *arguments], {**OPTIONS, **options})
    folder = create(plan_of(file).plan, "try", file.text, runs_dir)
    return place_of(folder)


def place_of(folder: SweepDir) -> Place:
    return Place(folder, read_plan(folder), Path("no data is needed"), 1)


def conducted(place: Place):
    return conduct(place, LocalExecutor(place), lambda *_: None)


def digests(folder: SweepDir) -> dict[str, str]:
    """Return a digest of the tensors, the metrics and the results of every run of a sweep."""
    found = {"result": _digest(folder.result_path.read_bytes())}
    for meta in sorted(folder.path.glob("*/*/meta.json")):
        run = RunDir(meta.parent)
        name = str(run.path.relative_to(folder.path))
        found[f"{name} metrics"] = _digest(json.dumps(without_measured(run.metrics)).encode())
        newest = checkpoint.load(run.checkpoints_dir)
        if newest is not None:
            tensors = sorted(newest.tensors.items())
            content = b"".join(key.encode() + t.numpy().tobytes() for key, t in tensors)
            found[f"{name} tensors"] = _digest(content)
    for path in sorted([*folder.path.glob("rungs/*"), *folder.path.glob("batches/*")]):
        found[path.name] = _digest(path.read_bytes())
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = started(tmp_path_factory.mktemp("sweep"), audit=1)
    conducted(place)
    return place


def test_rungs_keep_the_best_and_a_diverged_trial_ends_nothing(done: Place) -> None:
    rungs = [json.loads(done.folder.rung_path(n).read_text()) for n in range(3)]

    assert [len(rung["trials"]) for rung in rungs] == [9, 4, 2]  # one more is audited
    assert [len(rung["survivors"]) for rung in rungs] == [3, 1, 1]
    scores = {entry["trial"]: entry["score"] for entry in rungs[0]["trials"]}
    assert None in scores.values(), "so large a learning rate diverges"
    known = sorted((s for s in scores.values() if s is not None), reverse=True)
    assert [scores[trial] for trial in rungs[0]["survivors"]] == known[:3]


def test_pruned_trials_stop_where_they_were_pruned(done: Place) -> None:
    survivors = json.loads(done.folder.rung_path(0).read_text())
    going_on = {*survivors["survivors"], *survivors["audited"]}
    for number, pack in enumerate(done.plan.packs):
        records = done.folder.pack(number).metrics
        for trial in pack:
            last = max(r["epoch"] for r in records if r["trial"] == trial)
            assert (last == 1) == (trial not in going_on)


def test_a_trial_is_the_run_of_its_experiment_alone(done: Place, tmp_path: Path) -> None:
    import nnlab

    survivor = json.loads(done.folder.result_path.read_text())["best"]["trial"]
    alone = nnlab.train(done.plan.trials[survivor].config, runs_dir=tmp_path)
    pack = next(n for n, own in enumerate(done.plan.packs) if survivor in own)
    records = [r for r in done.folder.pack(pack).metrics if r["trial"] == survivor]

    assert len(records) == len(alone.metrics) == 18
    for together, by_itself in zip(records, alone.metrics, strict=True):
        for key in ("epoch", "step", "seed", "train", "val", "lr"):
            assert together[key] == by_itself[key]


def test_the_winner_is_tested_on_seeds_that_nobody_has_seen(tmp_path: Path) -> None:
    confirm = {"finalists": 2, "seeds": 3}
    place = started(tmp_path, trials=2, prune="none", confirm=confirm)
    conducted(place)
    result = json.loads(place.folder.result_path.read_text())
    used = {seed for _, seed in _replicas(place)}
    choice = place.folder.confirmation(f"choice-t{result['winner']['trial']:04d}")
    chosen = set(open_run(choice).config.train.replica_seeds)
    tested = set(result["test"]["contenders"][0]["seeds"])

    assert used == {0, 1}
    assert len(tested) == len(chosen) == 3
    assert not tested & chosen
    assert not (tested | chosen) & used
    assert {row["name"] for row in result["test"]["contenders"]} == {"tuned", "digits_mlp"}


def _replicas(place: Place) -> list[tuple[int, int]]:
    files = place.folder.path.glob("packs/*/replicas.json")
    entries = [entry for path in files for entry in json.loads(path.read_text())["replicas"]]
    return [(entry["trial"], entry["seed"]) for entry in entries]


@pytest.mark.parametrize("first", [0, 7, 2**31, 2**32 - 20])
def test_fresh_seeds_are_disjoint_from_the_others(tmp_path: Path, first: int) -> None:
    place = started(tmp_path, f"train.seed={first}")
    number = place.plan.sweep.confirm.seeds
    choice = range(start := fresh_seed(place.plan, "choice"), start + number)
    last = range(start := fresh_seed(place.plan, "confirmation", choice), start + number)

    assert not set(choice) & set(last)
    assert not {*choice, *last} & set(place.plan.seeds)


def test_only_the_last_two_runs_see_the_test_examples(done: Place) -> None:
    result = json.loads(done.folder.result_path.read_text())
    last = {f"t{result['winner']['trial']:04d}", "base"}
    for meta in done.folder.path.glob("*/*/meta.json"):
        run = RunDir(meta.parent)
        is_last = run.id in last
        assert run.predictions_path.is_file() == is_last
        assert bool(run.meta["num_examples"]["test"]) == is_last


class Stopping(LocalExecutor):
    """An executor that is interrupted before a unit."""

    def __init__(self, place: Place, after: int) -> None:
        super().__init__(place)
        self.left = after

    def submit(self, unit):
        if not self.left:
            msg = "stopped"
            raise InterruptedRun(msg, 2)
        self.left -= 1
        return super().submit(unit)


@pytest.mark.parametrize("after", [0, 1, 3, 4])
def test_a_sweep_goes_on_to_the_same_bytes(done: Place, tmp_path: Path, after: int) -> None:
    place = started(tmp_path, audit=1)
    with pytest.raises(InterruptedRun):
        conduct(place, Stopping(place, after), lambda *_: None)
    assert place.folder.status == "interrupted"
    unfinished = place.folder.rung_path(0).with_name(f"{TEMPORARY_PREFIX}killed")
    unfinished.parent.mkdir(exist_ok=True)
    unfinished.write_text("{")
    conducted(place_of(place.folder))

    assert place.folder.status == "finished"
    assert not unfinished.exists()
    assert digests(place.folder) == digests(done.folder)


def test_a_changed_decision_or_plan_is_refused(tmp_path: Path) -> None:
    place = started(tmp_path)
    with pytest.raises(InterruptedRun):
        conduct(place, Stopping(place, 2), lambda *_: None)
    path = place.folder.rung_path(0)
    rung = json.loads(path.read_text())
    path.write_text(json.dumps({**rung, "survivors": rung["survivors"][::-1]}))
    with pytest.raises(RunError, match="contradicts the packs"):
        conducted(place_of(place.folder))
    place.folder.plan_path.write_text(place.folder.plan_path.read_text().replace("0.", "0.1", 1))
    with pytest.raises(RunError, match="has changed"):
        read_plan(place.folder)


def test_a_lost_pack_is_trained_again(done: Place, tmp_path: Path) -> None:
    import shutil

    place = started(tmp_path, audit=1)
    with pytest.raises(InterruptedRun):
        conduct(place, Stopping(place, 2), lambda *_: None)
    shutil.rmtree(place.folder.pack(0).path)
    conducted(place_of(place.folder))

    assert digests(place.folder) == digests(done.folder)


def test_the_folder_is_held_by_one_process(done: Place) -> None:
    with done.folder.lock(), pytest.raises(RunError, match="is being trained by process"):
        conducted(done)


def test_the_luck_of_examples_is_judged_from_hits(done: Place) -> None:
    result = json.loads(done.folder.result_path.read_text())

    assert result["num_finished"] == 1
    assert result["luck"]["examples"] is None, "one trial is no choice"
    assert math.isfinite(result["luck"]["seeds"])


def test_units_are_plain_values() -> None:
    from nnlab.sweep.units import unit_from_json, unit_to_json

    for unit in (PackUnit(3, ((1, 2), (2,))), RunUnit("base", None, 5, 10, withholds_test=False)):
        assert unit_from_json(json.loads(json.dumps(unit_to_json(unit)))) == unit


def test_a_pack_is_no_run(done: Place) -> None:
    pack = done.folder.pack(0).path
    with pytest.raises(RunError, match=rf"p000 is a pack of the sweep {done.folder.id}"):
        find_run(str(pack), pack.parent)
