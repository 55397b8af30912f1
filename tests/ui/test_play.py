"""The playground: an experiment is edited, checked, trained and looked at, and the command repeats it."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnlab
from tests.ui.browser import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.conftest import Laboratory, Visit

EXPERIMENT = """# mine
name: tests
dataset: {name: xor, num_samples: 200}
model: {name: mlp, hidden_sizes: [8], activation: tanh}
optimizer: {name: adam, lr: 0.05}
train: {epochs: 20, batch_size: full, seeds: 4}
"""
YAML = "The experiment as YAML"


def write(page: Any, text: str) -> None:
    page.get_by_label(YAML).fill(text)
    until(page, "!document.querySelector('button.go').disabled")


def lasting(epochs: int) -> str:
    """Return an experiment that is still being trained when a person looks."""
    longer = EXPERIMENT.replace("epochs: 20", f"epochs: {epochs}")
    return longer.replace("batch_size: full", "batch_size: 4")


def last_run(page: Any) -> dict[str, Any]:
    return page.evaluate("fetch('/api/play').then((answer) => answer.json())")


def train(page: Any, text: str = EXPERIMENT, button: str = "Train 4 seeds") -> None:
    write(page, text)
    before = last_run(page)["run"]
    page.get_by_role("button", name=button).click()
    until(
        page,
        "fetch('/api/play').then((answer) => answer.json())"
        f".then(({{ run, status }}) => run && run != {json.dumps(before)} && status == 'finished')",
        60,
    )
    until(page, "document.querySelector('button.go').textContent.includes('Train')")
    page.wait_for_selector("nn-plane canvas")


def test_a_control_changes_the_text_and_keeps_its_comment(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        write(page, EXPERIMENT)
        page.get_by_label("activation", exact=True).select_option("relu")
        until(page, "document.querySelector('textarea').value.includes('relu')")
        page.get_by_label("optimizer.lr, as a slider").fill("1000")
        until(page, "!document.querySelector('textarea').value.includes('lr: 0.05')")

        assert page.get_by_label(YAML).input_value().startswith("# mine\nname: tests\n")


def test_the_text_changes_the_controls(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        write(page, EXPERIMENT.replace("lr: 0.05", "lr: 0.007"))
        until(page, "document.querySelector('#set-optimizer-lr').value == '0.007'")


def test_a_mistake_is_said_with_its_line_and_forbids_to_train(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        page.get_by_label(YAML).fill(EXPERIMENT.replace("lr: 0.05", "lr: fast"))
        until(page, "document.querySelector('#yaml-errors').textContent.includes('line 5')")

        assert page.get_by_role("button", name="Train 4 seeds").is_disabled()
        assert shown.axe() == []


def test_a_finding_stands_beside_its_control_and_its_fix_is_applied(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        page.get_by_label(YAML).fill(EXPERIMENT.replace("lr: 0.05", "lr: 0.05, weight_decay: 0.01"))
        finding = page.locator("#set-optimizer-weight_decay-said .finding").first
        finding.wait_for()
        assert shown.axe() == []
        finding.get_by_role("button", name="Apply").click()

        until(page, "document.querySelector('textarea').value.includes('adamw')")
        finding.wait_for(state="detached")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_of_the_map_are_the_answers_of_the_seeds(visit: Visit, theme: str) -> None:
    with visit(color_scheme=theme) as shown:
        page = shown.open("/play")
        train(page)
        page.get_by_role("button", name="contours").click()
        page.get_by_role("button", name="train data").click()
        run = last_run(page)["run"]
        page.get_by_role("slider", name="Epoch shown").fill("100000")
        until(page, "document.querySelector('.stage-head').textContent.includes('Epoch 20 ')")
        page.wait_for_timeout(200)
        classes = np.array(
            page.evaluate(
                "(run) => fetch(`/api/runs/${run}/regions?epoch=20&size=96`)"
                ".then((answer) => answer.arrayBuffer()).then((bytes) => [...new Uint8Array(bytes)])",
                run,
            )
        ).reshape(4, 96, 96)
        shades = page.evaluate(
            "import('/static/parts/votes.js').then(({ palette }) => palette(4, 2))"
        )
        places = [(10, 10), (10, 85), (85, 10), (85, 85), (48, 20)]
        seen = page.evaluate(
            """(places) => {
              const canvas = document.querySelector("nn-plane canvas");
              const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              return places.map(([row, column]) => {
                const [x, y] = [column, row].map((at) => Math.floor(((at + 0.5) / 96) * canvas.width));
                return [...image.data.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 4)];
              });
            }""",
            places,
        )
        checked = 0
        for (row, column), shade in zip(places, seen, strict=True):
            answers = classes[:, row - 2 : row + 3, column - 2 : column + 3]
            if (answers != answers[:, :1, :1]).any():
                continue  # a boundary is near: colours are blended
            votes = np.bincount(answers[:, 0, 0], minlength=2)
            assert shade == shades[votes.argmax()][votes.max()]
            checked += 1
        assert checked >= 3


def test_an_epoch_that_comes_late_replaces_none_that_was_chosen_later(visit: Visit) -> None:
    held: list[Any] = []
    with visit() as shown:
        page = shown.open("/play")
        train(page)
        between = re.compile(r"/regions\?.*\bepoch=(?!1\b|20\b)")
        page.route(between, lambda route: held.append(route))
        page = shown.open(f"/play?run={last_run(page)['run']}")
        until_held(page, held)
        page.get_by_role("slider", name="Epoch shown").fill("100000")
        until(page, "document.querySelector('.stage-head').textContent.includes('Epoch 20 ')")
        for route in held:
            route.continue_()
        page.wait_for_timeout(500)

        assert "Epoch 20 " in page.locator(".stage-head").inner_text()


def until_held(page: Any, held: list[Any]) -> None:
    end = time.monotonic() + 30
    while not held:
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def test_the_probe_reads_every_seed(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        train(page)
        page.locator(".plane-box").focus()
        page.keyboard.press("ArrowRight")

        assert "of 4 say" in page.locator(".reading").inner_text()
        assert page.locator(".answers i").count() == 4
        assert "seeds agree on" in page.locator(".plane-box").get_attribute("aria-label")


def test_a_change_of_settings_does_not_touch_what_was_trained(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        train(page)
        page.get_by_label("optimizer.lr, as a slider").fill("500")

        page.get_by_text("The settings have changed since this training began").wait_for()


def test_a_short_training_is_shown_to_its_end(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        train(page)
        until(page, "/Epoch 20 of 20/.test(document.querySelector('.stage-head').textContent)")


def test_a_run_is_opened_with_its_experiment_and_its_regions(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        train(page)
        page = shown.open(f"/runs/{last_run(page)['run']}")
        page.get_by_role("link", name="Open in the playground").click()
        page.wait_for_selector("nn-plane canvas")

        assert "num_samples: 200" in page.get_by_label(YAML).input_value()


def test_a_link_fills_the_form_and_trains_nothing(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        until(page, "location.hash.startsWith('#yaml=')")
        first = page.evaluate("location.hash")
        write(page, EXPERIMENT)
        until(page, f"location.hash != {json.dumps(first)}")
        before = page.evaluate("fetch('/api/runs').then((answer) => answer.json())")["total"]
        address = page.url.replace(shown.server.origin, "")
        page = shown.open(address)
        until(page, "document.querySelector('textarea').value.startsWith('# mine')")
        page.wait_for_timeout(500)

        assert (
            page.evaluate("fetch('/api/runs').then((answer) => answer.json())")["total"] == before
        )


def test_a_teacher_hides_controls_by_the_link(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play?hide=optimizer,seeds")

        page.get_by_label("epochs", exact=True).first.wait_for()
        assert page.locator("#set-optimizer-lr").count() == 0
        assert page.locator("#set-train-seeds").count() == 0


def test_a_drawn_digit_gets_an_answer_of_every_seed(visit: Visit) -> None:
    text = EXPERIMENT.replace("{name: xor, num_samples: 200}", "{name: digits}")
    with visit() as shown:
        page = shown.open("/play")
        write(page, text.replace("batch_size: full", "batch_size: 64"))
        page.get_by_role("button", name="Train 4 seeds").click()
        page.wait_for_selector("nn-pad canvas", timeout=120_000)
        until(page, "document.querySelector('button.go').textContent.includes('Train')", 60)
        page.get_by_role("button", name="Example").click()
        page.locator(".digits nn-grey canvas").wait_for()

        assert page.locator(".digit-answers tr").count() == 10
        assert shown.axe() == []


def test_one_seed_alone_shows_its_hidden_units(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/play")
        train(page)
        page.get_by_role("button", name="seed 2").click()
        page.wait_for_selector(".units nn-grey canvas")

        assert page.locator(".units nn-grey").count() == 8
        assert page.locator(".mini[aria-pressed=true]").count() == 1
        assert shown.axe() == []


@pytest.mark.slow  # a journey pauses, kills and resumes
def test_a_training_is_paused_stepped_and_resumed_to_the_same_bytes(
    visit: Visit, laboratory: Laboratory
) -> None:
    text = lasting(2000)
    with visit() as shown:
        page = shown.open("/play")
        write(page, text)
        page.get_by_role("button", name="Train 4 seeds").click()
        page.get_by_role("button", name="Pause").click(timeout=120_000)
        page.get_by_role("button", name="One epoch").click(timeout=120_000)
        page.get_by_role("button", name="Resume").click(timeout=120_000)
        page.get_by_role("button", name="Train 4 seeds").wait_for(timeout=120_000)
        run = last_run(page)["run"]

    path = laboratory.folder.parent / "again.yaml"
    path.write_text(text)
    again = nnlab.train(path, runs_dir=laboratory.folder)
    last = [losses(folder) for folder in (laboratory.folder / run, again.path)]
    assert last[0] == last[1]


def losses(folder: Path) -> list[tuple[int, int, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [(row["epoch"], row["seed"], row["val"]["loss"]) for row in rows]
