"""Values as they are compared, stored and shown; nothing here prints."""

from __future__ import annotations

import difflib
import math
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.metrics import is_fraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_WEIGHTS = 24
# Numbers outside these limits are shown with an exponent.
MIN_FIXED, MAX_FIXED = 1e-4, 1e7
_SYNONYMS = {
    "learning_rate": "lr",
    "num_epochs": "epochs",
    "max_epochs": "epochs",
    "hidden_dims": "hidden_sizes",
    "hidden_layer_sizes": "hidden_sizes",
    "l2": "weight_decay",
    "random_state": "seed",
    "gpu": "cuda",
}


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        heading: Its name.
        drop: On a narrow screen the column with 1 goes first, then that with 2; None always stays.
    """

    heading: str
    drop: int | None = None


def flatten(values: Mapping[Any, Any], *, with_lists: bool = False) -> dict[str, Any]:
    """Return the values of nested mappings by their dotted keys.

    Args:
        values: The outermost mapping.
        with_lists: Whether to look into lists, too; the key of an item is its index.
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        nested = dict(enumerate(value)) if with_lists and isinstance(value, list) else value
        if isinstance(nested, dict):
            inner = flatten(nested, with_lists=with_lists)
            flat |= {f"{key}.{name}": item for name, item in inner.items()}
        else:
            flat[str(key)] = value
    return flat


def without_nan(value: Any) -> Any:
    """Return a JSON value with None in place of NaN and infinity, which JSON cannot write."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def said(error: OSError) -> str:
    """Return an error of the operating system as a sentence, without its number."""
    return f"{error.filename or 'a file'} cannot be read or written: {error.strerror or error}"


def clean(text: str) -> str:
    """Return text that cannot control a terminal: control and bidirectional marks are escaped."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
        else character.encode("unicode_escape").decode()
        for character in text
    )


# What spreadsheets take for the start of a formula, the full-width characters of Excel among them.
FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def csv_cell(value: object) -> str:
    """Return a value as CSV that people open: numbers with all their digits, texts never formulas.

    A text that a spreadsheet would run gets a single quote in front; a number, as -1.5, is none.
    """
    if isinstance(value, float):
        return repr(float(value))  # NumPy's own repr names its type
    text = "" if value is None else str(value)
    is_formula = text.lstrip().startswith(FORMULA_STARTS) and not _is_number(text)
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def format_metric(name: str, value: float | None, deviation: float | None = None) -> str:
    """Return a metric for a reader: fractions in per cent, others with four digits."""
    if value is None:
        return "-"
    if is_fraction(name):
        spread = "" if deviation is None else f" +- {100 * deviation:.2f}"
        return f"{100 * value:.2f}{spread} %"
    return significant(value, 4) + ("" if deviation is None else f" +- {significant(deviation, 2)}")


def significant(value: float, digits: int = 3) -> str:
    """Return a number with some significant digits: ``1640``, ``0.0123``; ``1e-07`` if it is tiny."""
    if not math.isfinite(value) or not MIN_FIXED <= abs(value) < MAX_FIXED:
        return f"{value:.{digits}g}" if value else "0"
    exponent = int(f"{abs(value):.{digits - 1}e}".partition("e")[2])
    decimals = digits - 1 - exponent
    shown = f"{round(value, decimals):.{max(decimals, 0)}f}"
    return shown.rstrip("0").rstrip(".") if decimals > 0 else shown


def points(value: float) -> str:
    """Return a fraction in percentage points: two decimals, or more if it would be shown as zero."""
    shown = f"{100 * value:.2f}"
    if float(shown):
        return shown
    return significant(100 * value, 2) if value else "0.00"


def format_fraction(value: float, digits: int = 1) -> str:
    """Return a fraction in per cent."""
    return f"{100 * value:.{digits}f} %"


def format_range(name: str, low: float, high: float) -> str:
    """Return an interval of a metric for a reader: ``92.02 to 99.23 %``, ``0.011 to 0.014``."""
    if is_fraction(name):
        return f"{100 * low:.2f} to {100 * high:.2f} %"
    return f"{significant(low, 4)} to {significant(high, 4)}"


def format_seconds(seconds: float) -> str:
    """Return a time with three digits, in s, ms or us."""
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def format_weights(weights: Mapping[str, float]) -> str:
    """Return ``a 0.5, b 1.5``; of many, the first and how many more there are."""
    shown = [f"{name} {weight:.4g}" for name, weight in weights.items()]
    more = [f"and {len(shown) - MAX_WEIGHTS:,} more"] if len(shown) > MAX_WEIGHTS else []
    return ", ".join(shown[:MAX_WEIGHTS] + more)


def pluralize(number: int, noun: str) -> str:
    """Return ``1 seed``, ``5 seeds``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shorten(words: Sequence[str], limit: int = 12, separator: str = ", ") -> str:
    """Return separated words, at most ``limit`` of them and the number of the others."""
    hidden = len(words) - limit
    return separator.join(words[:limit]) + (f" and {hidden:,} more" if hidden > 0 else "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest known word, else an empty string."""
    near = nearest(word, known)
    return f" (did you mean '{near}'?)" if near is not None else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like a word, or None if none is."""
    words = {word.lower(): word for word in known}
    words |= {synonym: key for synonym, key in _SYNONYMS.items() if key in words.values()}
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None
