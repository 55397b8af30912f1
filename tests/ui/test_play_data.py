"""The data of the playground: shown before they are trained on, and drawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.browser import until
from tests.ui.test_play import EXPERIMENT, train, write

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
