"""Every page in a real browser: no error, no report of the CSP, nothing foreign, nothing that axe-core finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ui.conftest import Laboratory, Visit

# They are drawn at the lowest priority.
PICTURES_MS = 300_000
PAGES = [
    "runs",
    "run",
    "several",
    "comparison",
    "sweep",
    "trash",
    "play",
    "compare",
    "help",
    "nothing",
    "nowhere",
]


def address(page: str, laboratory: Laboratory) -> str:
    return {
        "runs": "/runs",
        "run": f"/runs/{laboratory.spiral.id}",
        "several": f"/several?runs={laboratory.spiral.id},{laboratory.line.id}",
        "comparison": f"/comparisons/{laboratory.comparison}",
        "sweep": f"/sweeps/{laboratory.sweep}",
        "trash": "/trash",
        "play": "/play",
        "compare": "/compare",
        "help": "/help",
        "nothing": "/lessons/nothing",
        "nowhere": "/nowhere",
    }[page]


@pytest.mark.parametrize(
    ("path", "heading", "text"),
    [
        ("/runs", "Runs", "has no key to this server"),
        ("/runs?token=wrong", "This key is not of this server", "has printed last"),
    ],
    ids=["no key", "another key"],
)
def test_whoever_has_no_key_is_told_so(path: str, heading: str, text: str, visit: Visit) -> None:
    with visit() as shown:
        page = shown.page
        page.goto(shown.server.origin + path)
        page.get_by_text(text).wait_for()

        assert page.get_by_role("heading", level=1).inner_text() == heading
        assert "No runs yet" not in page.locator("main").inner_text()
        assert shown.flaws() == []
        assert all(" 403 " in problem or " 401 " in problem for problem in shown.problems)
        shown.problems.clear()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_accessible_and_fits(page: str, visit: Visit, laboratory: Laboratory) -> None:
    with visit() as shown:
        opened = shown.open(address(page, laboratory))
        if page == "run":
            opened.wait_for_selector("figure img", state="attached", timeout=PICTURES_MS)

        assert shown.flaws() == []
        assert opened.title().endswith("nnlab")
        if page == "nowhere":  # the browser itself reports it
            assert len(shown.problems) == 1
            assert " 404 " in shown.problems.pop()
