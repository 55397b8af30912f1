"""Tables, as bytes and as files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

PLAIN = b"X1,X2,colour\n0.1,-2,red\n3e-1,4.,blue\n.5,+6E2,red\n"


def write_table(path: Path, columns: list[str], rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def matrix(table, columns=None) -> np.ndarray:
    """Return columns of a table as numbers, ``(N, D)``; default: all."""
    return np.stack([table.numbers(column) for column in columns or table.columns], axis=1)
