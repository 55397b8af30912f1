"""A comparison as one HTML file, and its picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from markupsafe import Markup

from nnlab.comparison.plain_words import plain_words
from nnlab.comparison.store import to_json
from nnlab.comparison.words import about_all, about_times, pair_table, table, verdict
from nnlab.report.page import asset, environment
from nnlab.report.pareto import pareto
from nnlab.report.style import draw, save, to_svg
from nnlab.storage.outputs import MARK
from nnlab.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.comparison.result import Comparison
    from nnlab.formatting import Column
    from nnlab.report.downloads import Offer


def write_picture(comparison: Comparison, path: Path) -> None:
    """Draw the metric of every contender against its cost."""
    save(draw(lambda: pareto(comparison)), path)


def render(comparison: Comparison, offer: Offer) -> str:
    """Return the page of a comparison.

    Args:
        comparison: The comparison.
        offer: What can be taken away of it.
    """
    return (
        environment()
        .get_template("comparison.html")
        .render(
            title=" or ".join(row.name for row in comparison.rows),
            metric=comparison.metric,
            split=comparison.split,
            num_examples=comparison.num_examples,
            verdicts=[verdict(comparison, pair) for pair in comparison.pairs],
            plain_words=plain_words(comparison),
            about_all=about_all(comparison),
            about_times=about_times(comparison),
            contenders=_with_headings(table(comparison)),
            differences=_with_headings(pair_table(comparison)),
            wide=_svg(comparison, "pareto"),
            narrow=_svg(comparison, "pareto-narrow", is_narrow=True),
            per_seed=[(row.name, row.seeds, row.per_seed, row.runs) for row in comparison.rows],
            offer=offer,
            numbers=json.dumps(to_json(comparison), indent=2),
            css=asset("page.css"),
            mark=MARK,
            footer=f"Written by nnlab {__version__}.",
        )
    )


def _svg(comparison: Comparison, name: str, *, is_narrow: bool = False) -> Markup:
    return Markup(to_svg(draw(lambda: pareto(comparison), is_narrow=is_narrow), name))


def _with_headings(
    table: tuple[list[Column], list[list[str]]],
) -> tuple[list[str], list[list[str]]]:
    columns, rows = table
    return [column.heading for column in columns], rows
