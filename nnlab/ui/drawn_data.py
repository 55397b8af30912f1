"""Data drawn by hand: points become a table below the folder of the server."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, NamedTuple

from nnlab.errors import ConfigError, StorageError
from nnlab.storage.atomic import located_errors

FOLDER = "drawn"
MAX_POINTS = 2_000
MAX_FILES = 10_000
MIN_POINTS = 4
MAX_CLASSES = 100
MAX_NAME = 60
# A cell that begins like this is a formula to a spreadsheet.
FORMULA = "=+-@"
PLANE = ("x1", "x2", "class")
LINE = ("x", "y")
DIGITS = 7


class Drawing(NamedTuple):
    """Points of the plane with their classes, or numbers with the number to predict.

    Attributes:
        columns: Names of the columns, the target last.
        rows: A cell for each column.
    """

    columns: tuple[str, ...]
    rows: list[tuple[float | str, ...]]

    @property
    def has_classes(self) -> bool:
        """Whether a class is to be predicted."""
        return len(self.columns) == len(PLANE)


def drawing_of(body: dict[str, Any]) -> Drawing:
    """Return the points of a request.

    Raises:
        ConfigError: If they are none.
    """
    points, task = body.get("points"), body.get("task", "classification")
    if task not in {"classification", "regression"}:
        msg = "task must be classification or regression"
        raise ConfigError(msg)
    if not isinstance(points, list) or not MIN_POINTS <= len(points) <= MAX_POINTS:
        msg = f'the body must be {{"points": [...]}}, {MIN_POINTS} to {MAX_POINTS:,}'
        raise ConfigError(msg)
    if task == "regression":
        return Drawing(_names(body, "columns", LINE), [_pair(point) for point in points])
    classes = _names(body, "classes", tuple(f"c{i + 1}" for i in range(MAX_CLASSES)))
    return Drawing(
        _names(body, "columns", PLANE), [_classified(point, classes) for point in points]
    )


def _names(body: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of a request: of all columns, or of any number of classes."""
    names = body.get(key, list(default))
    is_whole = isinstance(names, list) and all(isinstance(name, str) for name in names)
    size = len(names) if is_whole else 0
    is_right = size == len(default) if key == "columns" else 1 <= size <= MAX_CLASSES
    if not is_right or len(set(names)) != size or not all(_is_name(name) for name in names):
        msg = (
            f"{key} must be different names of at most {MAX_NAME} letters, which do not begin with "
            f"a space or one of {FORMULA}; {len(default) if key == 'columns' else 'one to a class'}"
        )
        raise ConfigError(msg)
    return tuple(names)


def _is_name(name: str) -> bool:
    is_plain = name.isprintable() and name == name.strip() and not name.startswith(tuple(FORMULA))
    return 1 <= len(name) <= MAX_NAME and is_plain


def _classified(point: object, classes: tuple[str, ...]) -> tuple[float | str, ...]:
    match point:
        case [x, y, int() as number] if not isinstance(number, bool) and 0 <= number < len(classes):
            return *_pair([x, y]), classes[number]
        case _:
            msg = (
                "a point is [X, Y, CLASS]: two finite numbers, and a whole number from 0 to "
                f"{len(classes) - 1}"
            )
            raise ConfigError(msg)


def _pair(point: object) -> tuple[float, float]:
    match point:
        case [int() | float() as x, int() | float() as y]:  # no JSON has others than finite ones
            return _short(x), _short(y)
        case _:
            msg = "a point is [X, Y]: two finite numbers"
            raise ConfigError(msg)


def _short(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")


def write_drawing(drawing: Drawing, folder: Path) -> Path:
    """Write points to a new file in the folder ``drawn``, and return it relative to the folder.

    Raises:
        StorageError: If there are too many such files, the disk is full, or the folder is a link.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([drawing.columns, *drawing.rows])
    if (folder / FOLDER).is_symlink():
        msg = f"{folder / FOLDER} is a link, and nothing is written elsewhere; remove it"
        raise StorageError(msg)
    (folder / FOLDER).mkdir(exist_ok=True)
    for number in range(1, MAX_FILES):
        path = Path(FOLDER) / f"points-{number}.csv"
        if _write_new(folder / path, stream.getvalue().encode()):
            return path
    msg = f"{folder / FOLDER} has {MAX_FILES:,} files; remove some"
    raise StorageError(msg)


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file unless there is one; of one that cannot be written whole, nothing is left."""
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with located_errors(path, len(content)), file:
            file.write(content)
    except (OSError, StorageError):
        path.unlink()
        raise
    return True


def dataset_of(path: Path, drawing: Drawing) -> dict[str, Any]:
    """Return the section ``dataset`` of an experiment on drawn points."""
    section = {"name": "csv", "path": path.as_posix(), "target": drawing.columns[-1]}
    task = {} if drawing.has_classes else {"task": "regression"}
    return {**section, **task, "standardize": True}
