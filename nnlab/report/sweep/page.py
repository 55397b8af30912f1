"""A sweep as one HTML file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from nnlab.report.page import asset, environment
from nnlab.report.style import draw, to_svg
from nnlab.report.sweep import tables, words
from nnlab.report.sweep.forest import importance
from nnlab.report.sweep.ladder import bars, ladder
from nnlab.report.sweep.luck import luck, smaller, tested
from nnlab.report.sweep.marks import TRIAL
from nnlab.report.sweep.parallel import parallel
from nnlab.report.sweep.parameters import parameters
from nnlab.storage.outputs import MARK
from nnlab.sweep.words import sentences
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.figure import Figure

    from nnlab.report.downloads import Offer
    from nnlab.report.sweep.view import SweepView
    from nnlab.report.tables import Table


class Section(NamedTuple):
    """A part of the page.

    Attributes:
        title: Its heading.
        captions: What it shows, and its limits.
        table: Its numbers; None if there are none.
        is_open: Whether the table is shown at once.
        wide: A picture as SVG; None if there is none.
        narrow: The same for a phone.
    """

    title: str
    captions: list[str]
    table: Table | None = None
    is_open: bool = False
    wide: Markup | None = None
    narrow: Markup | None = None


def render(view: SweepView, offer: Offer, file_name: str) -> str:
    """Return the page of a sweep.

    Args:
        view: The sweep.
        offer: What can be taken away of it.
        file_name: Name of the sweep file among that.
    """
    verdict = view.result["test"]["verdict"]
    found = [line for text in sentences(view.result) for line in text.split("\n")]
    return (
        environment()
        .get_template("sweep.html")
        .render(
            title=view.plan.base.name,
            id=view.folder.id,
            verdict=verdict,
            sentences=[line for line in found if line != verdict],
            sections=list(_sections(view)),
            offer=offer,
            file_name=file_name,
            commands=_commands(view, file_name),
            sweep_text=view.plan.sweep_text,
            facts=_facts(view),
            css=asset("page.css"),
            mark=MARK,
            footer=f"Written by nnlab {__version__}.",
        )
    )


def _sections(view: SweepView) -> Iterator[Section]:
    yield _drawn(
        "Each key", [words.about_parameters(view)], lambda: parameters(view), tables.trials(view)
    )
    if tested(view):
        captions, table = [words.about_luck(view)], tables.luck(view)
        yield _drawn("What was luck", captions, lambda: luck(view), table, is_open=True)
    if len(view.dimensions) > 1:
        yield _drawn("All keys together", [words.about_parallel(view)], lambda: parallel(view))
    yield _importance(view)
    if view.is_pruned:
        ladder_table = tables.rungs(view)
        yield _drawn(
            "Who survived",
            [words.about_ladder(view)],
            lambda: ladder(view),
            ladder_table,
            is_open=True,
        )
    yield _smaller(view)
    yield Section("What it cost", [words.about_costs(view)], tables.costs(view), is_open=True)


def _importance(view: SweepView) -> Section:
    title, found = "Which keys matter", importance(view)
    if found is None:
        return Section(title, [words.why_no_importance(view)])
    captions = [words.about_importance(view, found), words.limits_of_importance(found)]
    return _drawn(title, captions, lambda: bars(found), tables.importance(found))


def _smaller(view: SweepView) -> Section:
    title = "What fewer trials would have found"
    if view.plan.sweep.sampler.name == "tpe":
        return Section(title, [words.NOT_INDEPENDENT])
    return _drawn(title, [words.about_smaller(view)], lambda: smaller(view), tables.smaller(view))


def _drawn(
    title: str,
    captions: list[str],
    picture: Callable[[], Figure],
    table: Table | None = None,
    *,
    is_open: bool = False,
) -> Section:
    name = title.lower().replace(" ", "-")
    wide, narrow = (
        Markup(_with_accent(to_svg(draw(picture, is_narrow=is_narrow), f"{name}{suffix}")))
        for is_narrow, suffix in ((False, ""), (True, "-narrow"))
    )
    return Section(title, captions, table, is_open, wide, narrow)


def _with_accent(svg: str) -> str:
    """Return a picture whose trials have the accent of the page, which is brighter on dark paper."""
    return svg.replace(TRIAL.lower(), "var(--accent)")


def _commands(view: SweepView, file_name: str) -> list[tuple[str, str]]:
    """Return what makes the sweep, its check and its winner again, each with what it does."""
    sweep = view.folder.id
    winner = view.folder.confirmation(f"t{view.winner:04d}").path
    parts = [
        ("search again", ["sweep", file_name]),
        ("check it", ["verify", sweep]),
        ("keep the winner", ["config", "show", sweep, "--winner", "-o", "tuned.yaml"]),
        ("train it", ["train", "tuned.yaml"]),
        ("its test run", ["report", str(winner)]),
    ]
    return [(title, shlex.join(["nnlab", *arguments])) for title, arguments in parts]


def _facts(view: SweepView) -> list[tuple[str, str]]:
    meta = view.folder.meta
    plan = view.plan
    known: dict[str, object] = {**meta}
    facts = [
        ("id", view.folder.id),
        ("started", known.get("started_at")),
        ("finished", known.get("finished_at")),
        ("versions", ", ".join(f"{k} {v}" for k, v in meta.get("versions", {}).items())),
        ("sampler", f"{plan.sweep.sampler.name}, seed {plan.sweep.sampler.seed}"),
        ("seeds of the search", ", ".join(map(str, plan.seeds))),
        ("batches", f"{plan.num_batches:,}" if plan.has_batches else ""),
        ("packs", f"{len(plan.packs):,}"),
        ("SHA-256 of the plan", plan.sha256),
    ]
    return [(name, str(value)) for name, value in facts if value]
