"""Markdown as a tree that a page can draw without trusting it: a closed list of elements, no HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from nnlab.errors import ConfigError
from nnlab.ui.lessons.mathml import take_out

if TYPE_CHECKING:
    from collections.abc import Iterator

ELEMENTS = {"h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "blockquote", "hr"} | {
    "table", "thead", "tbody", "tr", "th", "td"
}  # fmt: skip
# Only pages of this server.
LINK = re.compile(r"/(?:play|lessons|runs|compare|help)(?:[/?#][\w./?#=&,%:\[\]-]*)?")
MARK = re.compile("([\ue000-\uf8ff])")

Node = dict[str, Any]
Tree = list["Node | str"]


def parse(text: str) -> Tree:
    """Return the tree of a text.

    A node is a string, or ``{tag, children}``; ``a`` has ``href``, ``pre`` has ``language``, and
    formulas have ``attributes``.

    Raises:
        ConfigError: If the text has an element that lessons do not use.
    """
    without, formulas = take_out(text)
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return [*_children(SyntaxTreeNode(parser.parse(without)), formulas)]


def _children(node: SyntaxTreeNode, formulas: dict[str, Node]) -> Iterator[Node | str]:
    for child in node.children:
        yield from _nodes(child, formulas)


def _nodes(node: SyntaxTreeNode, formulas: dict[str, Node]) -> Iterator[Node | str]:
    match node.type:
        case "inline":
            yield from _children(node, formulas)
        case "text":
            yield from (formulas.get(part, part) for part in MARK.split(node.content) if part)
        case "softbreak":
            yield "\n"
        case "code_inline":
            yield {"tag": "code", "children": [node.content]}
        case "fence":
            yield {"tag": "pre", "language": node.info.strip(), "children": [node.content]}
        case "link":
            yield {"tag": "a", "href": _href(node), "children": [*_children(node, formulas)]}
        case _ if node.tag in ELEMENTS:
            yield {"tag": node.tag, "children": [*_children(node, formulas)]}
        case _:
            msg = f"lessons have no {node.type}: {str(node.content)[:60]}"
            raise ConfigError(msg)


def _href(node: SyntaxTreeNode) -> str:
    href = str(node.attrs.get("href", ""))
    if not LINK.fullmatch(href):
        msg = f"a lesson links only to pages of this server, not to {href}"
        raise ConfigError(msg)
    return href
