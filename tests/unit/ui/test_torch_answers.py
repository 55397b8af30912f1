"""Networks that are not dense answer by the helper of the server, which imports torch."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import nnlab
from nnlab.runs.load import open_run
from nnlab.runs.predictor import Predictor
from nnlab.runs.results import load_outputs
from tests.helpers.ui import OPEN_LABS, Browser, browse
from tests.unit.ui.test_drawing import body_of, drawing
from tests.unit.ui.test_regions import pixels, points

FOREST = {
    "name": "forest",
    "dataset": {"name": "spiral", "num_samples": 150},
    "model": {"name": "sklearn", "estimator": "random_forest", "n_estimators": 5},
    "train": {"seeds": 2},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("torch")


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    found = browse(folder)
    OPEN_LABS.remove(found.gate.inner.state.lab)  # it is closed after the last test, not the first
    yield found
    found.gate.inner.state.lab.close()


@pytest.fixture(scope="module")
def cnn(folder: Path) -> nnlab.Run:
    return nnlab.train("tiny_cnn", ["train.epochs=1"], seeds=2, runs_dir=folder / "runs")


@pytest.fixture(scope="module")
def forest(folder: Path) -> nnlab.Run:
    return nnlab.train(FOREST, runs_dir=folder / "runs")


def test_the_pad_has_the_answer_of_predict(
    browser: Browser, cnn: nnlab.Run, tmp_path: Path
) -> None:
    answer = browser.post(f"/api/runs/{cnn.id}/predict", body_of(drawing()))
    assert answer.status == 200, answer
    Image.fromarray(drawing()).save(tmp_path / "one.png")
    (record,) = nnlab.predict(cnn, tmp_path / "one.png")
    found = answer.json
    assert found["probabilities"] == record["probabilities"]
    assert (found["class"], found["note"]) == (record["class"], record["note"])
    assert [seed["seed"] for seed in found["seeds"]] == [0, 1]
    assert found["seeds"][0]["probabilities"] != found["seeds"][1]["probabilities"]
    prepared = nnlab.prepare_picture(cnn, tmp_path / "one.png").pixels
    assert found["prepared"]["pixels"] == prepared.ravel().tolist()


def test_regions_are_those_of_predict(browser: Browser, forest: nnlab.Run) -> None:
    shown = browser.get(f"/api/runs/{forest.id}/frames")
    (epoch,) = shown["epochs"]
    assert (shown["kind"], shown["seeds"], shown["has_units"]) == ("regions", [0, 1], False)
    answer = browser.ask(f"/api/runs/{forest.id}/regions?epoch={epoch}&size=16")
    rows = points(answer, 16).reshape(-1, 2)
    wanted = Predictor(open_run(forest)).of_replicas(rows).argmax(-1).reshape(2, 16, 16)
    np.testing.assert_array_equal(pixels(answer), wanted)
    assert (wanted[0] != wanted[1]).any()
    lines = browser.get(f"/api/runs/{forest.id}/contours?epoch={epoch}")["seeds"]
    assert len(lines) == 2
    assert all(lines)


def test_a_line_is_that_of_predict(browser: Browser, folder: Path) -> None:
    dataset = {"name": "regression", "num_samples": 60}
    run = nnlab.train({**FOREST, "name": "line", "dataset": dataset}, runs_dir=folder / "runs")
    found = browser.get(f"/api/runs/{run.id}/bands")
    wanted = Predictor(open_run(run)).of_replicas(np.array(found["x"])[:, None])
    np.testing.assert_allclose(found["seeds"], wanted)


def test_there_are_no_dense_layers_to_show(
    browser: Browser, cnn: nnlab.Run, forest: nnlab.Run
) -> None:
    units = browser.ask(f"/api/runs/{forest.id}/units")
    assert units.status == 404
    assert "no dense layers" in units.json["error"]["text"]
    assert browser.get(f"/api/runs/{cnn.id}/frames")["kind"] == "none"


def test_torch_is_not_imported_by_the_server(
    folder: Path, cnn: nnlab.Run, forest: nnlab.Run
) -> None:
    code = f"""
import sys
from pathlib import Path
from tests.helpers.ui import browse
BODY = {body_of(drawing())!r}
browser = browse(Path({str(folder)!r}))
for target in ("regions", "contours", "frames", "examples"):
    assert browser.ask("/api/runs/{forest.id}/" + target).status == 200, target
assert browser.ask("/api/runs/{cnn.id}/frames").status == 200
assert browser.post("/api/runs/{cnn.id}/predict", BODY).status == 200
browser.gate.inner.state.lab.close()
imported = [name for name in sys.modules if name.partition(".")[0] == "torch"]
sys.exit(bool(imported))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_kernels_of_a_convolution_are_shown_as_pictures(browser: Browser, cnn: nnlab.Run) -> None:
    shown = pixels(browser.ask(f"/api/runs/{cnn.id}/weights?seed=1")).astype(float) - 128
    kernels = next(one for one in cnn.model(1).parameters() if one.ndim == 4)
    weight = kernels.detach().numpy()[:, 0]
    assert shown.shape == weight.shape == (4, 3, 3)
    scaled = 127 * weight / np.abs(weight).max((1, 2), keepdims=True)
    assert np.abs(shown - scaled).max() <= 0.5 + 1e-4


def test_mistakes_are_those_of_the_stored_answers(browser: Browser, cnn: nnlab.Run) -> None:
    found = browser.get(f"/api/runs/{cnn.id}/mistakes")
    tables = [np.array(seed["test"]["confusion"]) for seed in cnn.summary["per_seed"]]
    assert found["classes"] == [str(digit) for digit in range(10)]
    assert found["confusion"] == sum(tables).tolist()
    assert found["accuracies"] == [seed["test"]["accuracy"] for seed in cnn.summary["per_seed"]]
    worst = found["worst"]
    place = int(worst["true"]), int(worst["predicted"])
    assert worst["each"] == [table[place] for table in tables]
    wrong = sum(tables) - np.diag(sum(tables).diagonal())
    assert sum(worst["each"]) == wrong.max() > 0

    outputs, targets = load_outputs(cnn, cnn.summary)
    preds = outputs.argmax(-1)
    number_wrong = (preds != targets).sum(0).sort(descending=True).values
    known = load_digits()
    shown = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8).reshape(-1, 8, 8)
    assert len(shown) == len(found["pictures"]) == min(12, int((number_wrong > 0).sum())) > 0
    for picture, said, count in zip(shown, found["pictures"], number_wrong, strict=False):
        assert sum(many for name, many in said["votes"] if name != said["true"]) == count
        assert sum(many for _, many in said["votes"]) == 2
        low, high = picture.min(), picture.max()
        stretched = (known.images - known.images.min((1, 2), keepdims=True)) * 1.0
        stretched *= (float(high) - float(low)) / stretched.max((1, 2), keepdims=True)
        same = np.abs(stretched + float(low) - picture).max((1, 2)) <= 12
        assert int(said["true"]) in known.target[same]


def test_what_has_no_test_pictures_has_no_mistakes_to_show(
    browser: Browser, forest: nnlab.Run
) -> None:
    answer = browser.ask(f"/api/runs/{forest.id}/mistakes")
    assert answer.status == 409
    assert "does not tell classes of test pictures" in answer.json["error"]["text"]
