"""Some of the data of an experiment is shown before it is trained, read by the helper of the server."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.ui.helper import client
from tests.helpers.ui import Answer, Browser, browse

REST = "model: {name: logistic}\noptimizer: {name: adam}\ntrain: {epochs: 1, seeds: 2}\n"


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.chdir(tmp_path)
    return browse(tmp_path)


def ask(browser: Browser, dataset: str) -> Answer:
    return browser.post("/api/experiment/data", {"yaml": f"dataset: {dataset}\n{REST}"})


def shown(browser: Browser, dataset: str) -> dict:
    answer = ask(browser, dataset)
    assert answer.status == 200, answer
    return answer.json


@pytest.mark.parametrize("split", ["{}", "{vary: true}"])
def test_points_are_those_that_the_run_is_trained_on(
    split: str, browser: Browser, tmp_path: Path
) -> None:
    rest = REST.replace("seeds: 2", "seeds: 2, seed: 3")
    text = f"name: points\ndataset: {{name: spiral, num_samples: 90, split: {split}}}\n{rest}"
    found = browser.post("/api/experiment/data", {"yaml": text}).json
    (tmp_path / "points.yaml").write_text(text)
    run = nnlab.train("points.yaml", runs_dir=tmp_path / "runs")
    trained = browser.get(f"/api/runs/{run.id}/examples")

    assert found["kind"] == "plane"
    assert found["number"] == 90
    assert {key: found[key] for key in trained} == trained


def test_a_curve_and_the_points_behind_features_are_shown(browser: Browser) -> None:
    line = shown(browser, "{name: regression, num_samples: 30}")
    assert line["kind"] == "line"
    assert np.shape(line["inputs"]) == (30, 1)
    quadrants = shown(browser, "{name: xor, num_samples: 40, features: quadrants}")
    assert quadrants["kind"] == "plane"
    assert np.abs(quadrants["inputs"]).max() > 1, "the points, not their quadrants"


def test_of_pictures_a_few_of_each_class_are_shown(browser: Browser) -> None:
    from sklearn.datasets import load_digits

    found = shown(browser, "{name: digits}")
    shape = (sum(found["counts"]), found["channels"], found["height"], found["width"])
    pixels = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8).reshape(shape)
    assert found["counts"] == [6] * 10
    assert shape == (60, 1, 8, 8)
    known = load_digits()
    labels = np.repeat(np.arange(10), 6)
    for picture, label in zip(pixels[:, 0], labels, strict=True):
        same = np.abs(known.images * 255 / 16 - picture).max((1, 2)) <= 1
        assert known.target[same].tolist() == [label]


def test_of_other_data_it_is_said_how_many_they_are(browser: Browser) -> None:
    found = shown(browser, "{name: random, num_features: 5}")
    assert found == {"kind": "none", "number": 150, "classes": ["c1", "c2", "c3"]}


def test_a_table_that_changed_is_read_again_and_large_ones_are_thinned(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    rows = [f"{i / 100},{i % 7},{'ab'[i % 2]}" for i in range(5_000)]
    for count in (5_000, 10):
        path.write_text("\n".join(["left,right,kind", *rows[:count]]) + "\n")
        found = shown(browser, "{name: csv, path: mine.csv, target: kind}")
        assert found["number"] == count
        assert found["columns"] == ["left", "right"]
        assert len(found["inputs"]) == min(count, 1_667)


def test_data_are_read_once(browser: Browser) -> None:
    lab = browser.gate.inner.state.lab
    first = shown(browser, "{name: spiral}")
    lab.helper.close()
    assert shown(browser, "{name: spiral}") == first
    assert ask(browser, "{name: xor}").json["error"]["text"] == "the server is ending"


@pytest.mark.parametrize(
    ("dataset", "status", "said"),
    [
        ("{name: spiral, noise: much}", 422, "noise"),
        ("{name: csv, path: /etc/passwd, target: x}", 422, "below the folder of the server"),
        ("{name: csv, path: gone.csv, target: x}", 409, "gone.csv"),
        ("{name: random, num_samples: 100000, num_features: 100000000}", 409, "memory"),
    ],
)
def test_what_cannot_be_read_is_said(
    dataset: str, status: int, said: str, browser: Browser
) -> None:
    answer = ask(browser, dataset)
    assert answer.status == status, answer
    assert said in answer.json["error"]["text"]


def test_a_helper_that_was_ended_is_started_again_and_an_idle_one_ends(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = browser.gate.inner.state.lab.helper
    shown(browser, "{name: spiral}")
    process = helper._process
    process.kill()
    process.wait()
    monkeypatch.setattr(client, "IDLE_SECONDS", 0.0)
    shown(browser, "{name: xor}")
    helper._rest.join()
    assert helper.pid is None
    shown(browser, "{name: blobs}")


def test_a_helper_that_takes_too_long_is_ended(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_SECONDS", 0.01)
    answer = ask(browser, "{name: spiral}")
    assert answer.status == 409
    assert "has ended; try again" in answer.json["error"]["text"]
