"""nnlab list."""

from __future__ import annotations

import typing
from typing import Annotated, Any, Literal

import typer

from nnlab import console
from nnlab.cli.options import AsJson


def list_components(
    kind: Annotated[
        Literal["datasets", "models", "optimizers", "configs"],
        typer.Argument(metavar="KIND", help="datasets, models, optimizers or configs."),
    ],
    as_json: AsJson = False,
) -> None:
    """List datasets, models, optimizers or configs.

    These are the names that an experiment file can use; configs are the experiments bundled with
    nnlab.

    Example: nnlab list configs
    """
    rows = _bundled_rows() if kind == "configs" else _member_rows(kind)
    if as_json:
        entries = [{"name": name, "summary": summary} for name, summary in rows]
        console.print_json({"schema_version": 1, kind: entries})
    else:
        console.print_table(["name", ""], rows, left=2)


def _member_rows(kind: str) -> list[list[str]]:
    from nnlab.config.datasets import AnyDataset
    from nnlab.config.models import AnyModel
    from nnlab.config.optimizers import AnyOptimizer

    union: Any = {"datasets": AnyDataset, "models": AnyModel, "optimizers": AnyOptimizer}[kind]
    return [
        [str(member.model_fields["name"].default), (member.__doc__ or "").splitlines()[0]]
        for member in typing.get_args(typing.get_args(union)[0])
    ]


def _bundled_rows() -> list[list[str]]:
    from nnlab.config.bundled import bundled_configs

    rows = []
    for name, path in bundled_configs().items():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        rows.append([name, first.removeprefix("#").strip() if first.startswith("#") else ""])
    return rows
