"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Run = Annotated[str, typer.Argument(help="A path, id, unique prefix, tag, latest or latest~1.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(help="key.path=value, which win over the config.")
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda.")]
DataDir = Annotated[str | None, typer.Option(help="Folder of installed data.")]
DataFile = Annotated[
    Path | None,
    typer.Option(help="The table of the run, if it is not below the current folder."),
]
RunsDir = Annotated[str | None, typer.Option(help="Folder of runs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Weights = Annotated[Literal["best", "last"] | None, typer.Option(help="Which weights.")]
Config = Annotated[str, typer.Argument(help="An experiment file or a bundled experiment.")]


def split_words(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the words that name files or runs, and those that are ``key.path=value``."""
    overrides = [word for word in words if "=" in word and not Path(word).exists()]
    return [word for word in words if word not in overrides], overrides
