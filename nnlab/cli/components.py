"""nnlab list."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nnlab import console
from nnlab.cli.options import AsJson
from nnlab.storage import versions

if TYPE_CHECKING:
    from pathlib import Path


def list_components(
    kind: Annotated[
        Literal["datasets", "models", "losses", "optimizers", "schedules", "engines", "configs"],
        typer.Argument(
            metavar="KIND",
            help="datasets, models, losses, optimizers, schedules, engines or configs.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """List what experiments can use.

    Lists the names that an experiment file can use, or the experiments bundled with nnlab
    (configs).

    Example: nnlab list configs
    """
    tables = _bundled_tables() if kind == "configs" else {"": _member_rows(kind)}
    if as_json:
        members = itertools.chain(*tables.values())
        entries = [{"name": name, "summary": summary} for name, summary in members]
        console.print_json({"schema_version": versions.OUTPUT, kind: entries})
        return
    for title, rows in tables.items():
        console.print_table(["name", ""], rows, left=2, title=title)


def _member_rows(kind: str) -> list[list[str]]:
    from nnlab.config.datasets import AnyDataset
    from nnlab.config.engines import ENGINES
    from nnlab.config.estimators import AnyEstimator
    from nnlab.config.losses import AnyLoss
    from nnlab.config.models import AnyModel
    from nnlab.config.optimizers import AnyOptimizer
    from nnlab.config.schedules import AnySchedule
    from nnlab.config.unions import members_of, tags_of

    if kind == "engines":
        return [[name, summary] for name, summary in ENGINES.items()]
    unions: dict[str, Any] = {
        "datasets": AnyDataset,
        "models": AnyModel | AnyEstimator,
        "losses": AnyLoss,
        "optimizers": AnyOptimizer,
        "schedules": AnySchedule,
    }
    own = [
        [
            tags_of(member)[-1],
            (member.__doc__ or "").splitlines()[0].replace("``", ""),
        ]
        for member in members_of(unions[kind])
    ]
    return [*own, *_installed_rows(kind)]


def _installed_rows(kind: str) -> list[list[str]]:
    """Return what installed packages offer, with their distributions."""
    from nnlab.config.installed import GROUPS, distribution_of, installed

    sections = [section for section, group in GROUPS.items() if group == f"nnlab.{kind}"]
    offered = [entry for section in sections for entry in installed(section).values()]
    return [[entry.name, f"From {distribution_of(entry)}: {entry.value}."] for entry in offered]


def _bundled_tables() -> dict[str, list[list[str]]]:
    """Return the names and summaries of each folder's experiments, by the folder's title."""
    from nnlab.config.bundled import FOLDERS, SWEEPS, configs_in

    folders = {**FOLDERS, SWEEPS: "Sweeps: for nnlab sweep"}
    return {
        title: [[path.stem, _summary(path)] for path in configs_in(folder)]
        for folder, title in folders.items()
    }


def _summary(path: Path) -> str:
    """Return the first line of a file if it is a comment."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""
