"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.config.bundled import is_there
from nnlab.errors import ConfigError

Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run: its path, id, unique prefix or tag; latest, or latest~1 for the one before.",
    ),
]
Config = Annotated[
    str,
    typer.Argument(
        metavar="CONFIG", help="Experiment file, or a bundled experiment (nnlab list configs)."
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE", help="Settings that override the file's, such as optimizer.lr=0.01."
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(metavar="N", help="Number of seeds (default: train.seeds of the config)."),
]
Device = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="auto, cpu or cuda (default: train.device of the config)."),
]
On = Annotated[
    str | None,
    typer.Option(
        metavar="PLACE",
        help="Where to train, several at once: process:N, ray or slurm, as slurm:partition=NAME,time=MINUTES "
        "(default: in this process).",
    ),
]
DataDir = Annotated[
    str | None,
    typer.Option(
        metavar="DIR", help="Data folder (default: $NNLAB_DATA, or else the user's cache)."
    ),
]
SkipBadRows = Annotated[
    bool,
    typer.Option(
        "--skip-bad-rows",
        help="Skip new rows of a table with missing or wrong cells, which is refused by default; they "
        "keep their place in predictions, without an answer.",
    ),
]
DataFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The run's table or IDX files, if outside the current folder."
    ),
]
RunsDir = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Runs folder (default: $NNLAB_RUNS, or else ./runs)."),
]
OnPage = Annotated[
    bool,
    typer.Option(
        "--ui", help="Open the page of the run in a browser, in a server of its own: see nnlab ui."
    ),
]
Checkpoint = Annotated[
    Literal["best", "last"] | None,
    typer.Option(help="Weights to load (default: the ones the experiment selects)."),
]
ExpressionWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CONFIG|NAME=VALUE",
        help="An experiment and its KEY=VALUE settings; or, with --expr, the value of each "
        "variable, such as x=1.",
    ),
]
ExpressionText = Annotated[
    str | None,
    typer.Option(
        "--expr",
        metavar="EXPRESSION",
        help="Expression to use instead of an experiment, such as 'x*exp(y)'.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that nnlab did not write.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def split_words(words: list[str]) -> tuple[list[str], list[str]]:
    """Split words into references to files or runs, and ``key.path=value`` settings."""
    overrides = [word for word in words if "=" in word and not is_there(Path(word).exists)]
    return [word for word in words if word not in overrides], overrides


def check_suffix(option: str, path: Path | None, suffix: str) -> None:
    """Refuse to write over a file of another kind, such as an experiment.

    Raises:
        ConfigError: If the name does not end as expected.
    """
    if path is not None and path.suffix.lower() != suffix:
        msg = f"{option} {path}: the file name must end in {suffix}"
        raise ConfigError(msg)


MAX_INDEX_DIGITS = 18


def read_indices(option: str, text: str) -> list[int]:
    """Return the numbers of a comma-separated list, such as 0,1,2.

    Args:
        option: Name of the option, for the message.
        text: What was given.

    Raises:
        ConfigError: If an item is not a whole number of 0 or more.
    """
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) <= MAX_INDEX_DIGITS):
            msg = f"{option} {text}: {word!r} is not a number; write them like 0,1,2"
            raise ConfigError(msg)
    return [int(word) for word in words]
