"""What a column can hold, and what can be said about it: finite features, or refused by a message."""

from __future__ import annotations

import encodings.aliases
import logging
import random
import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnlab.config.load import config_from_mapping
from nnlab.config.table_format import TableFormat
from nnlab.data.columns.encoders import encode, features_of, fit_columns, recoded
from nnlab.data.columns.kinds import to_days
from nnlab.data.columns.new_rows import read_new_rows
from nnlab.data.columns.reading import read_columns
from nnlab.data.tables.reader import read_table
from nnlab.data.tabular import build_csv
from nnlab.data.types import Preprocessing
from nnlab.errors import ConfigError, DataError
from tests.helpers.damage_bytes import refused_badly

MODEL = {"model": {"name": "logistic"}, "optimizer": {"name": "sgd"}}
CELLS = {
    "number": ("1", "-2.5", "3e4", "0", "1e308", "7"),
    "comma": ("1,5", "2,25", "-3", "1.000,5"),
    "boolean": ("true", "FALSE", "yes", "no", "1", "0"),
    "text": ("Ulm", "ulm ", "gr\u00fcn", "=1+1", "x" * 300, "\u202eabc", "a=b", "{x}", "a,b;c"),
    "date": ("2024-01-31", "1999-12-01 12:30", "0001-01-01", "9999-12-31T23:59:59Z", "2024-02-30"),
    "other date": ("31.01.2024", "3/14/24", "1/2/24", "14-Mar-24", "2024-13"),
    "junk": ("", "NA", "?", "inf", "nan", "1e999", "5 %", "$1", "\\N", "\u0661", "--", "0x1"),
}
NAMES = ("a", "b", "gr\u00f6\u00dfe", "2", "", "Unnamed: 0", "x y", "id", "(file)")
DIRECTIVES = "aAwdbBmyYHIpMSfzZjUWcxXGuV%QE-"
FORMATS = ("%d.%m.%Y", "%m/%d/%y", "%Y %Y", "%", "", "%Q", "[%d", "%d(", "%Y-%m-%dT%H:%M:%S%z")
OPTIONS = {
    "kind": ("number", "boolean", "category", "date", "drop", "auto"),
    "encode": ("onehot", "ordinal"),
    "missing": ("refuse", "drop", "mean", "median", "most_frequent"),
    "date_parts": (["days"], ["year", "month", "day", "weekday", "hour"]),
    "date_format": FORMATS,
}


