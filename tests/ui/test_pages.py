"""Every page in a real browser: no error, no report of the CSP, nothing foreign, nothing that axe-core finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ui.conftest import Laboratory, Visit

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


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_accessible_and_fits(page: str, visit: Visit, laboratory: Laboratory) -> None:
    with visit() as shown:
        opened = shown.open(address(page, laboratory))
        if page == "run":
            opened.wait_for_selector("figure img", state="attached", timeout=60_000)

        assert shown.flaws() == []
        assert opened.title().endswith("nnlab")
        if page == "nowhere":  # the browser itself reports it
            assert len(shown.problems) == 1
            assert " 404 " in shown.problems.pop()
