"""What is drawn is what the networks answer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.errors import RunError
from nnlab.runs.load import open_run
from nnlab.runs.predictor import Predictor
from nnlab.storage.checkpoint import MANIFEST
from nnlab.storage.run_dir import RunDir
from nnlab.ui.drawn_run import DrawnRun
from tests.helpers.ui import Answer, Browser, browse

SPIRAL = {
    "name": "spiral",
    "dataset": {"name": "spiral", "num_samples": 150},
    "model": {"name": "mlp", "hidden_sizes": [8, 4], "activation": "tanh"},
    "optimizer": {"name": "adam", "lr": 0.03},
    "train": {"epochs": 12, "seeds": 3},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    found = browse(folder)
    yield found
    found.gate.inner.state.lab.close()


def trained(folder: Path, **sections: object) -> RunDir:
    return nnlab.train({**SPIRAL, **sections}, runs_dir=folder / "runs")


@pytest.fixture(scope="module")
def run(folder: Path) -> RunDir:
    return trained(folder)


@pytest.fixture(scope="module")
def line(folder: Path) -> RunDir:
    dataset = {"name": "regression", "num_samples": 60}
    return trained(folder, name="line", dataset=dataset)


def pixels(answer: Answer) -> np.ndarray:
    assert answer.status == 200, answer
    shape = [int(size) for size in (answer.header("x-shape") or "").split(",")]
    return np.frombuffer(answer.body, np.uint8).reshape(shape)


def points(answer: Answer, size: int) -> np.ndarray:
    """Return the points of the pixels ``(G, G, 2)``, from the extent that the page is told."""
    x0, x1, y0, y1 = (float(end) for end in (answer.header("x-extent") or "").split(","))
    return np.stack(np.meshgrid(np.linspace(x0, x1, size), np.linspace(y1, y0, size)), -1)


def test_the_class_of_each_pixel_is_that_of_predict(browser: Browser, run: RunDir) -> None:
    answer = browser.ask(f"/api/runs/{run.id}/regions?size=16")
    found = pixels(answer)
    assert found.shape == (3, 16, 16)
    assert answer.header("content-type") == "application/octet-stream"
    rows = points(answer, 16).reshape(-1, 2)
    wanted = Predictor(open_run(run)).of_replicas(rows).argmax(-1).reshape(3, 16, 16)
    np.testing.assert_array_equal(found, wanted)
    assert len(np.unique(found)) == 3, "the picture shows something"
    assert (found[0] != found[1]).any(), "the seeds differ"


def test_the_class_of_a_pixel_is_what_the_public_predict_says_of_one_seed(
    browser: Browser, folder: Path
) -> None:
    one = trained(folder, name="one", train={"epochs": 12, "seeds": 1})
    answer = browser.ask(f"/api/runs/{one.id}/regions?size=5")
    found, where = pixels(answer)[0], points(answer, 5)
    for row, column in ((0, 0), (0, 4), (4, 0), (2, 3)):
        (record,) = nnlab.predict(one, [where[row, column].tolist()])
        assert record["class"] == f"c{found[row, column] + 1}"


def test_each_kept_epoch_has_its_own_regions(browser: Browser, run: RunDir) -> None:
    frames = browser.get(f"/api/runs/{run.id}/frames")
    assert frames == {
        "epochs": [1, 2, 3, 4, 5, 7, 9, 12],
        "kind": "regions",
        "seeds": [0, 1, 2],
        "has_units": True,
        "is_of_pictures": False,
        "newest": 12,
    }
    first, last = (
        pixels(browser.ask(f"/api/runs/{run.id}/regions?epoch={epoch}&size=16"))
        for epoch in (1, 12)
    )
    assert (first != last).any()


@pytest.mark.parametrize(("asked", "shown"), [(0, 1), (6, 5), (12, 12), (1_000, 12)])
def test_an_epoch_that_is_not_kept_is_answered_by_the_one_before(
    browser: Browser, run: RunDir, asked: int, shown: int
) -> None:
    picture, kept = (
        browser.ask(f"/api/runs/{run.id}/regions?epoch={epoch}&size=8") for epoch in (asked, shown)
    )
    assert picture.header("x-epoch") == str(shown)
    assert (pixels(picture) == pixels(kept)).all()
    assert browser.get(f"/api/runs/{run.id}/contours?epoch={asked}")["epoch"] == shown


def test_live_weights_are_drawn_before_there_is_a_checkpoint(browser: Browser, run: RunDir) -> None:
    progress = browser.gate.inner.state.lab.worker.progress
    weights = open_run(run).weight_arrays()
    progress.run = run.id
    progress.add_frame(1_000, {name: np.zeros_like(array) for name, array in weights.items()})
    assert browser.get(f"/api/runs/{run.id}/frames")["epochs"][-1] == 1_000
    assert not pixels(browser.ask(f"/api/runs/{run.id}/regions?epoch=1000&size=4")).any()
    progress.frames.clear()


def test_contours_lie_between_pixels_of_different_classes(browser: Browser, run: RunDir) -> None:
    seeds = browser.get(f"/api/runs/{run.id}/contours")["seeds"]
    assert len(seeds) == 3
    predictor = Predictor(open_run(run))
    for replica, lines in enumerate(seeds):
        assert lines
        where = np.array([point for line in lines for point in line])
        first, second, *_ = np.sort(predictor.of_replicas(where)[replica], -1).T[::-1]
        assert np.median(first - second) < 0.05, "the two best classes are nearly equal there"
        two_best = np.argsort(predictor.of_replicas(where)[replica], -1)[:, -2:]
        drawn = {frozenset(pair) for pair in two_best.tolist()}
        classes = pixels(browser.ask(f"/api/runs/{run.id}/regions?size=32"))[replica]
        beside = zip(classes[:, :-1].ravel().tolist(), classes[:, 1:].ravel().tolist(), strict=True)
        assert {frozenset(pair) for pair in beside if len({*pair}) == 2} <= drawn


def test_bands_are_the_predictions_of_each_seed(browser: Browser, line: RunDir) -> None:
    assert browser.get(f"/api/runs/{line.id}/frames")["kind"] == "bands"
    bands = browser.get(f"/api/runs/{line.id}/bands")
    values = Predictor(open_run(line)).of_replicas(np.array(bands["x"])[:, None])
    np.testing.assert_allclose(bands["seeds"], values, rtol=1e-6)
    np.testing.assert_allclose(bands["mean"], values.mean(0), rtol=1e-6)
    assert all(
        low < mean < high
        for low, mean, high in zip(bands["low"], bands["mean"], bands["high"], strict=True)
    )


def test_units_are_the_hidden_activations(browser: Browser, run: RunDir) -> None:
    answer = browser.ask(f"/api/runs/{run.id}/units?seed=1")
    found = pixels(answer)
    assert answer.header("x-layers") == "8,4"
    assert found.shape == (12, 32, 32)
    assert found.min() == 0
    assert found.max() == 255
    extent = browser.ask(f"/api/runs/{run.id}/regions?size=32")
    module = run.model(1)
    inputs = run.preprocess(points(extent, 32).reshape(-1, 2))
    hidden = module.layers[0](inputs).tanh()
    for layer, start in ((hidden, 0), (module.layers[1](hidden).tanh(), 8)):
        maps = layer.detach().numpy().T.reshape(-1, 32, 32)
        low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
        scaled = 255 * (maps - low) / (high - low)
        assert np.abs(scaled - found[start : start + len(maps)]).max() < 1


def test_examples_are_the_data_with_their_split(browser: Browser, run: RunDir) -> None:
    found = browser.get(f"/api/runs/{run.id}/examples")
    assert {key: len(found[key]) for key in ("inputs", "targets", "split")} == dict.fromkeys(
        ("inputs", "targets", "split"), 150
    )
    assert found["classes"] == ["c1", "c2", "c3"]
    sizes = run.meta["num_examples"]
    assert {name: found["split"].count(name) for name in sizes} == sizes
    shown = zip(found["targets"], found["split"], strict=True)
    tested = [f"c{target + 1}" for target, split in shown if split == "test"]
    assert sorted(tested) == sorted(r["true"] for r in nnlab.predict_examples(run, "test"))


def test_features_computed_from_a_plane_are_drawn_over_it(browser: Browser, folder: Path) -> None:
    dataset = {"name": "xor", "features": "quadrants"}
    mapped = trained(folder, name="mapped", dataset=dataset, model={"name": "logistic"})
    answer = browser.ask(f"/api/runs/{mapped.id}/regions?size=8")
    where = points(answer, 8)
    is_apart = (where[..., 0] > 0) != (where[..., 1] > 0)
    np.testing.assert_array_equal(pixels(answer)[0], is_apart)


def test_a_run_without_a_plane_has_nothing_to_draw(browser: Browser, folder: Path) -> None:
    wide = trained(folder, name="wide", dataset={"name": "random", "num_features": 3})
    frames = browser.get(f"/api/runs/{wide.id}/frames")
    assert (frames["kind"], frames["epochs"]) == ("none", [])
    for what, said in (
        ("regions", "does not tell classes by two features"),
        ("contours", "does not tell classes by two features"),
        ("bands", "does not predict a number from one feature"),
        ("units", "does not tell classes by two features"),
        ("examples", "neither two features with classes nor one with numbers"),
    ):
        answer = browser.ask(f"/api/runs/{wide.id}/{what}")
        assert answer.status == 404
        assert said in answer.json["error"]["text"]
    assert pixels(browser.ask(f"/api/runs/{wide.id}/weights")).shape == (0, 0, 0)


@pytest.mark.parametrize("query", ["size=1", "size=257", "epoch=-1", "epoch=x", "size=1e3"])
def test_a_number_out_of_range_is_refused(query: str, browser: Browser, run: RunDir) -> None:
    assert browser.ask(f"/api/runs/{run.id}/regions?{query}").status == 422


def test_torch_is_not_imported(folder: Path, run: RunDir, line: RunDir) -> None:
    code = f"""
