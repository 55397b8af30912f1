"""Tables in every dialect: read right if whole, and read or refused by a message if damaged."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import random
import zipfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlab.config.table_format import TableFormat
from nnlab.data.tables.reader import read_parts, read_table
from nnlab.errors import DataError
from tests.helpers.damage_bytes import damaged, refused_badly
from tests.helpers.tables import matrix

NAMES = ("a", "größe", "name with blanks", "2", "x\u00a0y", "№")
PLAIN_NAMES = tuple(name for name in NAMES if not name.isdecimal())
TITLES = ("Report of 2024", "# made by hand, on 1.5.", '"quoted, with a comma"', "")
TEXTS = ("a", "b, c", 'say "x"', "two\nlines", "ünï", "-", "#", "'", "x;y|z\tw")
STYLES = ((".", None), (",", None), (",", "."), (".", ","), (".", "'"), (",", " "))


class _Written(NamedTuple):
    content: bytes
    given: TableFormat
    values: np.ndarray
    texts: list[str]


def fuzzed_dialects(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many tables, half of them damaged."""
    draw, path, found = random.Random(seed), folder / "d.csv", []
    for _ in range(count):
        table = _write(draw)
        if is_damaged := draw.random() < 0.5:
            table = table._replace(content=damaged(table.content, draw))
        path.write_bytes(table.content)
        act = partial(_use, path, table.given) if is_damaged else partial(_misread, path, table)
        problem = refused_badly(act, DataError if is_damaged else ())
        found += [f"{problem}: {table.given} {table.content!r}"] if problem else []
    return found


def _use(path: Path, given: TableFormat) -> None:
    for part in read_parts(path, given):
        list(part.rows)
    table = read_table(path, given)
    matrix(table)


def _misread(path: Path, table: _Written) -> str | None:
    """Return how a whole table was not read as what was written."""
    read = read_table(path, table.given)
    if not np.array_equal(matrix(read, read.columns[:-1]), table.values):
        return f"other numbers: {list(read.rows)}"
    parts = [row for part in read_parts(path, table.given) for row in part.rows]
    is_right = read.texts(read.columns[-1]) == table.texts and parts == list(read.rows)
    return None if is_right else f"other rows: {list(read.rows)}"


def _write(draw: random.Random) -> _Written:
    """Return a table of numbers and a last column of texts, in a random dialect."""
    decimal, thousands = draw.choice(STYLES)
    delimiter = draw.choice([";", "\t", "|"] if "," in {decimal, thousands} else [",", ";", "\t"])
    titles = draw.sample(TITLES, draw.choice([0, 0, 0, 1, 3]))
    escape = draw.choice([None, None, None, "\\"])
    known = PLAIN_NAMES if titles else NAMES
    names = draw.sample(known, draw.randint(2, len(known)))
    num_rows = draw.randint(3, 8)
    values = np.array([[_number(draw) for _ in names[:-1]] for _ in range(num_rows)])
    texts = [draw.choice(TEXTS) for _ in range(num_rows)]
    ending = draw.choice(["\n", "\r\n"])
    file = io.StringIO(newline="")
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.writer(
        file,
        delimiter=delimiter,
        lineterminator=ending,
        quoting=quoting,
        escapechar=escape,
        doublequote=escape is None,
    )
    file.write("".join(f"{title}{ending}" for title in titles))
    end = [""] * draw.choice([0, 0, 0, 1, 2])
    if quoting == csv.QUOTE_ALL:
        end = []
    writer.writerow(names + end)
    for row, text in zip(values, texts, strict=True):
        writer.writerow([*(_styled(value, decimal, thousands) for value in row), text, *end])
        if draw.random() < 0.1:
            file.write(draw.choice(["", "   ", delimiter * len(names)]) + ending)
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
    is_named = encoding == "utf-16-le"
    given = TableFormat(
        delimiter=delimiter,
        decimal=decimal,
        thousands=thousands,
        encoding=encoding if is_named else "auto",
        escape=escape,
    )
    return _Written(_packed(file.getvalue().encode(encoding), draw), given, values, texts)


def _number(draw: random.Random) -> float:
    return draw.choice([draw.gauss(0, 1), draw.gauss(0, 1e7), draw.randint(-5, 99), 1e300])


def _styled(value: float, decimal: str, thousands: str | None) -> str:
    text = f"{value:,}" if thousands and abs(value) < 1e15 else repr(float(value))
    marks = {",": thousands or "", ".": decimal}
    return "".join(marks.get(character, character) for character in text)


def _packed(content: bytes, draw: random.Random) -> bytes:
    def as_zip(content: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", content)
        return file.getvalue()

    pack = draw.choice([bytes] * 6 + [gzip.compress, bz2.compress, lzma.compress, as_zip])
    return pack(content)


def fuzzed_parquet(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many damaged Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, path, found = random.Random(seed), folder / "t.parquet", []
    columns = {"x": [1.5, None, 3.0] * 9, "n": [*range(27)], "s": ["a", "ü", None] * 9}
    contents = []
    for compression in ("none", "snappy", "gzip", "zstd"):
        pq.write_table(pa.table(columns), path, compression=compression)
        contents.append(path.read_bytes())
    for _ in range(count):
        content = damaged(draw.choice(contents), draw)
        path.write_bytes(content)
        problem = refused_badly(lambda: _use(path, TableFormat()), DataError)
        found += [f"{problem}: {content!r:.300}"] if problem else []
    return found
