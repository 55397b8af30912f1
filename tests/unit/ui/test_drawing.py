"""What a person draws: a digit, answered as predict does, and points to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnlab
from nnlab.ui import drawn_data
from tests.helpers.ui import Browser, browse

POINTS = [[x, y, int(x > 0)] for x in (-1.0, -0.5, 0.5, 1) for y in (-1, 0.25, 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("digits")


@pytest.fixture(scope="module")
def run(folder: Path) -> nnlab.Run:
    experiment = {
        "name": "digits",
        "dataset": {"name": "digits"},
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "adam"},
        "train": {"epochs": 2, "seeds": 3},
    }
    return nnlab.train(experiment, runs_dir=folder / "runs")


@pytest.fixture
def browser(folder: Path) -> Browser:
    return browse(folder)


def drawing() -> np.ndarray:
    """Return a one as a person draws it on a pad: ink on white."""
    pixels = np.full((64, 48), 255, np.uint8)
    pixels[10:54, 22:27] = 20
    return pixels


def body_of(pixels: np.ndarray) -> dict:
    height, width = pixels.shape
    return {"width": width, "height": height, "pixels": pixels.ravel().tolist()}


def test_a_drawing_has_the_answer_of_predict(
    browser: Browser, run: nnlab.Run, tmp_path: Path
) -> None:
    answer = browser.post(f"/api/runs/{run.id}/predict", body_of(drawing()))
    assert answer.status == 200, answer
    Image.fromarray(drawing()).save(tmp_path / "one.png")
    (record,) = nnlab.predict(run, tmp_path / "one.png")
    found = answer.json
    assert found["class"] == record["class"]
    assert found["probabilities"] == record["probabilities"]
    assert found["note"] == record["note"]
    assert [seed["seed"] for seed in found["seeds"]] == [0, 1, 2]
    mean = np.mean([[*seed["probabilities"].values()] for seed in found["seeds"]], 0)
    np.testing.assert_allclose(mean, [*record["probabilities"].values()])
    prepared = nnlab.prepare_picture(run, tmp_path / "one.png").pixels
    assert found["prepared"]["pixels"] == prepared.ravel().tolist()
    assert (found["prepared"]["height"], found["prepared"]["width"]) == prepared.shape


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"width": 2, "height": 2, "pixels": [0, 0, 0]},
        {"width": 1, "height": 1, "pixels": [256]},
        {"width": 1, "height": 1, "pixels": [0.5]},
        {"width": 1, "height": 1, "pixels": [True]},
        {"width": 0, "height": 0, "pixels": []},
        {"width": 257, "height": 1, "pixels": [0] * 257},
        {"width": "1", "height": 1, "pixels": [0]},
        {"width": 1, "height": 1, "pixels": "0"},
    ],
)
def test_what_is_no_picture_is_refused(body: dict, browser: Browser, run: nnlab.Run) -> None:
    answer = browser.post(f"/api/runs/{run.id}/predict", body)
    assert answer.status == 422
    assert "W * H whole numbers from 0 to 255" in answer.json["error"]["text"]


def test_a_run_of_a_table_takes_no_drawing(browser: Browser, folder: Path) -> None:
    run = nnlab.train("xor_mlp", ["train.epochs=1"], runs_dir=folder / "runs")
    answer = browser.post(f"/api/runs/{run.id}/predict", body_of(drawing()))
    assert answer.status == 422
    assert "takes tables" in answer.json["error"]["text"]


def test_the_first_layer_is_shown_as_pictures(browser: Browser, run: nnlab.Run) -> None:
    answer = browser.ask(f"/api/runs/{run.id}/weights?seed=1")
    assert answer.header("x-shape") == "8,8,8"
    shown = np.frombuffer(answer.body, np.uint8).reshape(8, 8, 8).astype(float) - 128
    weight = run.model(1).layers[0].weight.detach().numpy().reshape(8, 8, 8)
    scaled = 127 * weight / np.abs(weight).max((1, 2), keepdims=True)
    assert np.abs(shown - scaled).max() <= 0.5 + 1e-4


def test_drawn_points_can_be_trained_and_no_file_is_replaced(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn" / "points-1.csv").write_text("mine")
    answer = browser.post("/api/drawn", {"points": POINTS})
    assert answer.status == 200, answer
    assert answer.json["path"] == "drawn/points-2.csv"
    lines = (tmp_path / "drawn" / "points-2.csv").read_text().splitlines()
    assert lines[:2] == ["x1,x2,class", "-1.0,-1,c1"]
    assert len(lines) == 1 + len(POINTS)
    assert (tmp_path / "drawn" / "points-1.csv").read_text() == "mine"
    text = "model: {name: logistic}\noptimizer: {name: adam}\ntrain: {epochs: 1}\n"
    edit = {"key": "dataset", "value": answer.json["dataset"]}
    found = browser.post("/api/experiment", {"yaml": text, "edit": edit}).json
    assert found["is_valid"], found["errors"]
    assert found["shape"] == {"inputs": [2], "outputs": 2, "task": "classification"}
    (tmp_path / "mine.yaml").write_text(found["yaml"])
    assert nnlab.train("mine.yaml").status == "finished"


def test_a_table_keeps_its_names_and_a_curve_its_numbers(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = {"classes": ["cat", "dog"], "columns": ["height", "weight", "kind, or so"]}
    table = browser.post("/api/drawn", {"points": POINTS, **named}).json
    lines = (tmp_path / table["path"]).read_text().splitlines()
    assert lines[:2] == ['height,weight,"kind, or so"', "-1.0,-1,cat"]
    assert table["dataset"]["target"] == "kind, or so"
    pairs = [[i / 3e8, i * i] for i in range(20)]
    line = browser.post("/api/drawn", {"points": pairs, "task": "regression"}).json
    assert (tmp_path / line["path"]).read_text().splitlines()[2] == "3.333333e-09,1"
    text = "model: {name: logistic}\noptimizer: {name: adam}\ntrain: {epochs: 1}\n"
    edit = {"key": "dataset", "value": line["dataset"]}
    found = browser.post("/api/experiment", {"yaml": text, "edit": edit}).json
    assert found["shape"] == {"inputs": [1], "outputs": 1, "task": "regression"}


@pytest.mark.parametrize(
    "more",
    [
        {"task": "clustering"},
        {"classes": ["a"]},
        {"classes": ["a", "a"]},
        {"classes": ["a", "=1+1"]},
        {"classes": ["a", ""]},
        {"classes": ["a", "b\n"]},
        {"classes": "ab"},
        {"classes": ["a", 1]},
        {"columns": ["a", "b"]},
        {"columns": ["a", "b", " c"]},
        {"columns": ["a", "b", "c" * 61]},
        {"task": "regression"},
    ],
)
def test_names_that_are_none_are_refused(more, browser: Browser, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert browser.post("/api/drawn", {"points": POINTS, **more}).status == 422
    assert not (tmp_path / "drawn").exists()


@pytest.mark.parametrize(
    "points",
    [None, [], POINTS[:3], [*POINTS, [0, 0]], [*POINTS, [0, "=1", 0]], [*POINTS, [1e999, 0, 0]], [*POINTS, [0, -1e999, 0]], [*POINTS, [0, 10**400, 0]], [*POINTS, [0, 0, 100]], [*POINTS, [0, 0, True]], POINTS * 200],
)  # fmt: skip
def test_what_are_no_points_is_refused(points, browser: Browser, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert browser.post("/api/drawn", {"points": points}).status == 422
    assert not (tmp_path / "drawn").exists()


def test_too_many_files_are_refused(browser: Browser, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drawn_data, "MAX_FILES", 2)
    assert browser.post("/api/drawn", {"points": POINTS}).status == 200
    answer = browser.post("/api/drawn", {"points": POINTS})
    assert answer.status == 409
    assert "remove some" in answer.json["error"]["text"]
