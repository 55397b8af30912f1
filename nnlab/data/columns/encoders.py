"""From the columns of a table to features: categories, dates and missing cells.

Everything is fitted on training rows, and gives the numbers of scikit-learn's SimpleImputer,
OneHotEncoder and OrdinalEncoder.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlab.config.columns import MISSING_WORDS
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.columns import DatePart, Encode, Kind, Missing
    from nnlab.storage.preprocessing_schema import StoredColumn

MICROSECONDS_PER_DAY = 86_400_000_000
UNKNOWN = -1
# Fields that belong to some kinds of columns only.
FIELDS_OF = {
    "category": {"encode", "categories", "unseen"},
    "date": {"date_format", "date_parts"},
}


@dataclass(frozen=True)
class Column:
    """A column of a table, its cells as float64, and how it becomes features.

    A number is itself, false and true are 0 and 1, a date is days since 1970, a category is its
    number in ``categories``, or -1 if it is not there. NaN is a missing cell.

    Attributes:
        name: Its name.
        kind: What its cells are.
        encode: How a category becomes features.
        missing: What is done about missing cells.
        missing_words: Texts that stand for a missing cell, in lower case.
        date_format: Format of its dates; None for ISO 8601.
        date_parts: Features of each date.
        categories: Its categories in order; once fitted, those of the training rows.
        unseen: Categories that only training rows of other replicas have, by number.
        fill: What replaces a missing cell, once fitted; None if missing cells are refused.
        has_indicator: Whether a feature says which cells were missing.
    """

    name: str
    kind: Kind
    _: KW_ONLY
    encode: Encode = "onehot"
    missing: Missing = "refuse"
    missing_words: tuple[str, ...] = MISSING_WORDS
    date_format: str | None = None
    date_parts: tuple[DatePart, ...] = ("days",)
    categories: tuple[str, ...] = ()
    unseen: tuple[int, ...] = ()
    fill: float | None = None
    has_indicator: bool = False

    @property
    def is_imputed(self) -> bool:
        """Whether missing cells are filled in."""
        return self.missing not in {"refuse", "drop"}

    @property
    def is_plain(self) -> bool:
        """Whether its numbers are its only feature, as they are."""
        return self.kind == "number" and not self.is_imputed

    @property
    def is_continuous(self) -> bool:
        """Whether its values are its only feature, and values between them mean something."""
        return self.kind in {"number", "boolean"} or (
            self.kind == "date" and self.date_parts == ("days",)
        )

    def to_json(self) -> dict[str, Any]:
        """Return its entry in preprocessing.json."""
        skipped = {key for kind, keys in FIELDS_OF.items() if kind != self.kind for key in keys}
        return {key: value for key, value in asdict(self).items() if key not in skipped}

    @classmethod
    def from_json(cls, stored: StoredColumn) -> Column:
        """Return the column of an entry in preprocessing.json.

        Raises:
            ValueError: If the entry contradicts itself.
        """
        column = cls(
            stored["name"],
            stored["kind"],
            encode=stored.get("encode", "onehot"),
            missing=stored["missing"],
            missing_words=tuple(stored["missing_words"]),
            date_format=stored.get("date_format"),
            date_parts=tuple(stored.get("date_parts", ("days",))),
            categories=tuple(stored.get("categories", ())),
            unseen=tuple(stored.get("unseen", ())),
            fill=stored["fill"],
            has_indicator=stored["has_indicator"],
        )
        codes = range(len(column.categories))
        is_right = (
            (column.kind == "category") == bool(column.categories)
            and len(set(column.categories)) == len(codes)
            and bool(column.date_parts)
            and all(code in codes for code in column.unseen)
            and len(set(column.unseen)) < max(len(codes), 1)
            and (column.fill is not None) == column.is_imputed
            and (column.fill in {None, *codes} or column.kind != "category")
            and (column.is_imputed or not column.has_indicator)
        )
        if not is_right:
            msg = f"the entries of column '{column.name[:40]}' contradict each other"
            raise ValueError(msg)
        return column


def cell_of(column: Column, value: float) -> float | str | None:
    """Return a cell as its table has it: a number, a text or a date; None if it is missing."""
    if np.isnan(value):
        return None
    if column.kind == "category":
        return column.categories[int(value)]
    if column.kind == "date":
        moment = np.datetime64(round(value * MICROSECONDS_PER_DAY), "us")
        return str(moment.astype("datetime64[s]")).removesuffix("T00:00:00")
    return value


class Feature(NamedTuple):
    """A feature of a column.

    Attributes:
        name: Its name.
        column: Number of its column.
        is_scaled: Whether it is standardised: not if it is only ever 0 or 1.
    """

    name: str
    column: int
    is_scaled: bool


def features_of(columns: Sequence[Column]) -> list[Feature]:
    """Return the features of fitted columns, in the order of ``encode``."""
    return [feature for i, column in enumerate(columns) for feature in _features(column, i)]


def _features(column: Column, number: int) -> list[Feature]:
    name, is_scaled = column.name, column.kind != "boolean"
    if column.kind == "category" and column.encode == "onehot":
        names, is_scaled = [f"{name}={category}" for category in column.categories], False
    elif column.kind == "date":
        names = [name if part == "days" else f"{name}.{part}" for part in column.date_parts]
    else:
        names = [name]
    features = [Feature(text, number, is_scaled) for text in names]
    indicator = Feature(f"{name} is missing", number, is_scaled=False)
    return [*features, *([indicator] if column.has_indicator else [])]


def fit_columns(
    columns: Sequence[Column], inputs: np.ndarray, train: np.ndarray, *, is_varied: bool
) -> tuple[Column, ...]:
    """Fit categories and what replaces missing cells on the training rows.

    If each replica has its own training rows, the features are those of all rows, so that every
    replica has the same; a category that its training rows lack is still 0 for it.

    Args:
        columns: The columns; their categories are those of all rows.
        inputs: Cells of all rows, ``(N, K)``.
        train: Numbers of the training rows.
        is_varied: Whether each replica has its own training rows.

    Raises:
        DataError: If a column has no value in the training rows.
    """
    return tuple(
        _fit(column, inputs[:, i], train, is_varied=is_varied) for i, column in enumerate(columns)
    )


def _fit(column: Column, values: np.ndarray, train: np.ndarray, *, is_varied: bool) -> Column:
    known = values[train]
    known = known[~np.isnan(known)]
    if not len(known):
        msg = f"the column '{column.name}' has no value in the training rows; see dataset.drop"
        raise DataError(msg)
    fitted = column
    if column.kind == "category":
        fitted, known = _fit_categories(column, known, is_varied=is_varied)
    if not column.is_imputed:
        return fitted
    has_indicator = bool(np.isnan(values if is_varied else values[train]).any())
    return replace(fitted, fill=_fill(fitted, known), has_indicator=has_indicator)


def _fit_categories(
    column: Column, codes: np.ndarray, *, is_varied: bool
) -> tuple[Column, np.ndarray]:
    """Return the column with its categories, and the codes in them."""
    if is_varied:
        unseen = np.setdiff1d(np.arange(len(column.categories)), codes)
        return replace(column, unseen=tuple(unseen.tolist())), codes
    return only_present(column, codes)


def only_present(column: Column, cells: np.ndarray) -> tuple[Column, np.ndarray]:
    """Return a column with the categories that its cells ``(N,)`` have, and the cells in these."""
    if column.kind != "category":
        return column, cells
    is_known = ~np.isnan(cells)
    present, codes = np.unique(cells[is_known].astype(np.int64), return_inverse=True)
    renumbered = np.full(len(cells), np.nan)
    renumbered[is_known] = codes
    return replace(column, categories=tuple(column.categories[i] for i in present)), renumbered


def _fill(column: Column, known: np.ndarray) -> float:
    if column.missing == "most_frequent" or column.kind in {"category", "boolean"}:
        values, counts = np.unique(known, return_counts=True)
        return float(values[counts.argmax()])  # the smallest of equally frequent ones
    with np.errstate(over="ignore", invalid="ignore"):
        fill = float(np.mean(known) if column.missing == "mean" else np.median(known))
    if not np.isfinite(fill):
        msg = f"the column '{column.name}' has values too large for a {column.missing}"
        raise DataError(msg)
    return fill


def recoded(inputs: np.ndarray, columns: Sequence[Column], fitted: Sequence[Column]) -> np.ndarray:
    """Return cells ``(N, K)`` with the numbers that categories have in the fitted columns."""
    changed = inputs
    for i, (column, new) in enumerate(zip(columns, fitted, strict=True)):
        if column.categories == new.categories:
            continue
        changed = inputs.copy() if changed is inputs else changed
        number = {category: code for code, category in enumerate(new.categories)}
        codes = np.array([number.get(category, UNKNOWN) for category in column.categories])
        is_known = ~np.isnan(inputs[:, i]) & (inputs[:, i] != UNKNOWN)
        changed[is_known, i] = codes[inputs[is_known, i].astype(np.int64)]
    return changed


def encode(raw: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Return the features ``(N, D)`` of cells ``(N, K)``, not standardised.

    Raises:
        DataError: If a cell is missing in a column that is not filled in.
    """
    blocks = [_encode(raw[:, i], column) for i, column in enumerate(columns)]
    return np.concatenate(blocks, axis=1, dtype=np.float64)


