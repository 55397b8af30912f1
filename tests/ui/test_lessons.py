"""Lessons in a real browser: a reader trains a step, and it is done by the seeds that came out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ui.conftest import Visit

TRAINING_MS = 120_000
LESSONS = ["", "/a-digits", "/b-curve", "/c-steps", "/d-features", "/e-spiral"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_accessible_and_fits(lesson: str, visit: Visit) -> None:
    with visit() as shown:
        page = shown.open(f"/lessons{lesson}")
        page.wait_for_load_state("networkidle") if not lesson else read_through(page)

        assert shown.flaws() == []


def read_through(page: Any) -> None:
    """Scroll to the end, so that every experiment asks the server, and wait for the last answer.

    An experiment whose data are not installed says so, and cannot be trained.
    """
    for bench in page.locator("nn-bench").all():
        bench.scroll_into_view_if_needed()
        answered = bench.locator("button.primary:enabled, .notice.error")
        answered.first.wait_for(timeout=TRAINING_MS)


def test_a_step_is_trained_and_done_and_stays_done(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/lessons/e-spiral")
        step = page.locator("nn-bench", has=page.get_by_label("Step E1", exact=True))
        assert "0 of 5 steps done" in page.locator(".progress").inner_text()
        assert "Not done yet" in step.inner_text()

        step.locator("button.primary:enabled").click(timeout=TRAINING_MS)

        step.get_by_text("Your 5 seeds agree with the reference").wait_for(timeout=TRAINING_MS)
        assert step.locator(".step-name").inner_text().startswith("✓ Done")
        assert step.locator("nn-plane").count() == 1

        page.reload()
        page.get_by_text("1 of 5 steps done").wait_for()
        step.get_by_role("link", name="See the run").click()
        page.wait_for_url(re.compile(r"/runs/\d{8}-\d{6}-e1_spiral_linear-"))


def test_questions_are_answered_and_a_teacher_can_hide_that(visit: Visit) -> None:
    right = "Which points are held out for the test"
    with visit() as shown:
        page = shown.open("/lessons/e-spiral")
        page.get_by_label("The seed of the weights").check()
        assert page.get_by_text("✗ not this one").is_visible()
        page.get_by_label(right).check()
        assert page.get_by_text("✓ right").is_visible()

        page.goto(f"{shown.server.origin}/lessons/e-spiral?hide=answers,teacher,optimizer")
        page.get_by_label(right).check()
        bench = page.locator("nn-bench section[aria-label^=Experiment]").first
        bench.scroll_into_view_if_needed()
        bench.get_by_label("epochs", exact=True).wait_for(timeout=TRAINING_MS)

        assert page.get_by_text("✓ right").count() == 0
        assert page.locator("nn-teacher").count() == 0
        assert bench.get_by_label("lr", exact=True).count() == 0


def test_a_derivation_is_read_step_by_step(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/lessons/c-steps")
        derivation = page.locator("nn-derivation")
        derivation.get_by_role("button", name="Derive").click()
        derivation.get_by_role("heading", name="Input").wait_for(timeout=TRAINING_MS)
        for _ in range(4):
            derivation.get_by_role("button", name="Next").click()

        assert derivation.get_by_role("heading", name="Backward, layer 2").is_visible()
        assert derivation.locator("math").count() == 3
        assert derivation.get_by_text("✓ Every gradient agrees").is_visible()