import sys
from pathlib import Path
from tests.helpers.ui import browse
browser = browse(Path({str(folder)!r}))
for target in ("regions", "contours", "frames", "units", "examples"):
    assert browser.ask("/api/runs/{run.id}/" + target).status == 200, target
for target in ("bands", "frames", "examples"):
    assert browser.ask("/api/runs/{line.id}/" + target).status == 200, target
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_checkpoint_that_is_replaced_while_it_is_read_is_read_again(
    folder: Path, run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = run.checkpoints_dir / "manifest.json"
    load, tries = DrawnRun.load, []

    def replaced(*args: Any) -> DrawnRun:
        tries.append(1)
        if len(tries) <= 2:
            os.utime(manifest, ns=(len(tries), len(tries)))
            raise RunError("every checkpoint is missing")
        return load(*args)

    monkeypatch.setattr(DrawnRun, "load", replaced)
    browser = browse(folder)

    assert len(browser.get(f"/api/runs/{run.id}/contours?epoch=12")["seeds"]) == 3
    assert browser.get(f"/api/runs/{run.id}/frames")["epochs"][-1] == 12
    assert len(tries) == 3


def test_a_checkpoint_that_stays_damaged_is_read_once(
    folder: Path, run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def damaged(*_: Any) -> DrawnRun:
        tries.append(1)
        raise RunError("every checkpoint is damaged")

    monkeypatch.setattr(DrawnRun, "load", damaged)

    answer = browse(folder).ask(f"/api/runs/{run.id}/contours?epoch=12")

    assert (answer.status, answer.json["error"]["text"]) == (409, "every checkpoint is damaged")
    assert len(tries) == 1


def test_a_run_with_another_checkpoint_is_read_again(browser: Browser, run: RunDir) -> None:
    views = browser.gate.inner.state.lab._views
    known = views.get(run)
    assert views.get(run) is known
    os.utime(run.checkpoints_dir / MANIFEST, ns=(1, 1))
    assert views.get(run) is not known
