"""Data drawn by hand: points become a table below the folder of the server."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

from nnlab.errors import ConfigError, StorageError

FOLDER = "drawn"
MAX_POINTS = 2_000
MAX_FILES = 10_000
MIN_POINTS = 4
COLUMNS = ("x1", "x2")
TARGET = "class"
DIGITS = 6


def points_of(body: dict[str, Any]) -> list[tuple[float, float, str]]:
    """Return the points of a request, each with its class.

    Raises:
        ConfigError: If they are none.
    """
    points = body.get("points")
    if not isinstance(points, list) or not MIN_POINTS <= len(points) <= MAX_POINTS:
        msg = f'the body must be {{"points": [[X, Y, CLASS], ...]}}, {MIN_POINTS} to {MAX_POINTS:,}'
        raise ConfigError(msg)
    return [_point(point) for point in points]


def _point(point: object) -> tuple[float, float, str]:
    match point:
        case [int() | float() as x, int() | float() as y, int() as number] if (
            not isinstance(number, bool)
            and 0 <= number < 100
            and math.isfinite(x)
            and math.isfinite(y)
        ):
            return round(x, DIGITS), round(y, DIGITS), f"c{number + 1}"
        case _:
            msg = "a point is [X, Y, CLASS]: two finite numbers, and a whole number from 0 to 99"
            raise ConfigError(msg)


def write_points(points: list[tuple[float, float, str]], folder: Path) -> Path:
    """Write points to a new file in the folder ``drawn``, and return it relative to the folder.

    Raises:
        StorageError: If there are too many such files.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([(*COLUMNS, TARGET), *points])
    (folder / FOLDER).mkdir(exist_ok=True)
    for number in range(1, MAX_FILES):
        path = Path(FOLDER) / f"points-{number}.csv"
        try:
            with (folder / path).open("x", encoding="utf-8", newline="") as file:
                file.write(stream.getvalue())
        except FileExistsError:
            continue
        return path
    msg = f"{folder / FOLDER} has {MAX_FILES:,} files; remove some"
    raise StorageError(msg)


def dataset_of(path: Path) -> dict[str, Any]:
    """Return the section ``dataset`` of an experiment on drawn points."""
    return {"name": "csv", "path": path.as_posix(), "target": TARGET, "standardize": True}
