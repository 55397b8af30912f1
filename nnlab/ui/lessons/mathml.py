"""Formulas: MathML in the text of a lesson, as nodes of a closed list of elements."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from nnlab.errors import ConfigError

MATH = re.compile(r"<math[ >].*?</math>", re.DOTALL)
# A letter of the private use area stands for a formula while the Markdown around it is read.
FIRST_MARK = 0xE000
ELEMENTS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msup", "msub", "msubsup"} | {
    "mfrac", "msqrt", "mover", "munder", "munderover", "mtable", "mtr", "mtd"
}  # fmt: skip
ATTRIBUTES = {"display", "stretchy", "mathvariant", "width", "columnalign"}

Node = dict[str, Any]


def take_out(text: str) -> tuple[str, dict[str, Node]]:
    """Return a text with a mark for each formula, and the formulas by their marks.

    Raises:
        ConfigError: If a formula is no XML, or has what is not in the lists.
    """
    formulas: dict[str, Node] = {}

    def replace(match: re.Match[str]) -> str:
        mark = chr(FIRST_MARK + len(formulas))
        formulas[mark] = formula(match[0])
        return mark

    return MATH.sub(replace, text), formulas


def formula(text: str) -> Node:
    """Return the node of one formula; see ``take_out``."""
    try:
        return _node(ET.fromstring(text))
    except ET.ParseError as error:
        msg = f"the formula {text[:60]} is no XML: {error}"
        raise ConfigError(msg) from error


def _node(element: ET.Element) -> Node:
    if element.tag not in ELEMENTS or not set(element.attrib) <= ATTRIBUTES:
        msg = f"<{element.tag} {' '.join(element.attrib)}>: formulas have only {sorted(ELEMENTS)}"
        raise ConfigError(msg)
    children: list[Node | str] = [text] if (text := (element.text or "").strip()) else []
    children += [_node(child) for child in element]
    return {"tag": element.tag, "attributes": dict(element.attrib), "children": children}
