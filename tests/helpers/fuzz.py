"""Files that nobody would write by hand: each is refused by a message, or read as what it says."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
import torch

from nnlab.config.bundled import bundled_configs
from nnlab.config.load import load_config
from nnlab.config.table_format import TableFormat
from nnlab.data.idx import parse_idx
from nnlab.data.tables.reader import read_table
from nnlab.errors import ConfigError, DataError, RunError
from nnlab.storage import checkpoint
from nnlab.storage.run_dir import RunDir
from tests.helpers.damage import NEWEST, save_two, tensor_of
from tests.helpers.damage_bytes import damaged, refused_badly
from tests.helpers.tables import matrix

CORPUS = (
    *(
        "",
        "null",
        "[]",
        "- a",
        "a",
        "a: 1\na: 2",
        "--- {}\n--- {}",
        "{",
        "\t",
        "\0",
        "\ud800",
        "a: \x01",
    ),
    *("&a [*a, *a]", "a: &x [1]\nb: *x", "<<: {a: 1}", "a: !!python/object/apply:os.system [ls]"),
    *(
        "a: !!binary x",
        "!!set {a}",
        "%YAML 9.9\n---\n",
        "a: !!timestamp x",
        "? [a]\n: b",
        "a: 2001-99-99",
    ),
    *(
        "[" * 40_000,
        "{a: " * 10_000,
        "- " * 20_000,
        "a: " + "9" * 40_000,
        "a: 1e999999",
        "a: 0x" + "f" * 40_000,
    ),
    *("\n".join(f"k{i}: 1" for i in range(4000)), "a: 1\n" * 9000, "a: [" + "1," * 24_000 + "]"),
    *(
        "x" * 60_000,
        '"' + "\\n" * 24_000,
        "a: |\n" + " \n" * 20_000,
        "#\n" * 24_000,
        "\ufeff" * 99,
        "\u202e: 1",
    ),
    "\n".join(f"{'&' if i else ''}a{i}: [{f'*a{i - 1},' * 9}]" for i in range(9)),
)
VALUES = (
    *(
        "-1",
        "0",
        "1e400",
        ".nan",
        ".inf",
        "1_0",
        "010",
        "yes",
        "null",
        "''",
        "[]",
        "{}",
        "[[1]]",
        "1e-3",
    ),
    *(
        "9" * 39,
        "9" * 41,
        "-0",
        "\u0661",
        "'\u202e'",
        "x" * 300,
        "12:30:45",
        "2001-01-01",
        "{name: mlp}",
    ),
)
NUMBERS = (
    "1",
    "-2.5",
    "1e3",
    "1_0",
    "nan",
    "inf",
    "\uff11",
    "\u00a01",
    " 1 ",
    "0x1",
    "1e999",
    "",
    "+.5",
    "1.",
    "1e-400",
)


def fuzzed_configs(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many experiment files."""
    path, found = folder / "e.yaml", []
    for text in _configs(count, random.Random(seed)):
        path.write_bytes(text.encode(errors="surrogatepass"))
        problem = refused_badly(lambda: load_config(path) and None, ConfigError)
        found += [f"{problem}: {text[:200]!r}"] if problem else []
    return found


def _configs(count: int, draw: random.Random) -> Iterator[str]:
    texts = [path.read_text() for path in bundled_configs().values()]
    for i in range(count):
        if i < len(CORPUS):
            yield CORPUS[i]
        else:
            lines = draw.choice(texts).splitlines()
            for _ in range(draw.randint(1, 3)):
                _edit_line(lines, draw)
            yield "\n".join(lines)


def _edit_line(lines: list[str], draw: random.Random) -> None:
    index = draw.randrange(len(lines))
    line = lines[index]
    at = draw.randrange(len(line) + 1)
    match draw.randrange(6):
        case 0:
            lines[index] = line[:at] + line[at + 1 :]
        case 1:
            lines[index] = (
                line[:at]
                + draw.choice("abz_:-{}[]&*!|>'\"%@#, \t\n\0\ud800\u202e0123456789")
                + line[at:]
            )
        case 2:
            lines.insert(draw.randrange(len(lines)), line)
        case 3:
            lines[index] = line.replace(line.strip(), draw.choice(CORPUS[:24]))
        case _:
            lines[index] = line.partition(":")[0] + ": " + draw.choice(VALUES)