def fuzzed_columns(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many tables of mixed cells and what is said about them."""
    draw, path, found = random.Random(seed), folder / "c.csv", []
    logging.disable(logging.WARNING)
    for _ in range(count):
        names = draw.sample(NAMES, draw.randint(2, 4))
        write_cells(path, names, draw)
        section = _section(path, names, draw)
        problem = refused_badly(
            lambda section=section, names=names: _misread(path, section, names, draw),
            (ConfigError, DataError),
        )
        found += [f"{problem}: {section} {path.read_text()[:300]!r}"] if problem else []
    logging.disable(logging.NOTSET)
    return found


def write_cells(path: Path, names: Sequence[str], draw: random.Random) -> None:
    kinds = [draw.sample(sorted(CELLS), draw.choice([1, 1, 1, 2])) for _ in names]
    is_messy = draw.random() < 0.5
    rows = [[_cell(kind, draw, is_messy) for kind in kinds] for _ in range(draw.randint(1, 25))]
    lines = ["\t".join(cells) for cells in [names, *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(kinds: Sequence[str], draw: random.Random, is_messy: bool) -> str:
    kind = "junk" if is_messy and draw.random() < 0.05 else draw.choice(kinds)
    return draw.choice(CELLS[kind])


def _section(path: Path, names: Sequence[str], draw: random.Random) -> dict:
    section = {"name": "csv", "path": str(path), "target": draw.choice(names) or "a"}
    section["task"] = draw.choice(["classification", "regression"])
    for key in ("encode", "missing", "date_parts", "date_format"):
        if draw.random() < 0.4:
            section[key] = draw.choice(OPTIONS[key])
    if draw.random() < 0.1:
        chosen = draw.sample(DIRECTIVES, draw.randint(1, 3))
        section["date_format"] = draw.choice([" ", "", "."]).join("%" + c for c in chosen)
    if draw.random() < 0.3:
        section["missing_words"] = draw.sample(["", "NA", "1", "ulm", "\u00df", "x" * 9], 2)
    if draw.random() < 0.2:
        section["drop"] = [draw.choice(NAMES)]
    if draw.random() < 0.2:
        section["kinds"] = draw.sample(OPTIONS["kind"][:4], 2)
    section["columns"] = {
        name: {key: draw.choice(OPTIONS[key]) for key in draw.sample(sorted(OPTIONS), 1)}
        for name in names
        if draw.random() < 0.3 and name != section["target"]
    }
    return section


def _misread(path: Path, section: dict, names: Sequence[str], draw: random.Random) -> str | None:
    config = config_from_mapping({"dataset": section, **MODEL}).dataset
    build_csv(config, path.parent)
    read = read_columns(read_table(path, config.table_format), config, config.target)
    rows = np.arange(len(read.inputs))
    fitted = fit_columns(read.columns, read.inputs, rows, is_varied=False)
    features = encode(recoded(read.inputs, read.columns, fitted), fitted)
    is_right = (
        features.shape == (len(rows), len(features_of(fitted))) and np.isfinite(features).all()
    )
    if not is_right:
        return f"features {features[:3]}"
    write_cells(path, names, draw)
    feature_names = tuple(feature.name for feature in features_of(fitted))
    table = read_table(path, config.table_format)
    new = read_new_rows(table, Preprocessing(feature_names, ("a", "b"), columns=fitted)).values
    is_right = new.shape == (len(table), len(fitted)) and np.isfinite(encode(new, fitted)).all()
    return None if is_right else f"new rows {new[:3]}"


def fuzzed_dates(count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many dates in as many formats: a finite number, or none."""
    draw, found = random.Random(seed), []
    characters = string.digits + "-/.: TZ+,%" + string.ascii_letters
    for _ in range(count):
        kind = draw.choice(["date", "other date", "junk"])
        cell = draw.choice([*CELLS[kind], "".join(draw.choices(characters, k=draw.randint(1, 30)))])
        if draw.random() < 0.5:
            at = draw.randrange(len(cell) + 1)
            cell = cell[:at] + draw.choice(characters) + cell[at + draw.randrange(2) :]
        directives = "".join("%" + draw.choice(DIRECTIVES) for _ in range(draw.randint(0, 3)))
        date_format = draw.choice([None, *FORMATS, directives])
        problem = refused_badly(lambda c=cell, f=date_format: _not_finite(to_days(c, f)), ())
        found += [f"{problem}: {cell!r} {date_format!r}"] if problem else []
    return found


def _not_finite(days: float | None) -> str | None:
    return None if days is None or np.isfinite(days) else f"{days} days"


def fuzzed_encodings(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many files in, or not in, every encoding that Python has."""
    draw, path, found = random.Random(seed), folder / "e.csv", []
    names = sorted({*encodings.aliases.aliases.values(), "utf-8-sig", "idna", "punycode", "utf_16"})
    text = "x,gr\u00f6\u00dfe,y\n1,\u00fc,a\n2,\u65e5\u672c,b\n3,\u20ac,a\n"
    for _ in range(count):
        written = draw.choice(names)
        content = refused_badly(lambda w=written: path.write_bytes(_encoded(text, w)) and None, ())
        if content is not None:
            path.write_bytes(text.encode())
        if draw.random() < 0.5:
            path.write_bytes(path.read_bytes()[: draw.randint(1, 60)] + draw.randbytes(3))
        given = draw.choice([written, "auto", draw.choice(names)])
        problem = refused_badly(lambda g=given: _misread_text(path, g), (ConfigError, DataError))
        found += [f"{problem}: {written} as {given} {path.read_bytes()!r}"] if problem else []
    return found


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, errors="replace")


def _misread_text(path: Path, given: str) -> str | None:
    section = {"name": "csv", "path": str(path), "target": "y", "encoding": given}
    encoding = config_from_mapping({"dataset": section, **MODEL}).dataset.encoding
    table = read_table(path, TableFormat(encoding=encoding, delimiter=",", decimal="."))
    for row in table.rows:
        "\n".join(row).encode()
    return None
