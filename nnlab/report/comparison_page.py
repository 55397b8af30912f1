"""A comparison as a folder and as one HTML file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from markupsafe import Markup

from nnlab import __version__
from nnlab.comparison.words import about_all, pair_table, table, verdict
from nnlab.report.page import asset, environment
from nnlab.report.pareto import pareto
from nnlab.report.style import draw, save, to_svg
from nnlab.runs.environment import describe_environment, now
from nnlab.storage.atomic import write_atomic
from nnlab.storage.run_dir import RunDir, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.comparison.result import Comparison
    from nnlab.formatting import Column


def store(comparison: Comparison, runs_dir: Path) -> Comparison:
    """Write a comparison to a folder of its own, and return it with the folder's id."""
    run = RunDir.create(runs_dir, "compare")
    stored = replace(comparison, id=run.id)
    write_json(run.comparison_path, stored.to_json())
    save(draw(lambda: pareto(stored)), run.path / "metric_against_cost.svg")
    names = [row.name for row in stored.rows]
    run.update_meta(
        name=" / ".join(names),
        status="finished",
        exit_code=0,
        seeds=stored.rows[0].seeds,
        **describe_environment(torch.device("cpu")),
        finished_at=now(),
    )
    return stored


def render(comparison: Comparison) -> str:
    """Return the page of a comparison."""
    return (
        environment()
        .get_template("comparison.html")
        .render(
            title=" or ".join(row.name for row in comparison.rows),
            metric=comparison.metric,
            num_examples=comparison.num_examples,
            verdicts=[verdict(comparison, pair) for pair in comparison.pairs],
            about_all=about_all(comparison),
            contenders=_with_headings(table(comparison)),
            differences=_with_headings(pair_table(comparison)),
            picture=Markup(to_svg(draw(lambda: pareto(comparison)), "pareto")),
            per_seed=[(row.name, row.seeds, row.per_seed, row.runs) for row in comparison.rows],
            numbers=json.dumps(comparison.to_json(), indent=2),
            css=asset("page.css"),
            footer=f"Written by nnlab {__version__}.",
        )
    )


def _with_headings(
    table: tuple[list[Column], list[list[str]]],
) -> tuple[list[str], list[list[str]]]:
    columns, rows = table
    return [column.heading for column in columns], rows


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the page of a comparison to a file."""
    write_atomic(path, render(comparison).encode())
