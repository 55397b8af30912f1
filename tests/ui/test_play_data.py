"""The data of the playground: shown before they are trained on, and drawn by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnlab
from tests.ui.browser import UiServer, until, watched
from tests.ui.test_play import EXPERIMENT, last_run, lasting, losses, train, write

if TYPE_CHECKING:
    from tests.ui.conftest import Visit

DIGITS = EXPERIMENT.replace("{name: xor, num_samples: 200}", "{name: digits}").replace(
    "batch_size: full", "batch_size: 64"
)
SECONDS = 30


def ask(page: Any, text: str) -> dict[str, Any]:
    """Return what the server says of the data of an experiment."""
    return page.evaluate(
        """(yaml) => import("/static/api.js").then(({ post }) => post("/api/experiment/data", { yaml }))""",
        text,
    )


@pytest.mark.parametrize(("width", "theme"), [(320, "dark"), (1280, "light")])
def test_points_are_shown_where_they_are_before_a_training(
    visit: Visit, width: int, theme: str
) -> None:
    text = EXPERIMENT.replace("num_samples: 200", "num_samples: 30")
    with visit(width=width, color_scheme=theme) as shown:
        page = shown.open("/play")
        train(page)
        write(page, text)
        page.get_by_role("heading", name="The data").wait_for(timeout=SECONDS * 1000)
        page.locator(".reading", has_text=", to train on").wait_for()
        until(
            page,
            "/^The data: [12]. points/.test(document.querySelector('.plane-box').ariaLabel)",
            SECONDS,
        )
        page.wait_for_timeout(200)
        found = ask(page, text)
        seen = page.evaluate(
            """({ points, extent, colors }) => {
              const canvas = document.querySelector("nn-plane canvas");
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              const known = colors.map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim());
              return points.map(([x, y]) => {
                const place = [(x - extent[0][0]) / (extent[0][1] - extent[0][0]), (extent[1][1] - y) / (extent[1][1] - extent[1][0])];
                const [x0, y0] = place.map((at) => Math.floor(at * canvas.width));
                const start = 4 * (y0 * canvas.width + x0);
                return known.indexOf("#" + [...data.slice(start, start + 3)].map((part) => part.toString(16).padStart(2, "0")).join(""));
              });
            }""",
            {
                "points": found["inputs"],
                "extent": found["extent"],
                "colors": ["--c0", "--c1"],
            },
        )
        is_train = [name == "train" for name in found["split"]]
        pairs = list(zip(seen, found["targets"], is_train, strict=True))
        right = sum(color == target for color, target, is_shown in pairs if is_shown)
        stray = sum(color != -1 for color, _, is_shown in pairs if not is_shown)
        assert right >= 0.8 * sum(is_train), "a point can lie under another"
        assert stray <= 2
        label = page.locator(".plane-box").get_attribute("aria-label")
        assert label.startswith(f"The data: {sum(is_train)} points: ")
        assert shown.axe() == []
        assert shown.sizes() == []


@pytest.mark.parametrize(("width", "theme"), [(320, "light"), (1280, "dark")])
def test_pictures_and_curves_are_shown_before_a_training(
    visit: Visit, width: int, theme: str
) -> None:
    curve = EXPERIMENT.replace("{name: xor, num_samples: 200}", "{name: regression}")
    with visit(width=width, color_scheme=theme) as shown:
        page = shown.open("/play")
        train(page)
        write(page, DIGITS)
        page.locator(".samples nn-grey canvas").nth(59).wait_for(timeout=SECONDS * 1000)
        found = ask(page, DIGITS)
        assert page.evaluate(
            """({ pixels }) => {
              const { data } = document.querySelectorAll(".samples canvas")[1].getContext("2d").getImageData(0, 0, 8, 8);
              const bytes = [...atob(pixels)].map((letter) => letter.charCodeAt(0)).slice(64, 128);
              return bytes.every((byte, place) => data[4 * place] === byte);
            }""",
            found,
        )
        assert shown.axe() == []
        assert shown.sizes() == []
        write(page, curve)
        page.locator(".plane-box[aria-label='The data: 700 points.']").wait_for(
            timeout=SECONDS * 1000
        )
        assert shown.axe() == []


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("start")


@pytest.fixture(scope="module")
def own(chromium: Any, start: Path) -> Iterator[Visit]:
    """Open a page of a server that was started in a folder of its own, where it writes what is drawn."""
    with contextlib.chdir(start):
        server = UiServer(start / "runs", start / "data")
    yield partial(watched, chromium, server)
    server.stop()


def click(page: Any, places: list[tuple[float, float]]) -> None:
    """Click on the plane; places go from 0 to 1 rightwards and down."""
    box = page.locator(".sketch-box").bounding_box()
    for right, down in places:
        page.mouse.click(box["x"] + right * box["width"], box["y"] + down * box["height"])


def test_points_are_drawn_and_trained_here_and_by_the_same_file(own: Visit, start: Path) -> None:
    left = [(0.05 * i, 0.2 + 0.03 * (i % 5)) for i in range(1, 13)]
    right = [(0.05 * i, 0.8 - 0.03 * (i % 5)) for i in range(5, 17)]
    (start / "drawn").mkdir()
    (start / "drawn/points-1.csv").write_text("mine")
    with own() as shown:
        page = shown.open("/play")
        write(page, EXPERIMENT)
        page.get_by_role("button", name="Draw your own").click()
        page.locator(".sketch-box").scroll_into_view_if_needed()
        click(page, left)
        page.get_by_role("button", name="class b").click()
        click(page, [*right, (0.9, 0.9)])
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("24 points: 12 of class a, 12 of b.", exact=True).wait_for()
        label = page.locator(".sketch-box").get_attribute("aria-label")
        assert label.startswith("24 points: 12 of class a, 12 of b. Arrow keys")
        assert shown.axe() == []
        page.get_by_role("button", name="Use these points").click()
        until(page, "document.querySelector('textarea').value.includes('drawn/points-2.csv')")
        page.get_by_role("heading", name="The data").wait_for(timeout=SECONDS * 1000)
        text = page.get_by_label("The experiment as YAML").input_value()
        train(page, text)
        run = last_run(page)["run"]
        page.get_by_text("Trained in").first.wait_for(timeout=SECONDS * 1000)

    assert (start / "drawn/points-1.csv").read_text() == "mine"
    header, *rows = (start / "drawn/points-2.csv").read_text().splitlines()
    assert header == "x1,x2,class"
    drawn = [[float(cell) for cell in row.split(",")[:2]] for row in rows]
    wanted = [(2 * x - 1, 1 - 2 * y) for x, y in [*left, *right]]
    np.testing.assert_allclose(drawn, wanted, atol=0.01)
    assert [row.split(",")[2] for row in rows] == ["a"] * 12 + ["b"] * 12
    (start / "tests.yaml").write_text(text)
    with contextlib.chdir(start):
        again = nnlab.train("tests.yaml", runs_dir=start / "runs")
    assert losses(again.path) == losses(start / "runs" / run)


def test_what_is_changed_during_a_training_is_said_and_kept_for_the_next(
    own: Visit, start: Path
) -> None:
    with own() as shown:
        page = shown.open("/play")
        write(page, lasting(20_000))
        page.get_by_role("button", name="Train 4 seeds").click()
        page.get_by_role("button", name="Pause").wait_for(timeout=120_000)
        settings = page.get_by_role("region", name="Settings")
        assert "keeps its own settings" not in settings.inner_text()
        run = last_run(page)["run"]  # the address can still hold the one before
        until(page, f"location.search.includes('{run}')", SECONDS)
        before = page.url
        page.get_by_label("activation", exact=True).select_option("relu")
        settings.get_by_text("keeps its own settings; the next one takes these").wait_for()
        page.wait_for_url(lambda url: url != before)
        page.reload()
        settings.get_by_text("keeps its own settings; the next one takes these").wait_for()
        page.get_by_label("activation", exact=True).select_option("tanh")
        settings.get_by_text("keeps its own settings").wait_for(state="hidden")
        page.get_by_label("activation", exact=True).select_option("relu")
        settings.get_by_text("keeps its own settings; the next one takes these").wait_for()
        page.get_by_role("button", name="Draw your own").click()
        drawn = page.get_by_role("region", name="Drawn data")
        drawn.get_by_text("keeps its own data; the next one takes these points").wait_for()
        assert shown.axe() == []
        page.locator(".sketch-box").scroll_into_view_if_needed()
        click(page, [(0.05 * i, 0.2) for i in range(1, 9)])
        page.get_by_role("button", name="class b").click()
        click(page, [(0.05 * i, 0.8) for i in range(1, 9)])
        page.get_by_role("button", name="Pause").click()
        drawn.get_by_text("Start anew takes these points").wait_for(timeout=120_000)
        before = last_run(page)["run"]
        page.get_by_role("button", name="Start anew").click()
        page.get_by_role("button", name="Pause").click(timeout=120_000)
        page.get_by_role("button", name="Resume").wait_for(timeout=120_000)
        run = last_run(page)["run"]
        train(page, button="Start anew")  # other pages of this server want to train

    assert run != before
    assert "activation: relu" in (start / "runs" / run / "config.yaml").read_text()
    assert "drawn/points-" in (start / "runs" / run / "config.yaml").read_text()
    assert "drawn/points-" not in (start / "runs" / before / "config.yaml").read_text()


@pytest.mark.parametrize(("width", "theme"), [(320, "light"), (1280, "dark"), (320, "dark")])
def test_points_are_drawn_with_the_keyboard_and_painted(own: Visit, width: int, theme: str) -> None:
    with own(width=width, color_scheme=theme) as shown:
        page = shown.open("/play")
        write(page, EXPERIMENT)
        page.get_by_role("button", name="Draw your own").click()
        plane = page.locator(".sketch-box")
        plane.focus()
        for key in ["Enter", "2", "ArrowRight", "ArrowRight", "Enter", "Shift+ArrowUp", "Enter"]:
            page.keyboard.press(key)
        page.get_by_text("3 points: 1 of class a, 2 of b.").wait_for()
        page.keyboard.press("Delete")
        page.get_by_text("2 points: 1 of class a, 1 of b.").wait_for()
        page.keyboard.press("Control+z")
        page.get_by_text("3 points: 1 of class a, 2 of b.").wait_for()
        assert page.get_by_role("button", name="Use these points").is_disabled()
        box = plane.bounding_box()
        at = box["y"] + 0.9 * box["height"]
        page.mouse.move(box["x"] + 0.1 * box["width"], at)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], at, steps=60)
        page.mouse.up()
        said = page.locator(".reading").inner_text()
        assert int(said.split()[0]) > 15
        page.get_by_role("button", name="Erase").click()
        page.mouse.move(box["x"] + 0.1 * box["width"], at)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], at, steps=60)
        page.mouse.up()
        page.get_by_text("3 points: 1 of class a, 2 of b.").wait_for()
        assert shown.axe() == []
        assert shown.sizes() == []


CSV = 'height,weight,"kind, or so"\n' + "".join(
    f'{i},{i % 3 + 0.5},"{"cat" if i % 2 else "dog"}"\n' for i in range(20)
)


def give(page: Any, text: str) -> None:
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(file)


def test_a_file_of_ones_own_is_drawn_and_its_mistakes_are_said(own: Visit, start: Path) -> None:
    mistakes = {
        "1,2,3\n1,2,3\n": "The first line has numbers",
        "a,b,c\n1,2\n": "Line 2 has 2 cells, and the first line has 3.",
        'a,b,c\n1,"2,c\n': "Line 2 has a quote that is not closed",
        "a,b,c\n1,many,x\n": "Line 2, column b: a number is expected",
        "a,b,c\n1,2,\n": "Line 2, column c: the class is missing.",
        "a,b,c\n": "has no rows",
        "a,b,c,d\n1,2,3,4\n": "The first line has 4 names",
        "a,b,c\n" + "1,2,x\n" * 2001: "The file has 2,001 rows",
        "a,b,c\n" + "".join(f"1,2,{i}\n" for i in range(11)): "has 11 different values",
        "a,b,c\n" + "1,2,x\n" * 100_000: "the page reads at most 500,000",
    }
    with own() as shown:
        page = shown.open("/play")
        write(page, EXPERIMENT)
        page.get_by_role("button", name="Draw your own").click()
        for text, said in mistakes.items():
            give(page, text)
            page.get_by_role("alert").get_by_text(said).wait_for()
        give(page, CSV)
        page.get_by_text("20 points: 10 of class dog, 10 of cat.").wait_for()
        page.get_by_role("button", name="Use these points").click()
        page.locator(".reading", has_text="of class cat").wait_for(timeout=SECONDS * 1000)
        assert shown.axe() == []
        path = page.get_by_label("The experiment as YAML").input_value().split("path: ")[1]
        lines = (start / path.split(",")[0]).read_text().splitlines()
        assert lines[:3] == ['height,weight,"kind, or so"', "0,0.5,dog", "1,1.5,cat"]


def test_a_curve_is_drawn_and_predicted(own: Visit) -> None:
    with own() as shown:
        page = shown.open("/play")
        write(page, EXPERIMENT)
        page.get_by_role("button", name="Draw your own").click()
        page.get_by_role("button", name="a curve").click()
        page.locator(".sketch-box").scroll_into_view_if_needed()
        click(page, [(0.05 + 0.045 * i, 0.3 + 0.02 * i) for i in range(20)])
        page.get_by_text("20 points.", exact=True).wait_for()
        page.get_by_role("button", name="Train 4 seeds").click()
        page.get_by_text("What the seeds predict").wait_for(timeout=60_000)
