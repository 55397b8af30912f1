"""nnlab data show."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nnlab import console
from nnlab.cli.options import AsJson, DataDir, Overrides, Overwrite
from nnlab.errors import ConfigError
from nnlab.formatting import Column

if TYPE_CHECKING:
    from nnlab.inspection.dataset import DatasetFacts, FeatureFacts

INDENT = 11
MAX_COLUMNS = 8
MAX_FEATURES = 20
MAX_CATEGORIES = 8
MAX_CLASSES = 30


def show(
    source: Annotated[
        str,
        typer.Argument(
            metavar="DATASET|CONFIG",
            help="A data set (nnlab list datasets), a CSV file, arrays (.npz, .npy), a folder "
            "of images, IDX files, or an experiment.",
        ),
    ],
    overrides: Overrides = None,
    plot: Annotated[
        Literal["samples", "scatter", "classes"] | None,
        typer.Option(help="Draw a picture instead, and print its path."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Output file: .svg or .png."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of the 25 samples (default: 0).", min=0)
    ] = None,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Look at data before training.

    Shows shapes, types, ranges, class counts, the split, and the first rows or an example. The
    target of a CSV file is its last column, unless dataset.target=NAME says otherwise.

    Example: nnlab data show flowers.csv --plot scatter
    """
    from nnlab import api

    _check_options(plot, output, seed, as_json=as_json)
    if plot is not None:
        folder = {"data_dir": data_dir}
        path = api.plot_data(
            source, plot, output, overrides or [], seed=seed or 0, overwrite=overwrite, **folder
        )
        console.print_line(str(path))
        return
    facts = api.describe_data(source, overrides or [], data_dir=data_dir)
    if as_json:
        console.print_json(facts.to_json())
    else:
        _print(facts)


def _check_options(
    plot: str | None, output: Path | None, seed: int | None, *, as_json: bool
) -> None:
    problems = {
        "-o needs --plot": output is not None and plot is None,
        "--seed chooses the images of --plot samples": seed is not None and plot != "samples",
        "--json describes data, --plot draws them; choose one": plot is not None and as_json,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise ConfigError(problem)


def _print(facts: DatasetFacts) -> None:
    width = console.screen_width(sys.stdout)
    for word, text in _facts(facts):
        indent = " " * INDENT
        console.print_line(
            textwrap.fill(
                text, max(width, 2 * INDENT), initial_indent=f"{word:<{INDENT}}",
                subsequent_indent=indent, break_long_words=False,
            )
        )  # fmt: skip
    if facts.class_counts:
        _print_classes(facts)
    if facts.features:
        _print_rows(facts)
        _print_features(facts)


def _facts(facts: DatasetFacts) -> Iterator[tuple[str, str]]:
    yield "data", f"{facts.name}, {facts.task}"
    low, high = facts.input_range
    yield "inputs", f"{_shape(facts.input_shape)} {facts.input_dtype}, from {low:g} to {high:g}"
    values = f"{len(facts.class_counts)} classes"
    if facts.target_range is not None:
        values = f"from {facts.target_range[0]:g} to {facts.target_range[1]:g}"
    target = "" if facts.target_name == "target" else f"column '{facts.target_name}', "
    yield "targets", f"{target}{facts.input_shape[0]} {facts.target_dtype}, {values}"
    if facts.rows_dropped:
        dropped = [f"{count:,} rows with {reason}" for reason, count in facts.rows_dropped.items()]
        yield "dropped", ", ".join(dropped)
    if facts.left_out:
        reasons = [f"{name or 'no name'} ({reason})" for name, reason in facts.left_out.items()]
        yield "left out", ", ".join(reasons)
    official = (
        f"; the last {facts.num_official_test:,} examples are the official test set"
        if facts.num_official_test
        else ""
    )
    sizes = ", ".join(f"{name} {count:,}" for name, count in facts.splits.items())
    yield "split", sizes + official
    yield "scaling", _scaling(facts)
    yield "example 0", f"inputs {_shape(facts.input_shape[1:])}, target {_cell(facts.first_target)}"


def _scaling(facts: DatasetFacts) -> str:
    if facts.standardized:
        return "standardised: (x - mean) / std of the training split"
    is_pixels = facts.input_dtype == "uint8"
    return "pixels are divided by 255" if is_pixels else "none; dataset.standardize=true changes it"


def _print_classes(facts: DatasetFacts) -> None:
    rows = [
        [name, str(index), *(f"{n:,}" for n in (count, *facts.split_counts[name].values()))]
        for index, (name, count) in enumerate(facts.class_counts.items())
        if index < MAX_CLASSES
    ]
    columns = [Column("class"), Column("index", 1), Column("examples"), *map(Column, facts.splits)]
    console.print_table(columns, rows)
    if rest := len(facts.class_counts) - len(rows):
        console.print_line(f"and {rest:,} more classes (--json)\n")


def _print_rows(facts: DatasetFacts) -> None:
    """Print the first rows of a table, with the features that fit."""
    names = [feature.name for feature in facts.features[:MAX_COLUMNS]]
    columns = [Column(name, len(names) - i if i else None) for i, name in enumerate(names)]
    target = facts.target_name
    rows = [
        [str(number), *map(_cell, row[: len(names)]), _cell(row[-1])]
        for number, row in enumerate(facts.rows)
    ]
    console.print_table([Column("row"), *columns, Column(target)], rows)
    if len(facts.features) > MAX_COLUMNS:
        number = f"{len(facts.features):,} features"
        console.print_line(f"the rows show the first {MAX_COLUMNS} of {number} at most (--json)\n")


def _print_features(facts: DatasetFacts) -> None:
    shown = {
        "kind": any(feature.kind != "number" for feature in facts.features),
        "missing": any(feature.num_missing for feature in facts.features),
        "mean": facts.standardized,
        "std": facts.standardized,
    }
    rows = [_feature_cells(feature) for feature in facts.features[:MAX_FEATURES]]
    names = [name for name in rows[0] if shown.get(name, True)]
    columns = [Column(name, 1 if name in {"mean", "std"} else None) for name in names]
    left = 2 if shown["kind"] else 1
    console.print_table(columns, [[row[name] for name in names] for row in rows], left=left)
    for feature in facts.features[:MAX_FEATURES]:
        if feature.categories:
            counts = [f"{name} {count:,}" for name, count in feature.categories.items()]
            more = ["..."] if len(counts) > MAX_CATEGORIES else []
            shown_counts = ", ".join([*counts[:MAX_CATEGORIES], *more])
            console.print_line(f"{feature.name}: {shown_counts}")
    if len(facts.features) > MAX_FEATURES:
        console.print_line(f"and {len(facts.features) - MAX_FEATURES:,} more features (--json)")


def _feature_cells(feature: FeatureFacts) -> dict[str, str]:
    numbers = {
        "min": feature.low,
        "max": feature.high,
        "mean": feature.mean,
        "std": feature.std,
    }
    return {
        "feature": feature.name,
        "kind": feature.kind,
        "missing": f"{feature.num_missing:,}" if feature.num_missing else "",
        **{name: _cell(value, digits=4) for name, value in numbers.items()},
    }


def _cell(value: float | str | None, *, digits: int = 6) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.{digits}g}"


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
