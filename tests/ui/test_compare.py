"""Two experiments compared live in a browser: seed after seed, until the verdict of the command line."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from tests.ui.browser import until

if TYPE_CHECKING:
    from tests.helpers.command import Command
    from tests.ui.conftest import Laboratory, Visit

PATIENCE_S = 60
TRAIN = "Train seed after seed"


def idle(page: Any, seconds: float = PATIENCE_S) -> None:
    """Wait until the form can be sent, with both experiments read."""
    until(
        page,
        "document.querySelector('.contenders button.primary:enabled')?.type == 'submit'",
        seconds,
    )


def train(page: Any, seeds: int) -> None:
    idle(page)
    page.get_by_label("Seeds of each, at most").fill(str(seeds))
    page.get_by_role("button", name=TRAIN).click()


def test_it_ends_in_the_verdict_of_the_command_that_it_shows(
    visit: Visit, laboratory: Laboratory, forked: Command
) -> None:
    with visit() as shown:
        page = shown.open("/compare?a=tiny_logistic&b=tiny_mlp")
        train(page, 4)
        page.get_by_role("button", name="Stop").wait_for(timeout=PATIENCE_S * 1000)
        page.get_by_text("No verdict yet").wait_for(timeout=PATIENCE_S * 1000)
        page.get_by_label("command", exact=True).wait_for(timeout=PATIENCE_S * 1000)
        said = page.locator(".verdict-card .answer").inner_text()
        command = page.get_by_label("command", exact=True).inner_text()
        funnel = page.locator(".funnel")

        assert "after 4 seeds" in (funnel.get_attribute("aria-label") or "")
        assert page.get_by_role("region", name="Seed by seed").locator("tbody tr").count() == 4
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1000)
        assert [url for url in asked if url.endswith("/api/compare")] == []
        assert "of 16 pairs" in page.get_by_text("Seed lottery:").inner_text()
        assert shown.axe() == []

    program, *words = shlex.split(command)
    assert program == "nnlab"
    told = forked(*words, "--json", "--runs-dir", laboratory.folder).stdout
    assert said == json.loads(told)["pairs"][0]["verdict"]


def test_a_comparison_is_stopped_and_goes_on(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/compare?a=tiny_logistic&b=tiny_mlp")
        train(page, 30)
        page.get_by_role("button", name="Stop").click(timeout=PATIENCE_S * 1000)
        page.get_by_role("button", name="Go on").click(timeout=PATIENCE_S * 1000)
        until(page, "document.querySelectorAll('.funnel g[stroke]').length >= 2", PATIENCE_S)
        page.get_by_role("button", name="Stop").click(timeout=PATIENCE_S * 1000)
        page.get_by_role("button", name="Go on").wait_for(timeout=PATIENCE_S * 1000)
        page.reload()

        page.get_by_role("button", name="Go on").wait_for()
        page.get_by_role("link", name="All of this comparison").click()
        page.get_by_role("heading", name="Differences").wait_for()


def test_a_link_fills_the_form_and_trains_nothing(visit: Visit, laboratory: Laboratory) -> None:
    with visit() as shown:
        page = shown.open(f"/compare?a=tiny_mlp&b={laboratory.line.id}&seeds=7&until=2.5")
        idle(page, 20)
        before = len([*laboratory.folder.iterdir()])

        assert page.get_by_label("Seeds of each, at most").input_value() == "7"
        assert (
            page.get_by_label("or until the interval is at most this wide").input_value() == "2.5"
        )
        fields = page.get_by_label("Bundled experiment or run")
        assert [field.input_value() for field in fields.all()] == ["tiny_mlp", laboratory.line.id]
        assert not page.evaluate("fetch('/api/state').then((a) => a.json()).then((s) => s.running)")
        page.get_by_role("button", name=TRAIN).click()
        page.get_by_role("alert").wait_for(timeout=PATIENCE_S * 1000)

        assert "dataset" in page.get_by_role("alert").inner_text()
        assert len([*laboratory.folder.iterdir()]) == before
        shown.problems[:] = [text for text in shown.problems if "422" not in text]


def test_a_text_of_ones_own_is_in_the_address_and_errors_have_their_line(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/compare?a=tiny_logistic&b=tiny_mlp")
        idle(page, 20)
        page.locator(".side summary").first.click()
        field = page.get_by_label("First contender as YAML")
        text = field.input_value()
        field.fill(text.replace("name: logistic", "name: logistik"))
        page.locator("#errors-0 .notice").wait_for()
        assert page.get_by_role("button", name=TRAIN).is_disabled()
        assert shown.axe() == []
        until(page, "location.hash.startsWith('#a=') && location.search.includes('b=tiny_mlp')")
        wrong = page.evaluate("location.hash")
        field.fill(f"# mine\n{text}")
        until(page, f"location.hash != {json.dumps(wrong)}")
        page.reload()
        idle(page, 20)
        page.locator(".side summary").first.click()

        assert field.input_value() == f"# mine\n{text}"
