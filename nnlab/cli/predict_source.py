"""What ``nnlab predict`` predicts: files, standard input, the values of a row, or examples of a split."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlab.cli.options import read_indices, split_words
from nnlab.errors import ConfigError
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.runs.load import StoredRun

STDIN = "-"
SplitName = Literal["test", "val", "train"]


class Examples(NamedTuple):
    """Examples of a split of the run's data; indices None: all."""

    split: SplitName
    indices: list[int] | None


Source = list[Path] | io.BufferedReader | dict[str, float | str] | Examples


def read_source(
    words: Sequence[str],
    split: SplitName | None,
    examples: str | None,
    options: Mapping[str, object],
) -> Source:
    """Return what to predict: files, standard input, one row's values, or examples of a split."""
    files, values = split_words(list(words))
    given = [name for name, value in options.items() if value is not None]
    if split is not None or examples is not None:
        if words or given:
            extra = " ".join([*words, *given])
            msg = f"--split and --examples predict the run's own data; leave out {extra}"
            raise ConfigError(msg)
        indices = None if examples is None else read_indices("--examples", examples)
        return Examples(split or "test", indices)
    if bool(files) == bool(values) or (STDIN in files and len(files) > 1):
        msg = (
            "predict what? give files or folders, - for standard input, the value of each feature "
            "(x1=0.5 x2=1), or --split"
        )
        raise ConfigError(msg)
    if values:
        if given:
            msg = f"{given[0]} is for files; leave it out for values"
            raise ConfigError(msg)
        return _read_values(values)
    return _standard_input() if files == [STDIN] else [Path(file) for file in files]


def _standard_input() -> io.BufferedReader:
    if sys.stdin is None:
        msg = "standard input is closed"
        raise ConfigError(msg)
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb")


def _read_values(words: Sequence[str]) -> dict[str, float | str]:
    values: dict[str, float | str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name in values:
            msg = f"{name} is given twice: {name}={values[name]} and {word}"
            raise ConfigError(msg)
        values[name] = value
    return values


def check_outputs(
    source: Source, output: Path | None, show: Path | None, run: StoredRun, *, overwrite: bool
) -> None:
    """Refuse to write over what is predicted, over the run's data, or over any other file."""
    from nnlab.data.idx_sets.files import parse_name

    inputs = source if isinstance(source, list) else []
    dataset = run.config.dataset
    tables = [Path(path) for path in (dataset.data_path, run.meta.get("data_path")) if path]
    if output is not None and dataset.data_path != dataset.table_path and parse_name(output.name):
        tables.append(output)  # by its name, a file of the run's set
    if output is not None:
        check_output(output, [*inputs, *tables], option="-o", overwrite=overwrite)
    elif overwrite and show is None:
        msg = "--overwrite is for the files of -o and --show"
        raise ConfigError(msg)
    if show is None:
        return
    if not isinstance(source, list):
        msg = "--show is for pictures; give their files"
        raise ConfigError(msg)
    check_output(show, [*inputs, *tables], option="--show", suffix=".png", overwrite=overwrite)
