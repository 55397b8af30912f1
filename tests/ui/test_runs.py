"""The list of runs and the page of a run, as a person uses them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import nnlab
from tests.ui.browser import until

if TYPE_CHECKING:
    from tests.ui.conftest import Laboratory, Visit


# By code points, as the server sorts; ORDER is 1 or -1.
IS_SORTED = """[...document.querySelectorAll("tr.row .name")].map((name) => name.innerText)
  .every((name, place, all) => !place || ORDER * (name >= all[place - 1] ? 1 : -1) > 0 || name === all[place - 1])"""


def names(page: Any) -> list[str]:
    return page.locator("tr.row .name").all_inner_texts()


def test_words_and_settings_find_runs_and_back_undoes_a_filter(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/runs")
        page.wait_for_selector("tr.row")
        everything = names(page)
        page.keyboard.press("/")
        page.keyboard.type("dataset:spiral train.epochs=30")
        until(page, "location.search.includes('epochs')")
        until(page, "document.querySelectorAll('tr.row').length == 1")

        assert names(page) == ["spiral_mlp"]
        page.get_by_role("button", name="Sweeps").click()
        page.wait_for_selector(".empty")
        page.go_back()
        page.wait_for_selector("tr.row")
        assert names(page) == ["spiral_mlp"]
        page.get_by_role("searchbox").fill("")
        until(page, f"document.querySelectorAll('tr.row').length == {len(everything)}")


KEEP_STREAM = """window.EventSource = class extends EventSource {
  constructor(...args) { super(...args); window.kept = this; }
}"""
TYPE_AND_CHANGE = """(query) => {
  const field = document.querySelector("input[type=search]");
  field.value = query;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  kept.dispatchEvent(new MessageEvent("runs", { data: '{"revision": -2}' }));
}"""


def test_what_is_typed_survives_a_change_of_the_list(visit: Visit) -> None:
    with visit() as shown:
        shown.context.add_init_script(KEEP_STREAM)
        page = shown.open("/runs")
        page.wait_for_selector("tr.row")
        until(page, "Boolean(window.kept)")
        page.evaluate(TYPE_AND_CHANGE, "regression")
        until(page, "location.search.includes('query=regression')", 5)


def test_a_heading_sorts_and_says_how(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/runs")
        page.get_by_role("button", name="Name").click()
        page.wait_for_selector("th[aria-sort=descending]:has-text('Name')")
        until(page, "document.querySelector('#live').textContent.includes('Sorted by name')")
        until(page, IS_SORTED.replace("ORDER", "-1"))
        page.get_by_role("button", name="Name").click()
        page.wait_for_selector("th[aria-sort=ascending]:has-text('Name')")
        until(page, "document.querySelector('#live').textContent.includes('ascending')")
        until(page, IS_SORTED.replace("ORDER", "1"))


def test_two_chosen_runs_are_shown_side_by_side(visit: Visit, laboratory: Laboratory) -> None:
    with visit() as shown:
        page = shown.open("/runs?query=dataset:spiral&kind=run")
        page.wait_for_selector("tr.row")
        for box in page.locator("tr.row input[type=checkbox]").all()[:2]:
            box.check()
        page.get_by_role("button", name="Side by side").click()
        page.wait_for_selector("nn-chart canvas")

        assert page.locator("nn-chart .legend li").count() == 2
        assert "model.hidden_sizes" in page.locator("main").inner_text()


def test_a_chart_tells_its_values_and_arrow_keys_read_them(
    visit: Visit, laboratory: Laboratory
) -> None:
    last = [
        json.loads(line)["val"]["loss"]
        for line in laboratory.spiral.metrics_path.read_text().splitlines()
        if json.loads(line)["epoch"] == 30
    ]
    mean = sum(last) / len(last)
    with visit() as shown:
        page = shown.open(f"/runs/{laboratory.spiral.id}")
        chart = page.locator("nn-chart", has_text="loss").first.locator(".chart-box")
        sentence = chart.get_attribute("aria-label")
        chart.focus()
        page.keyboard.press("End")
        readout = page.locator("nn-chart .legend li", has_text="val").first

        assert f"{mean:.2f}" in sentence
        assert page.locator(".readout").first.inner_text() == "epoch 30"
        assert f"{mean:.2f}" in readout.inner_text()


def live_run(laboratory: Laboratory) -> nnlab.Run:
    """Return a run of three epochs, to which more can be written."""
    settings = ["dataset.num_samples=300", "train.epochs=3"]
    return nnlab.train("spiral_mlp", settings, seeds=2, runs_dir=laboratory.folder)


def write_epoch(run: nnlab.Run, epoch: int) -> None:
    """Write an epoch to the metrics of a run, as the process that trains it does."""
    lines = run.metrics_path.read_text().splitlines()[-2:]
    later = [json.dumps({**json.loads(line), "epoch": epoch}) for line in lines]
    with run.metrics_path.open("a") as file:
        file.write("\n".join(later) + "\n")


def sees_epoch(epoch: int) -> str:
    """Return the expression that is true once the chart of a page shows an epoch."""
    return (
        f"document.querySelector('.chart-box').getAttribute('aria-label').includes('epoch {epoch}')"
    )


def test_new_epochs_appear_while_a_run_is_trained(visit: Visit, laboratory: Laboratory) -> None:
    run = live_run(laboratory)
    with visit() as shown:
        page = shown.open(f"/runs/{run.id}?metric=accuracy")
        page.wait_for_selector("nn-chart canvas")
        page.evaluate("document.querySelector('nn-chart').marked = true")
        write_epoch(run, 4)
        began = time.monotonic()
        until(page, sees_epoch(4))

        assert time.monotonic() - began < 5
        assert page.evaluate(
            "document.querySelector('nn-chart').marked"
        )  # the same chart, not a new one
        until(page, "document.querySelector('#live').textContent.includes('epoch 4, val.accuracy')")


def test_tabs_on_the_same_run_share_their_pauses(visit: Visit, laboratory: Laboratory) -> None:
    run = live_run(laboratory)
    rest = """() => import("/static/live.js").then(async ({ rest }) => {
      const began = performance.now();
      await rest(began - 50);
      return performance.now() - began;
    })"""
    with visit() as one, visit() as other, visit() as third:
        pages = [tab.open(f"/runs/{run.id}?metric=accuracy") for tab in (one, other, third)]
        for page in pages:
            page.wait_for_selector("nn-chart canvas")
        write_epoch(run, 4)
        for page in pages:
            until(page, sees_epoch(4))

        assert [page.evaluate(rest) > 3**2 * 4 * 50 for page in pages] == [True] * 3


def test_the_view_is_in_the_address(visit: Visit, laboratory: Laboratory) -> None:
    with visit() as shown:
        page = shown.open(f"/runs/{laboratory.spiral.id}")
        page.get_by_role("button", name="log values").click()
        page.get_by_role("button", name="single seeds").click()

        assert page.url.endswith("?y=log&seeds=0")
        page.reload()
        page.wait_for_selector("button[aria-pressed=true]")
        pressed = page.locator("button[aria-pressed=true]").all_inner_texts()
        assert pressed == ["log values"]
        page.go_back()
        until(page, "!location.search.includes('seeds')")
        assert "single seeds" in page.locator("button[aria-pressed=true]").all_inner_texts()


def test_the_theme_is_kept(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/runs")
        page.keyboard.press("t")
        page.keyboard.press("t")
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.reload()

        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_the_keys_are_listed(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/runs")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog")

        assert "search the runs" in dialog.inner_text()
        assert shown.axe() == []
        page.keyboard.press("Escape")
        assert not dialog.is_visible()


def test_a_finished_run_in_the_playground_says_how_far_it_was_trained(
    visit: Visit, laboratory: Laboratory
) -> None:
    with visit() as shown:
        page = shown.open(f"/play?run={laboratory.spiral.id}")
        page.get_by_text("Trained in").first.wait_for()
        assert page.locator("h2.number").inner_text().endswith(" of 30")
