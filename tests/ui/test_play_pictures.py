"""The playground on pictures: a pad that any network answers, and what the seeds get wrong."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import nnlab
from nnlab.runs.results import load_outputs
from tests.ui.browser import until
from tests.ui.test_play import last_run, write
from tests.ui.test_play_data import DIGITS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.conftest import Laboratory, Visit

CNN = DIGITS.replace(
    "{name: mlp, hidden_sizes: [8], activation: tanh}",
    "{name: fashion_cnn, channels: [4, 8], hidden_sizes: [32, 16]}",
).replace("epochs: 20", "epochs: 2")
FOREST = """name: forest
dataset: {name: spiral, num_samples: 200}
model: {name: sklearn, estimator: random_forest, n_estimators: 5}
train: {seeds: 4}
"""
SECONDS = 90


def finish(page: Any, text: str, button: str = "Train 4 seeds") -> str:
    """Train an experiment to its end, and return its run."""
    write(page, text)
    before = json.dumps(last_run(page)["run"])
    page.get_by_role("button", name=button).click()
    until(
        page,
        "fetch('/api/play').then((answer) => answer.json())"
        f".then(({{ run, status }}) => run && run != {before} && status == 'finished')",
        SECONDS,
    )
    until(page, "document.querySelector('button.go').textContent.includes('Train')")
    return last_run(page)["run"]


def test_the_pad_asks_a_network_that_is_not_dense(
    visit: Visit, laboratory: Laboratory, tmp_path: Path
) -> None:
    with visit() as shown:
        page = shown.open("/play")
        run = finish(page, CNN)
        page.get_by_role("button", name="Example").click()
        page.get_by_text("of 4 seeds").first.wait_for(timeout=SECONDS * 1000)
        seen = page.evaluate(
            """() => {
              const canvas = document.querySelector("nn-pad canvas");
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              return data.filter((_, place) => place % 4 === 0).reduce((all, one) => [...all, one], []);
            }"""
        )
        said = page.locator(".digit-answers strong").inner_text()
        rows = page.locator(".digit-answers tr").all_inner_texts()
        assert shown.axe() == []

    side = int(len(seen) ** 0.5)
    Image.fromarray(np.array(seen, np.uint8).reshape(side, side)).save(tmp_path / "drawn.png")
    (record,) = nnlab.predict(run, tmp_path / "drawn.png", runs_dir=laboratory.folder)
    assert said == record["class"]
    for row, (name, probability) in zip(rows, record["probabilities"].items(), strict=True):
        assert row.split()[:2] == [name, f"{probability:.2f}"]


@pytest.mark.parametrize(("width", "theme"), [(320, "dark"), (1280, "light")])
def test_what_the_seeds_get_wrong_is_shown(
    visit: Visit, laboratory: Laboratory, width: int, theme: str
) -> None:
    with visit(width=width, color_scheme=theme) as shown:
        page = shown.open("/play")
        run = finish(page, DIGITS)
        page.locator(".wrong figure").first.wait_for(timeout=SECONDS * 1000)
        page.get_by_text("First-layer weights").wait_for(timeout=SECONDS * 1000)
        page.get_by_label("of seed").select_option("2")
        page.wait_for_timeout(500)
        seen = page.evaluate(
            """() => {
              const { data } = document.querySelector(".results .unit-grid canvas").getContext("2d").getImageData(0, 0, 8, 8);
              return [...data].filter((_, place) => place % 4 === 0);
            }"""
        )
        said = page.locator(".wrong figcaption").all_inner_texts()
        page.get_by_text("Confusion matrix").click()
        cells = page.locator(".confusion td").all_inner_texts()
        assert shown.axe() == []
        assert shown.sizes() == []

    trained = nnlab.load_run(run, runs_dir=laboratory.folder)
    tables = [np.array(seed["test"]["confusion"]) for seed in trained.summary["per_seed"]]
    assert [int(cell) for cell in cells] == sum(tables).ravel().tolist()
    weight = trained.model(2).layers[0].weight[0].detach().numpy()
    assert np.abs(np.array(seen) - 128 - 127 * weight / np.abs(weight).max()).max() <= 1
    outputs, targets = load_outputs(trained, trained.summary)
    most = (outputs.argmax(-1) != targets).sum(0).max()
    votes = re.findall(r"(\d+) of 4 seeds says? (\d)", said[0])[0]
    true = re.findall(r"true: (\d)", said[0])[0]
    assert int(votes[0]) <= most
    assert votes[1] != true or int(votes[0]) < 4


def test_weights_are_shown_while_the_seeds_learn(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        write(page, DIGITS.replace("epochs: 20", "epochs: 20000"))
        page.get_by_role("button", name="Train 4 seeds").click()
        page.get_by_text(re.compile(r"First-layer weights after \d+ epochs")).wait_for(
            timeout=SECONDS * 1000
        )
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Resume").wait_for(timeout=SECONDS * 1000)
        stopped = last_run(page)["epoch"]
        page.get_by_text(f"First-layer weights after {stopped:,} epochs").wait_for(
            timeout=SECONDS * 1000
        )
        finish(page, DIGITS, button="Start anew")  # other pages of this server want to train


def test_an_estimator_has_regions(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        finish(page, FOREST)
        page.locator(".plane-box[aria-label^='Decision regions']").wait_for(timeout=SECONDS * 1000)
        page.get_by_role("button", name="seed 2").click()
        page.get_by_text("seed 2 alone").wait_for()

        assert page.locator(".mini canvas").count() == 4
        assert shown.axe() == []
