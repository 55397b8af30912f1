"""One self-contained HTML file about one or several runs."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

import jinja2
from markupsafe import Markup

from nnlab.report.animation import Animation, animate
from nnlab.report.plots import PLOTS
from nnlab.report.style import draw, to_svg
from nnlab.report.tables import TABLES, Table
from nnlab.report.words import describe
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.report.run_view import RunView


class Picture(NamedTuple):
    """One picture of one run, with the numbers in it if there are some."""

    name: str
    svg: Markup
    table: Table | None


class Section(NamedTuple):
    """A kind of picture, of every run that has it."""

    kind: str
    title: str
    caption: str
    pictures: list[Picture]


def environment() -> jinja2.Environment:
    """Return the environment of the templates: all text is escaped, no variable may be missing."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("nnlab.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def asset(name: str) -> Markup:
    """Return a style sheet or script of this folder, unescaped."""
    found = environment()
    assert found.loader is not None
    return Markup(found.loader.get_source(found, name)[0])


def render(sources: Sequence[RunView]) -> str:
    """Return the page of one run, or of several side by side."""
    runs = [describe(source) for source in sources]
    names = list(dict.fromkeys(run.name for run in runs))
    return (
        environment()
        .get_template("page.html")
        .render(
            title=" and ".join(names),
            runs=runs,
            metric_names=list(dict.fromkeys(name for run in runs for name in run.held_out)),
            differences=_differences([run.settings for run in runs]),
            sections=_sections(sources),
            animation=_animation(sources),
            css=asset("page.css"),
            script=asset("page.js"),
            nonce=secrets.token_urlsafe(16),
            footer=f"Written by nnlab {__version__}.",
        )
    )


def _sections(sources: Sequence[RunView]) -> list[Section]:
    sections = []
    for kind, about in PLOTS.items():
        pictures = [
            _picture(kind, source, index)
            for index, source in enumerate(sources)
            if about.missing(source) is None
        ]
        if pictures:
            sections.append(Section(kind, about.title, about.caption, pictures))
    return sections


def _picture(kind: str, source: RunView, index: int) -> Picture:
    svg = to_svg(draw(lambda: PLOTS[kind].picture(source)), f"{kind}-{index}")
    return Picture(
        source.config.name, Markup(svg), TABLES[kind](source) if kind in TABLES else None
    )


def _animation(sources: Sequence[RunView]) -> Animation | None:
    """Return the animation of a single run whose regions can be drawn."""
    if len(sources) > 1 or PLOTS["boundary"].missing(sources[0]):
        return None
    return animate(sources[0])


def _differences(settings: Sequence[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Return the keys whose values differ between runs, with the values."""
    keys = dict.fromkeys(key for setting in settings for key in setting)
    rows = [(key, [setting.get(key, "-") for setting in settings]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]
