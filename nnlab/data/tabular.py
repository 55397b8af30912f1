"""Tables: the user's CSV file, and scikit-learn's digits."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.types import Examples
from nnlab.errors import DataError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.datasets import DigitsConfig
    from nnlab.config.tables import CSVConfig

# float() would also accept nan, inf, 1_000 and digits of other scripts.
NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*", re.ASCII)
MAX_SHOWN = 40


@dataclass(frozen=True)
class Table:
    """A CSV file: its column names and rows of cells; row i is on line ``lines[i]``."""

    path: str
    columns: list[str]
    rows: list[list[str]]
    lines: list[int]
    sha256: str

    def texts(self, column: str) -> list[str]:
        """Return the cells of a column, none of them empty.

        Raises:
            DataError: If there is no such column, or a cell is empty.
        """
        self.check_column(column)
        index = self.columns.index(column)
        cells = [row[index].strip() for row in self.rows]
        if "" in cells:
            self._fail(cells.index(""), column, "the cell is empty")
        return cells

    def numbers(self, column: str) -> np.ndarray:
        """Return the cells of a column as float64, ``(N,)``.

        Raises:
            DataError: If there is no such column, or a cell is not a finite number.
        """
        cells = self.texts(column)
        for row, cell in enumerate(cells):
            if not NUMBER.fullmatch(cell):
                self._fail(row, column, f"{cell[:MAX_SHOWN]!r} is not a number")
        values = np.array(cells, dtype=np.float64)
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            self._fail(row, column, f"{cells[row][:MAX_SHOWN]!r} is too large")
        return values

    def matrix(self, columns: Sequence[str]) -> np.ndarray:
        """Return several columns as float64, ``(N, D)``; see ``numbers``."""
        return np.column_stack([self.numbers(column) for column in columns])

    def matching(self, names: Sequence[str]) -> list[str]:
        """Return the columns of names, ignoring case where a name itself is no column.

        Args:
            names: Names of columns; one without a match comes back as it is.
        """
        missing = [name for name in names if name not in self.columns]
        others = [column for column in self.columns if column not in names]
        return [
            (_only_alike(name, missing) and _only_alike(name, others)) or name for name in names
        ]

    def check_column(self, column: str) -> None:
        """Check that a column exists.

        Raises:
            DataError: If it does not.
        """
        if column not in self.columns:
            hint = did_you_mean(column, self.columns) if len(self.columns) > 1 else ""
            columns = ", ".join(self.columns)
            msg = f"{self.path}: there is no column '{column}'{hint}; columns: {columns}"
            raise DataError(msg)

    def _fail(self, row: int, column: str, problem: str) -> None:
        msg = f"{self.path}, line {self.lines[row]}, column '{column}': {problem}"
        raise DataError(msg)


def _only_alike(name: str, others: Sequence[str]) -> str:
    """Return the only one of the others that is the name but for case; empty if there is none."""
    alike = [other for other in others if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else ""


def read_table(path: str | Path, delimiter: str = ",") -> Table:
    """Read a CSV file with a header line.

    Raises:
        DataError: If it is missing or not UTF-8, or has no header, no rows or a ragged row.
    """
    try:
        content = Path(path).read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError as error:
        msg = f"there is no file {path} (relative to the folder {Path.cwd()})"
        raise DataError(msg) from error
    except IsADirectoryError as error:
        msg = f"{path} is a folder, not a CSV file"
        raise DataError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text: {error}"
        raise DataError(msg) from error
    except ValueError as error:
        msg = f"invalid file name {path!r}: {error}"
        raise DataError(msg) from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        numbered = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: {error}"
        raise DataError(msg) from error
    return _checked_table(str(path), numbered, hashlib.sha256(content).hexdigest())


def _checked_table(path: str, numbered: list[tuple[int, list[str]]], sha256: str) -> Table:
    if len(numbered) < 2:
        msg = f"{path}: needs a header line and at least one row"
        raise DataError(msg)
    columns = [name.strip() for name in numbered[0][1]]
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        msg = f"{path}, line {numbered[0][0]}: two columns are called '{twice}'"
        raise DataError(msg)
    for line, row in numbered[1:]:
        if len(row) != len(columns):
            msg = f"{path}, line {line}: {len(row)} cells, but the header has {len(columns)}"
            raise DataError(msg)
    lines, rows = zip(*numbered[1:], strict=True)
    return Table(path, columns, list(rows), list(lines), sha256)


def build_csv(config: CSVConfig, _root: Path) -> Examples:
    """Return the rows of the user's table.

    Raises:
        DataError: If a cell is missing or not a number, or there is only one class.
    """
    table = read_table(config.path, config.delimiter)
    table.check_column(config.target)
    features = config.features or tuple(c for c in table.columns if c != config.target)
    if config.target in features:
        msg = f"{config.path}: the target '{config.target}' is among the features"
        raise DataError(msg)
    if len(set(features)) < len(features):
        msg = f"{config.path}: dataset.features lists a column twice"
        raise DataError(msg)
    if not features:
        msg = f"{config.path}: there is no feature column besides the target '{config.target}'"
        raise DataError(msg)
    inputs = table.matrix(features)
    if config.task == "regression":
        return Examples(
            inputs, table.numbers(config.target), feature_names=features, sha256=table.sha256
        )
    labels = table.texts(config.target)
    class_names = sorted(set(labels))
    if len(class_names) < 2:
        msg = f"{config.path}: column '{config.target}' has only one class, '{class_names[0]}'"
        raise DataError(msg)
    index = {name: i for i, name in enumerate(class_names)}
    targets = np.array([index[label] for label in labels], dtype=np.int64)
    return Examples(
        inputs,
        targets,
        class_names=tuple(class_names),
        feature_names=features,
        sha256=table.sha256,
    )


def build_digits(_config: DigitsConfig, _root: Path) -> Examples:
    """Return scikit-learn's digits, ``(1797, 1, 8, 8)``, scaled from 0..16 to 0..1."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    inputs = digits.images[:, None] / 16  # (N, 1, 8, 8)
    return Examples(
        inputs,
        digits.target.astype(np.int64),
        class_names=tuple("0123456789"),
        sha256=hashlib.sha256(inputs.tobytes()).hexdigest(),
    )
