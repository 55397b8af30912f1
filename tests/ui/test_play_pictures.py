"""The playground on pictures: a pad that any network answers, and what the seeds get wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import nnlab
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


def finish(page: Any, text: str) -> str:
    """Train an experiment to its end, and return its run."""
    write(page, text)
    before = json.dumps(last_run(page)["run"])
    page.get_by_role("button", name="Train 4 seeds").click()
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


def test_an_estimator_has_regions(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        finish(page, FOREST)
        page.locator(".plane-box[aria-label^='Decision regions']").wait_for(timeout=SECONDS * 1000)
        page.get_by_role("button", name="seed 2").click()
        page.get_by_text("seed 2 alone").wait_for()

        assert page.locator(".mini canvas").count() == 4
        assert shown.axe() == []
