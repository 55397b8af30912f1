"""The labels of classes: their order, those that mean the same, and those that mean nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.columns import MISSING_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnlab.data.types import Examples

NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,6})?")
# Characters that are seen as a hyphen, or as nothing besides those of the category Cf.
DASHES = dict.fromkeys(range(0x2010, 0x2016), "-") | {0x2212: "-"}
UNSEEN = {0x034F, 0x115F, 0x1160, 0x2800, 0x3164, *range(0xFE00, 0xFE10)}
SURROUNDINGS = " .,;:!'\"`()[]\u2018\u2019\u201c\u201d\u00ab\u00bb"
WORDS_FOR_MISSING = frozenset(
    [
        *MISSING_WORDS,
        "n.a.",
        "#na",
        "nat",
        "nil",
        "nothing",
        "void",
        "empty",
        "blank",
        "missing",
        "unknown",
        "undefined",
        "unspecified",
        "unlabeled",
        "unlabelled",
        "unbekannt",
        "not_available",
        "not_applicable",
        "no_data",
        "tbd",
        "??",
        "???",
        "-",
        "--",
        "---",
        ".",
        "..",
        "...",
        "*",
        "/",
        "x.x",
        "1.#ind",
        "1.#qnan",
        "#value!",
        "#ref!",
        "#null!",
        "#div/0!",
        "(null)",
        "(none)",
        "(blank)",
        "(empty)",
        "(missing)",
        "-99",
        "-999",
        "-9999",
    ]
)


def number_of(label: str) -> Decimal | None:
    """Return the number that a label spells, or None if it is another text."""
    return Decimal(label) if NUMBER.fullmatch(label) else None


def in_order(labels: Iterable[str]) -> list[str]:
    """Return different labels in the order of classes: numbers by value, then texts by character."""
    return sorted(set(labels), key=_place)


def _place(label: str) -> tuple[bool, Decimal, str]:
    number = number_of(label)
    return number is None, number or Decimal(0), label


def encode(labels: Sequence[str], class_names: Sequence[str]) -> np.ndarray:
    """Return the class index of each label, ``(N,)`` int64."""
    index = {name: i for i, name in enumerate(class_names)}
    return np.array([index[label] for label in labels], dtype=np.int64)


def reorder(examples: Examples, class_names: Sequence[str]) -> Examples:
    """Return examples whose classes have the order of a stored run, if they are its classes."""
    known = examples.class_names
    if tuple(class_names) == known or sorted(class_names) != sorted(known):
        return examples
    index = encode(known, class_names)
    return replace(examples, class_names=tuple(class_names), targets=index[examples.targets])


def groups_of_same(labels: Sequence[str]) -> list[list[str]]:
    """Return the labels that differ only in case, blanks, unseen characters or spelling."""
    groups: dict[object, list[str]] = {}
    for label in labels:
        groups.setdefault(_meaning(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def missing_words(labels: Iterable[str]) -> list[str]:
    """Return the labels that programs and people write for a missing value."""
    return [label for label in labels if _is_missing(label)]


def quoted(labels: Sequence[str]) -> list[str]:
    """Return labels in quotes, as ASCII if they would look the same."""
    looks = {_visible(label) for label in labels}
    return [repr(label) if len(looks) == len(labels) else ascii(label) for label in labels]


def _is_missing(label: str) -> bool:
    seen = _visible(label).casefold().strip()
    return (
        not seen
        or re.sub(r"[\s_-]+(?=\w)", "_", seen) in WORDS_FOR_MISSING
        or seen in WORDS_FOR_MISSING
    )


def _meaning(label: str) -> object:
    """Return what is left of a label without what readers overlook."""
    seen = _visible(label)
    number = number_of(seen.strip())
    if number is not None:
        return number
    words = re.sub(r"[\s_-]+", " ", seen).strip(SURROUNDINGS)
    return unicodedata.normalize("NFKC", words.casefold()) or seen


def _visible(label: str) -> str:
    """Return a label in one Unicode form, without characters that are not seen."""
    text = unicodedata.normalize("NFKC", label).translate(DASHES)
    return "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace()
        or (unicodedata.category(char) not in {"Cf", "Cc"} and ord(char) not in UNSEEN)
    )