def _encode(values: np.ndarray, column: Column) -> np.ndarray:
    is_missing = np.isnan(values)
    if is_missing.any() and column.fill is None:
        msg = f"the column '{column.name}' has missing cells; nothing was fitted to fill them in"
        raise DataError(msg)
    filled = values if column.fill is None else np.where(is_missing, column.fill, values)
    block = filled[:, None]
    if column.kind == "category":
        block = _encode_categories(filled, column)
    elif column.kind == "date":
        block = np.column_stack([_part(filled, part) for part in column.date_parts])
    return np.column_stack([block, is_missing]) if column.has_indicator else block


def _encode_categories(codes: np.ndarray, column: Column) -> np.ndarray:
    codes = np.where(np.isin(codes, column.unseen), UNKNOWN, codes)
    if column.encode == "ordinal":
        return codes.reshape(-1, 1)
    is_category: np.ndarray = codes[:, None] == np.arange(len(column.categories))
    return is_category.astype(np.float64)


def _part(days: np.ndarray, part: DatePart) -> np.ndarray:
    """Return a part of dates, ``(N,)``."""
    if part == "days":
        return days
    moments = np.round(days * MICROSECONDS_PER_DAY).astype("datetime64[us]")
    midnights, months = moments.astype("datetime64[D]"), moments.astype("datetime64[M]")
    parts: dict[str, np.ndarray] = {
        "year": moments.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": months.astype(np.int64) % 12 + 1,
        "day": (midnights - months.astype("datetime64[D]")).astype(np.int64) + 1,
        "weekday": (midnights.astype(np.int64) + 3) % 7,  # 1970-01-01 was a Thursday
        "hour": (moments - midnights) // np.timedelta64(1, "h"),
    }
    return parts[part]
