"""Writing predictions as they come: as CSV, as JSON, or as a table on a terminal."""

from __future__ import annotations

import csv
import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from nnlab import console
from nnlab.formatting import Column, csv_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Record = dict[str, Any]

FEW_CLASSES = 3
NOTHING = "-"
# Names of columns in the CSV that those of the input must not hide.
OWN_NAMES = {"file", "row", "class", "value", "note"}


class Sink(Protocol):
    """Where predictions go."""

    def write(self, record: Record) -> None:
        """Take one prediction."""

    def close(self) -> None:
        """Write what is left, after the last one."""


class CSVSink:
    """CSV with every digit, written row by row; texts that would be formulas are defused."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._has_header = False

    def write(self, record: Record) -> None:
        """Write a row, the first one below the names of the columns."""
        cells = dict(_cells(record))
        if not self._has_header:
            self._writer.writerow(map(csv_cell, cells))
            self._has_header = True
        self._writer.writerow(map(csv_cell, cells.values()))

    def close(self) -> None:
        """Do nothing: every row is written."""


class JSONSink:
    """One JSON object, exactly as ``console.print_json`` prints it, written record by record."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self._head = json.dumps(facts, indent=2).removesuffix("\n}") + ',\n  "predictions": ['
        self._is_first = True

    def write(self, record: Record) -> None:
        """Write a record, the first one after what is said of all."""
        sys.stdout.write(self._head if self._is_first else ",")
        self._is_first = False
        text = json.dumps(record, indent=2, allow_nan=False)
        sys.stdout.write("\n" + textwrap.indent(text, "    "))

    def close(self) -> None:
        """Close the object."""
        sys.stdout.write((self._head if self._is_first else "\n  ") + "]\n}\n")


class TableSink:
    """A table for a reader, with short numbers."""

    def __init__(self) -> None:
        self._rows: list[dict[str, str]] = []

    def write(self, record: Record) -> None:
        """Keep a row: the widths of the columns depend on all of them."""
        cells = {name: _short(name, value) for name, value in _cells(record)}
        if len(record.get("probabilities", ())) > FEW_CLASSES:
            # the probability that matters stays on a narrow screen
            best = cells.get(f"p({record['class']})", NOTHING)
            before = {k: v for k, v in cells.items() if not k.startswith("p(") and k != "note"}
            cells = {**before, "p(class)": best, **cells}
        self._rows.append(cells)

    def close(self) -> None:
        """Print the table; a note takes room only if there is one."""
        if not self._rows:
            return
        names = [name for name in self._rows[0] if name != "note"]
        names += ["note"] if any(row.get("note") for row in self._rows) else []
        # On a narrow screen the last classes go first.
        drops = [len(names) - i if name.startswith("p(") else None for i, name in enumerate(names)]
        if "p(class)" in names:
            drops[names.index("p(class)")] = None
        left = next((i for i, name in enumerate(names) if name.startswith("p(")), 1)
        rows = [[row[name] for name in names] for row in self._rows]
        console.print_table([*map(Column, names, drops)], rows, left=left)


def _cells(record: Record) -> Iterator[tuple[str, Any]]:
    """Yield the cells of a row by the names of their columns."""
    for key, value in record.items():
        if key == "probabilities":
            yield from ((f"p({name})", probability) for name, probability in value.items())
        elif key == "input":
            own = OWN_NAMES | {f"p({name})" for name in record.get("probabilities", ())}
            yield from ((f"input.{name}" if name in own else name, value[name]) for name in value)
        else:
            yield key, value


def _short(name: str, value: object) -> str:
    if name == "note":
        return "(!)" if value else ""
    if isinstance(value, float):
        return f"{value:.6f}" if name.startswith("p(") else f"{value:.6g}"
    return NOTHING if value is None else str(value)
