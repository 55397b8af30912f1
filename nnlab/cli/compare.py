"""nnlab compare and nnlab plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab import api, console
from nnlab.cli.findings import say_warnings
from nnlab.comparison.contenders import find_contenders
from nnlab.comparison.planning import plan as plan_seeds
from nnlab.comparison.words import (
    about_all,
    counted,
    pair_table,
    shortfall,
    shown_difference,
    table,
    to_unit,
    verdict,
)
from nnlab.config.bundled import WORDS
from nnlab.errors import ConfigError
from nnlab.storage import folders, versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.comparison.planning import Plan
    from nnlab.comparison.result import Comparison
    from nnlab.storage.run_dir import RunDir


def compare(
    references: Sequence[str],
    overrides: Sequence[str],
    *,
    report: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train what is not trained yet, and say which contender is better and how surely."""
    _say_warnings(references, overrides, options)
    comparison = api.compare(
        references, overrides, watch=console.watch, on_reuse=_say_reuse, **options
    )
    if report is not None:
        from nnlab.report.comparison_page import write_page

        write_page(comparison, report)
    if as_json:
        console.say_json(comparison.to_json())
        return
    _say(comparison)
    until = options["until"]
    missing = None if until is None else shortfall(comparison, to_unit(comparison.metric, until))
    if missing:
        console.say(missing)
    console.say(f"stored in {comparison.id}")


def _say_warnings(
    references: Sequence[str], overrides: Sequence[str], options: dict[str, Any]
) -> None:
    folder = folders.runs_dir(options["runs_dir"])
    contenders = find_contenders(references, options["dataset"], overrides, folder)
    for reference, contender in zip(references, contenders, strict=True):
        name = contender.config.name if reference in WORDS else reference
        say_warnings(contender.config, name)


def _say_reuse(run: RunDir) -> None:
    console.note(f"{run.id}: used again, nothing that it depends on has changed")


def _say(comparison: Comparison) -> None:
    columns, rows = table(comparison)
    num_seeds = counted(len(comparison.rows[0].seeds), "seed")
    console.say(f"{num_seeds}, {counted(comparison.num_examples, 'test example')}")
    narrow = ["FLOPs", "1000 answers", "one answer", "memory", "worst", "best", "std"]
    console.say_table(columns, rows, optional=[*narrow, "parameters", "s per seed"])
    columns, rows = pair_table(comparison)
    console.say_table(columns, rows, optional=[columns[-1], "effect size", "sign-flip p"])
    for pair in comparison.pairs:
        console.say(verdict(comparison, pair))
    if together := about_all(comparison):
        console.say(together)


def plan(
    references: Sequence[str],
    overrides: Sequence[str],
    *,
    detect: float,
    as_json: bool,
    **options: Any,
) -> None:
    """Say how many seeds would show a difference, from the variance of a pilot comparison."""
    if len(references) != 2:
        msg = f"plan takes two contenders, not {len(references)}"
        raise ConfigError(msg)
    comparison = api.compare(
        references, overrides, watch=console.watch, on_reuse=_say_reuse, **options
    )
    (pair,) = comparison.pairs
    assert pair.parts is not None  # the command line asks for two seeds or more
    found = plan_seeds(pair.parts, to_unit(comparison.metric, detect))
    if as_json:
        console.say_json(
            {"schema_version": versions.OUTPUT, "pilot": comparison.id, **found._asdict()}
        )
    else:
        _say_plan(comparison, found)


def _say_plan(comparison: Comparison, found: Plan) -> None:
    shown = shown_difference(comparison.metric, found.difference)
    rows = [[str(seeds), f"{power:.0%}"] for seeds, power in found.powers.items()]
    console.say(f"chance of seeing a difference of {shown} of test {comparison.metric}:")
    console.say_table(["seeds", "chance"], rows)
    pilot = f"as far as a pilot of {len(comparison.rows[0].seeds)} seeds can tell"
    if found.num_seeds is None:
        smallest = shown_difference(comparison.metric, found.smallest)
        console.say(
            f"no number of seeds shows it four times out of five on {comparison.num_examples:,} "
            f"test examples ({pilot}); the smallest difference they can show is {smallest}"
        )
        return
    cautious = found.num_seeds_cautious or "more than 1,000"
    console.say(
        f"{found.num_seeds} seeds show it four times out of five, {pilot}; "
        f"with {cautious} you are on the safe side"
    )
