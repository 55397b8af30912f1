"""Other ways in which people and programs write the same word."""

from __future__ import annotations

import contextlib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4\u0060"), "'")
UMLAUTS = str.maketrans(
    {"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00c4": "Ae", "\u00d6": "Oe", "\u00dc": "Ue"}
)
# Of shorter texts, such as the letters of an alphabet, an accent makes others.
MIN_WORD = 3
MIN_INITIALS = 2


def other_spellings(text: str) -> Iterator[str]:
    """Yield how else a text that is not ASCII is written.

    That is without accents, with two letters for an umlaut, and as it was before its UTF-8 was read
    as another encoding.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) < MIN_WORD:
        return
    yield _without_accents(text)
    yield text.translate(UMLAUTS)
    with contextlib.suppress(UnicodeError):
        yield text.encode("cp1252").decode()


def _without_accents(text: str) -> str:
    """Return a text without the accents of Latin letters; in other scripts they make other letters."""
    letters = [unicodedata.normalize("NFD", letter) for letter in text]
    return "".join(
        parts[0] if parts[0].isascii() and all(map(unicodedata.combining, parts[1:])) else letter
        for letter, parts in zip(text, letters, strict=True)
    )


def initials(labels: Collection[str]) -> dict[str, str]:
    """Return the labels whose first letter is a label, too, by that letter: ``{"F": "female"}``.

    Nothing unless each of several such letters begins one other label, and no letter is left.
    """
    letters = [label for label in labels if len(label) == 1 and label.isalpha()]
    words = [label for label in labels if len(label) >= MIN_WORD]
    found = {}
    for letter in letters:
        begun = {word.casefold(): word for word in words if word[0].casefold() == letter.casefold()}
        if len(begun) != 1:
            return {}
        found[letter] = next(iter(begun.values()))
    return found if len({letter.casefold() for letter in letters}) >= MIN_INITIALS else {}
