"""The modules of the page: their types, and what their functions compute, in the browser that runs them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ui.test_vendor import ROOT, STATIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ui.conftest import Visit

TYPESCRIPT = "typescript@7.0.2"
OWN = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)


def test_every_module_asks_for_its_types_to_be_checked_and_is_short() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in OWN}

    assert len(texts) > 20
    assert [name for name, text in texts.items() if not text.startswith("// @ts-check\n")] == []
    assert [name for name, text in texts.items() if text.count("\n") > 250] == []


@pytest.mark.parametrize(
    "forbidden", ["unsafeHTML", "innerHTML", "eval(", "style=$", "document.write"]
)
def test_no_module_writes_what_it_was_given_as_html(forbidden: str) -> None:
    texts = {path: path.read_text(encoding="utf-8").replace(".style=$", "") for path in OWN}

    assert [path.name for path, text in texts.items() if forbidden in text] == []


def test_only_one_module_asks_the_server() -> None:
    asking = [path.name for path in OWN if "fetch(" in path.read_text(encoding="utf-8")]

    assert asking == ["api.js"]


def test_nothing_moves_without_end() -> None:
    styles = [path.read_text(encoding="utf-8") for path in STATIC.glob("*.css")]

    assert styles
    assert [text for text in styles if "infinite" in text] == []


@pytest.mark.skipif(shutil.which("npx") is None, reason="there is no npx")
def test_the_types_of_all_modules_are_right(tmp_path: Path) -> None:
    found = subprocess.run(
        ["npm", "view", TYPESCRIPT, "version"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip("the registry of npm does not answer")
    command = [
        "npx",
        "--yes",
        "--package",
        TYPESCRIPT,
        "tsc",
        "-p",
        str(ROOT / "tools/jsconfig.json"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.fixture
def evaluate(visit: Visit) -> Iterator[Any]:
    """Call an exported function of a module in the browser."""
    with visit() as shown:
        page = shown.open("/help")

        def call(module: str, function: str, *arguments: object) -> Any:
            script = (
                "([module, name, values]) => import(module).then((all) => all[name](...values))"
            )
            return page.evaluate(script, [f"/static/{module}.js", function, list(arguments)])

        yield call


def test_numbers_are_written_with_the_digits_that_their_interval_leaves(evaluate: Any) -> None:
    assert evaluate("format", "spread", 0.93214, 0.9211, 0.9432) == "0.932 ± 0.011"
    assert evaluate("format", "spread", 12.3456, 9.3, 15.4) == "12.3 ± 3.0"
    assert evaluate("format", "spread", 0.5, None, None) == "0.5"
    assert evaluate("format", "spread", 0.5, 0.5, 0.5) == "0.5"
    assert evaluate("format", "number", -0.00001234) == "\u22121.23e-5"
    assert evaluate("format", "number", None) == "\u2013"
    assert evaluate("format", "duration", 3725) == "1 h 2 min"
    assert evaluate("format", "bytes", 48_200_000) == "48.2 MB"
    assert evaluate("format", "count", 1, "seed") == "1 seed"


def test_a_live_page_rests_four_times_as_long_as_it_worked(visit: Visit) -> None:
    script = """() => import("/static/live.js").then(async ({ rest }) => {
      const began = performance.now() - 100, asked = performance.now();
      await rest(began);
      return performance.now() - asked;
    })"""
    with visit() as shown:
        assert shown.open("/help").evaluate(script) > 400


def test_epochs_that_become_known_after_the_end_of_a_training_are_played(visit: Visit) -> None:
    script = """() => import("/static/play/player.js").then(async ({ Player }) => {
      let epochs = [1, 2];
      const shown = [];
      const player = new Player(() => epochs, async (epoch) => { shown.push(epoch); }, () => {});
      player.follow(true, true);
      player.follow(false, true);
      epochs = [1, 2, 3, 4];
      player.follow(false, true);
      await new Promise((played) => setTimeout(played, 1000));
      player.follow(false, true);
      return shown;
    })"""
    with visit() as shown:
        assert shown.open("/help").evaluate(script) == [2, 3, 4]


def test_a_caption_tells_of_all_the_series_of_a_chart(evaluate: Any) -> None:
    ten, one = ({"num_seeds": n, "epochs_per_bucket": n} for n in (10, 1))

    band = "the band is the 95 % interval of their mean"
    assert evaluate("parts/metrics", "captionOf", one) == "1 seed: one seed has no interval."
    assert evaluate("parts/metrics", "captionOf", ten, one) == (
        f"1 to 10 seeds: {band}; each point stands for 1 to 10 epochs \xd7 1 to 10 seeds."
    )


@pytest.mark.parametrize("text", ["", "name: spiral\n# ümlaut, 🌀\n", "x" * 20_000])
def test_an_experiment_comes_out_of_a_link_as_it_went_in(evaluate: Any, text: str) -> None:
    code = evaluate("parts/link", "packed", text)

    assert evaluate("parts/link", "unpacked", code) == text
    assert all(letter.isalnum() or letter in "-_" for letter in code)


def test_votes_name_the_class_of_most_seeds_and_count_them(visit: Visit) -> None:
    script = """() => import("/static/parts/votes.js").then(({ votes, answersAt, voteSentence }) => {
      const data = new Uint8Array([0, 1, 2, 0, 1, 1, 0, 0, 2]);
      const regions = { seeds: 3, height: 1, width: 3, data, extent: [0, 1, 0, 1] };
      const { winner, count } = votes(regions);
      return [[...winner], [...count], answersAt(regions, 0, 1), voteSentence(regions)];
    })"""
    with visit() as shown:
        found = shown.open("/help").evaluate(script)

    assert found[:3] == [[0, 1, 2], [3, 2, 2], [1, 1, 0]]
    assert found[3].startswith("All 3 seeds agree on 33 % of the plane; on 0 % no class")


def test_lines_of_other_epochs_are_drawn_over_all_epochs(visit: Visit) -> None:
    script = """() => import("/static/parts/series.js").then(({ columns }) => {
      const line = (x, mean) => ({ label: "", color: "", dash: [], x, mean, low: mean, high: mean, seeds: [] });
      const lines = [line([1, 2], [5, 0]), line([0, 2], [7, 8])];
      return columns(lines, { isLogX: true, isLogY: true, hasSeeds: true }).columns;
    })"""
    with visit() as shown:
        xs, *others = shown.open("/help").evaluate(script)

    assert xs == [1, 2]  # a logarithm has no place for 0
    assert others[-2:] == [[5, None], [None, 8]]
