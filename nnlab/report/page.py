"""One self-contained HTML file about one or several runs."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jinja2
from markupsafe import Markup

from nnlab.metrics import explain, label_of
from nnlab.report.animation import Animation, animate
from nnlab.report.labels import headings
from nnlab.report.plots import PLOTS
from nnlab.report.style import draw, share_limits, to_svg
from nnlab.report.tables import TABLES, Table
from nnlab.report.words import describe
from nnlab.storage.outputs import MARK
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.report.downloads import Offer
    from nnlab.report.run_view import RunView
    from nnlab.report.words import RunText, SplitTable


class Picture(NamedTuple):
    """One picture, with the numbers in it if there are some.

    Attributes:
        name: Heading of its run; empty if several runs share it.
        wide: It as SVG; None if there is no room for it.
        narrow: It as SVG for a phone, with stacked panels.
        table: Its numbers.
    """

    name: str
    wide: Markup | None
    narrow: Markup | None
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


def render(
    sources: Sequence[RunView], offer: Offer | None = None, offers: Sequence[Offer] = ()
) -> str:
    """Return the page of one run, or of several side by side.

    Args:
        sources: The runs.
        offer: What can be taken away of all of them together.
        offers: What can be taken away of each.
    """
    headings_of = headings([source.run for source in sources])
    runs = [describe(*pair) for pair in zip(sources, headings_of, strict=True)]
    names = list(dict.fromkeys(run.name for run in runs))
    metric_names = list(dict.fromkeys(name for run in runs for name in run.held_out.metrics))
    return (
        environment()
        .get_template("page.html")
        .render(
            title=" and ".join(names),
            runs=runs,
            offer=offer,
            offers=offers,
            metric_names=metric_names,
            label_of=label_of,
            notes=explain(metric_names, sources[0].class_names),
            baselines=_baselines(runs),
            differences=_differences([run.settings for run in runs]),
            sections=_sections(sources, headings_of),
            animation=_animation(sources),
            css=asset("page.css"),
            mark=MARK,
            script=asset("page.js"),
            nonce=secrets.token_urlsafe(16),
            footer=f"Written by nnlab {__version__}.",
        )
    )


def _sections(sources: Sequence[RunView], names: Sequence[str]) -> list[Section]:
    sections = []
    for kind, plot in PLOTS.items():
        shown = [
            (source, name)
            for source, name in zip(sources, names, strict=True)
            if plot.missing(source) is None
        ]
        is_on_page = plot.max_on_page is None or len(sources) <= plot.max_on_page
        if shown and is_on_page:
            draw_all = _shared if plot.takes_several and len(shown) > 1 else _side_by_side
            sections.append(Section(kind, plot.title, plot.caption, draw_all(kind, shown)))
    return sections


def _shared(kind: str, shown: Sequence[tuple[RunView, str]]) -> list[Picture]:
    """Return one picture of all runs."""
    views = [source for source, _ in shown]
    wide, narrow = (
        Markup(to_svg(draw(lambda: PLOTS[kind].picture(*views), is_narrow=is_narrow), name))
        for is_narrow, name in ((False, kind), (True, f"{kind}-narrow"))
    )
    return [Picture("", wide, narrow, None)]


def _side_by_side(kind: str, shown: Sequence[tuple[RunView, str]]) -> list[Picture]:
    """Return a picture of each run; the axes are common if the data are."""
    is_common = PLOTS[kind].has_common_axes and len({v.job.dataset.sha256 for v, _ in shown}) == 1
    # Beside another run, there is only room for the narrow picture.
    wide = _svgs(kind, shown, is_narrow=False, is_common=False) if len(shown) == 1 else [None]
    narrow = _svgs(kind, shown, is_narrow=True, is_common=is_common)
    return [
        Picture(name, first, second, TABLES[kind](source) if kind in TABLES else None)
        for (source, name), first, second in zip(shown, wide * len(shown), narrow, strict=True)
    ]


def _svgs(
    kind: str, shown: Sequence[tuple[RunView, str]], *, is_narrow: bool, is_common: bool
) -> list[Markup | None]:
    figures = [draw(partial(PLOTS[kind].picture, v), is_narrow=is_narrow) for v, _ in shown]
    if is_common:
        share_limits(figures)
    suffix = "-narrow" if is_narrow else ""
    return [
        Markup(to_svg(figure, f"{kind}-{index}{suffix}")) for index, figure in enumerate(figures)
    ]


def _animation(sources: Sequence[RunView]) -> Animation | None:
    """Return the animation of a single run whose regions can be drawn."""
    if (
        len(sources) > 1
        or PLOTS["histograms"].missing(sources[0])
        or PLOTS["boundary"].missing(sources[0])
    ):
        return None
    return animate(sources[0])


def _baselines(runs: Sequence[RunText]) -> list[SplitTable]:
    """Return the splits of the runs that have different constant predictions."""
    splits = [run.held_out for run in runs if run.held_out.baseline]
    return list({(s.title, *s.baseline_metrics.items()): s for s in splits}.values())


def _differences(settings: Sequence[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Return the keys whose values differ between runs, with the values."""
    keys = dict.fromkeys(key for setting in settings for key in setting)
    rows = [(key, [setting.get(key, "-") for setting in settings]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]
