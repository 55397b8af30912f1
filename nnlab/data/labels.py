"""The labels of classes: their order, those that mean the same, and those that mean nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.columns import MISSING_WORDS
from nnlab.data.columns.kinds import BOOLEANS
from nnlab.data.spellings import APOSTROPHES, initials, other_spellings
from nnlab.data.tables.header import plain_name
from nnlab.formatting import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from nnlab.data.types import Examples

NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,6})?")
# Characters that are seen as a hyphen, or as nothing besides those of the category Cf.
DASHES = dict.fromkeys(range(0x2010, 0x2016), "-") | {0x2212: "-"}
UNSEEN = {0x034F, 0x115F, 0x1160, 0x2800, 0x3164, *range(0xFE00, 0xFE10)}
# Letters of other scripts that look like Latin ones, and the i of Turkish.
LOOKS = str.maketrans(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf"
    "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u04c0"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d\u0131\u0130",
    "ABEZHIKMNOPTYXvoSIJABEKMHOPCTYXIaeopcyxsijhldqwiI",
)  # fmt: skip
BRACKETED = re.compile(r"[(\[<{]\s*(\w[^)\]>}]*?)\s*[)\]>}]")
# What programs write for a missing number: -99, 9999.
SENTINEL = re.compile(r"-9+|9{4,}")
SURROUNDINGS = " .,;:!'\"`()[]\u2018\u2019\u201c\u201d\u00ab\u00bb"
TRUTH_WORDS: dict[object, str] = {
    **{word: word for word in BOOLEANS},
    Decimal(0): "0",
    Decimal(1): "1",
}
# Comparing more pairs of texts letter by letter takes seconds.
MAX_PAIRS = 20_000
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
        "-1.#ind",
        "k.a.",
        "k._a.",
        "keine_angabe",
        "s/o",
        "sin_datos",
        "non_disponibile",
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


def as_known(texts: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Return the labels of texts that are the same on paper: in Unicode form, blanks, invisible marks.

    Args:
        texts: Texts; one that is no label in any form is left out.
        labels: The labels; one is its own, and of two that are the same on paper none is another's.
    """
    known = {label: label for label in labels}
    forms = Counter(map(plain_name, known))
    plain = {form: label for label in known if forms[form := plain_name(label)] == 1}
    found = {text: known.get(text, plain.get(plain_name(text))) for text in texts}
    return {text: label for text, label in found.items() if label is not None}


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
    """Return the labels that differ only in what readers overlook, or spell the same truth value."""
    same: dict[object, object] = {}

    def root(meaning: object) -> object:
        while (other := same.setdefault(meaning, meaning)) != meaning:
            meaning = other
        return meaning

    meanings = {label: _meaning(label) for label in labels}
    truths = _truths(meanings)
    words = {label: meanings[word] for label, word in initials(labels).items()}
    for label, meaning in meanings.items():
        for other in (*_looks(label), truths.get(label, meaning), words.get(label, meaning)):
            if other != meaning:
                same[root(other)] = root(meaning)
    groups: dict[object, list[str]] = {}
    for label, meaning in meanings.items():
        groups.setdefault(root(meaning), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _truths(meanings: Mapping[str, object]) -> dict[str, object]:
    """Return the truth values that labels spell; none if most labels are others.

    A letter or a digit is one only beside a whole word such as ``yes``.
    """
    words = {label: TRUTH_WORDS.get(meaning) for label, meaning in meanings.items()}
    found = {label: BOOLEANS[word] for label, word in words.items() if word is not None}
    spelled = {value for label, value in found.items() if len(words[label] or "") > 1}
    if 2 * len(found) <= len(meanings):
        return {}
    return {label: ("truth", value) for label, value in found.items() if value in spelled}


def most_likely(texts: Collection[str], labels: Sequence[str]) -> dict[str, str]:
    """Return the label that each text may mean: one that is the same to a reader, else the nearest.

    Args:
        texts: Different texts that are no labels.
        labels: Different labels.
    """
    known = set(labels)
    found: dict[str, str | None] = {}
    for group in groups_of_same([*labels, *texts]):
        found |= dict.fromkeys(group, next((text for text in group if text in known), None))
    if len(texts) * len(labels) <= MAX_PAIRS:
        found |= {text: nearest(text, labels) for text in texts if found.get(text) is None}
    return {text: label for text in texts if (label := found.get(text)) is not None}


def with_hints(texts: Collection[str], labels: Sequence[str]) -> dict[str, str]:
    """Return texts that are no labels in quotes, each with the label that it may mean."""
    meant = most_likely(texts, labels)
    shown = {text: repr(text) for text in texts}
    for text, label in meant.items():
        quotes, known = quoted([text, label])
        shown[text] = f"{quotes} (did you mean {known}?)"
    return shown


def missing_words(labels: Iterable[str]) -> list[str]:
    """Return the labels that programs and people write for a missing value."""
    return [label for label in labels if _is_missing(label)]


def quoted(labels: Sequence[str]) -> list[str]:
    """Return labels in quotes, as ASCII if they would look the same."""
    looks = {_visible(label).translate(LOOKS) for label in labels}
    return [repr(label) if len(looks) == len(labels) else ascii(label) for label in labels]


def _is_missing(label: str) -> bool:
    seen = _visible(label).casefold().strip()
    bracketed = BRACKETED.fullmatch(seen)
    spellings = {seen, bracketed[1] if bracketed else seen}
    spellings |= {re.sub(r"[\s_-]+(?=\w)", "_", spelling) for spelling in spellings}
    return not seen or not WORDS_FOR_MISSING.isdisjoint(spellings) or bool(SENTINEL.fullmatch(seen))


def _meaning(label: str) -> object:
    """Return what is left of a label without what readers overlook."""
    return _told(_visible(label))


def _looks(label: str) -> Iterator[object]:
    """Yield the meanings of a label in Latin letters where others look like them, and in other spellings."""
    if not label.isascii():
        yield _told(_visible(label).translate(LOOKS))
        yield from map(_meaning, other_spellings(label))


def _told(seen: str) -> object:
    number = number_of(seen.strip())
    if number is not None:
        return number
    words = re.sub(r"[\s_-]+", " ", seen).strip(SURROUNDINGS).translate(APOSTROPHES)
    return unicodedata.normalize("NFKC", words.casefold()) or seen


def _visible(label: str) -> str:
    """Return a label in one Unicode form, without characters that are not seen."""
    if label.isascii() and label.isprintable():
        return label
    text = unicodedata.normalize("NFKC", label).translate(DASHES)
    return "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace()
        or (unicodedata.category(char) not in {"Cf", "Cc"} and ord(char) not in UNSEEN)
    )