def fuzzed_idx(count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many IDX files: an array must be what the header says."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        shape = [draw.choice([0, 1, 2, 3, 28, 2**31, 2**32 - 1]) for _ in range(draw.randint(0, 4))]
        magic = [0, 0, draw.choice([8, 8, 8, 9, 11, 12, 13, 14, 10, 255]), len(shape)]
        body = b"".join(size.to_bytes(4, "big") for size in shape)
        content = damaged(bytes(magic) + body + draw.randbytes(min(math.prod(shape), 3000)), draw)
        problem = refused_badly(lambda content=content: _misread_idx(content), DataError)
        found += [f"{problem}: {content[:40]!r}"] if problem else []
    return found


def _misread_idx(content: bytes) -> str | None:
    array = parse_idx(content, "fuzzed")
    said = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(content[3])]
    is_right = list(array.shape) == said and array.tobytes() == content[4 + 4 * content[3] :]
    return None if is_right else f"read as {array.shape}"


def fuzzed_tables(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many CSV files: numbers must be those of ``csv`` and Decimal."""
    draw, path, found = random.Random(seed), folder / "t.csv", []
    for _ in range(count):
        rows = [[draw.choice(NUMBERS[:3]) for _ in range(3)] for _ in range(draw.randint(0, 6))]
        for row in rows:
            if draw.random() < 0.15:
                row[draw.randrange(3)] = draw.choice(NUMBERS)
        text = draw.choice(["\n", "\r\n", "\r"]).join(
            ",".join(row) for row in [["a", "b", "c"], *rows]
        )
        content = draw.choice([b"", b"", b"\xef\xbb\xbf"]) + text.encode()
        content = damaged(content, draw) if draw.random() < 0.5 else content
        path.write_bytes(content)
        problem = refused_badly(lambda content=content: _misread_table(path, content), DataError)
        found += [f"{problem}: {content!r}"] if problem else []
    return found


def _misread_table(path: Path, content: bytes) -> str | None:
    table = read_table(path, TableFormat(delimiter=",", decimal="."))
    values = matrix(table)
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    header, *rows = [row for row in csv.reader(text) if "".join(row).strip()]
    if all(not "".join(row[len(header) :]).strip() for row in rows):
        rows = [row[: len(header)] for row in rows]
    while header[-1] == "" and not any(row[-1].strip() for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    try:
        expected = np.array([[float(Decimal(cell.strip())) for cell in row] for row in rows])
    except InvalidOperation:
        return "a cell that is no number is read as one"
    return None if np.array_equal(values, expected) else f"{values} is not {expected}"


def fuzzed_metrics(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many files of metrics: whole lines stay, nothing is made up."""
    draw, run, found = random.Random(seed), RunDir.create(folder, "fuzzed"), []
    records = [{"epoch": e, "step": e, "seed": 0, "train": {"loss": 0.5}} for e in range(1, 6)]
    lines = [json.dumps(record).encode() for record in records]
    for _ in range(count):
        index = draw.randrange(len(lines))
        changed = damaged(lines[index], draw)
        run.metrics_path.write_bytes(
            b"\n".join([*lines[:index], changed, *lines[index + 1 :], b""])
        )
        kept = [record for i, record in enumerate(records) if i != index]
        problem = refused_badly(lambda kept=kept: _lost(kept, run.metrics), RunError)
        found += [f"{problem}: {changed!r}"] if problem else []
    return found


def _lost(kept: list[dict], metrics: list[dict]) -> str | None:
    missing = [record for record in kept if record not in metrics]
    return f"{missing} is lost" if missing else None


def fuzzed_manifests(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many manifests: tensors must be those of a checkpoint."""
    draw, found = random.Random(seed), []
    save_two(folder)
    path = folder / checkpoint.MANIFEST
    content = path.read_bytes()
    for _ in range(count):
        changed = damaged(content, draw)
        path.write_bytes(changed)
        problem = refused_badly(lambda: _misread_checkpoint(folder), RunError)
        found += [f"{problem}: {changed!r:.300}"] if problem else []
    return found


def _misread_checkpoint(folder: Path) -> str | None:
    loaded = checkpoint.load(folder)
    if loaded is None or loaded.progress["step"] != NEWEST or loaded.log_sizes.metrics != NEWEST:
        return f"{loaded} is not the newest checkpoint"
    return None if torch.equal(loaded.tensors["weights.a"], tensor_of(NEWEST)) else "other tensors"
