"""Editing a text and parsing it gives what parsing it and setting the key gives; comments survive."""

from __future__ import annotations

import contextlib
import re

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlab.config.bundled import bundled_configs
from nnlab.config.editing import remove_key, set_key
from nnlab.config.messages import SourceText
from nnlab.config.yaml12 import _Dumper, copied, parse
from nnlab.errors import ConfigError

WORDS = st.sampled_from(["name", "lr", "size.cm", "a b", "on", "2", "x:y", "#a"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text("ab1:#,{}[]'\"\\ \n-", max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)
SECTIONS = st.dictionaries(WORDS, VALUES, max_size=4)
BUNDLED = [path.read_text() for path in bundled_configs().values()]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw an experiment: bundled, or any mapping in any of YAML's layouts, with comments."""
    if draw(st.booleans()):
        return draw(st.sampled_from(BUNDLED))
    style = draw(st.sampled_from([None, False, True]))
    text = yaml.dump(
        draw(SECTIONS), Dumper=_Dumper, default_flow_style=style, width=draw(st.sampled_from([20, 80]))
    )  # fmt: skip
    lines = text.splitlines(keepends=True)
    for at in draw(st.lists(st.integers(0, len(lines)), max_size=3)):
        commented = [*lines[:at], f"# note {at}\n", *lines[at:]]
        with contextlib.suppress(ConfigError):  # within quotes it is none
            is_same = read("".join(commented)) == read("".join(lines))
            lines = commented if is_same else lines
    return "".join(lines).replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def read(text: str) -> dict:
    return parse(text, SourceText("x", text)).value or {}


def with_key(value: dict, path: tuple[str, ...], new: object) -> dict:
    changed = copied(value)
    node = changed
    for key in path[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    node[path[-1]] = new
    return changed


def notes(text: str) -> list[str]:
    return re.findall("# note [0-9]+", text)


@settings(deadline=None)
@given(texts(), st.lists(WORDS, min_size=1, max_size=3), VALUES)
def test_edit_then_parse_is_parse_then_set(text: str, path: list[str], value: object) -> None:
    before = read(text)
    edited = set_key(text, tuple(path), value)
    assert read(edited) == with_key(before, tuple(path), value)


@settings(deadline=None)
@example(text="a b:\n- null\n# note 2\n- []\n", path=["a b", "name"], value=None)
@given(texts(), st.lists(WORDS, min_size=1, max_size=3), SCALARS)
def test_comments_survive_a_scalar(text: str, path: list[str], value: object) -> None:
    replaced = read(text)
    for key in path:
        if isinstance(replaced, dict):
            replaced = replaced.get(key)
    edited = set_key(text, tuple(path), value)
    if not isinstance(replaced, dict | list):  # comments inside what is replaced go with it
        assert notes(edited) == notes(text)


@settings(deadline=None)
@given(texts(), st.data())
def test_remove_then_parse_is_parse_then_delete(text: str, data: st.DataObject) -> None:
    value = read(text)
    path, node = [], value
    while isinstance(node, dict) and node and (not path or data.draw(st.booleans())):
        path.append(data.draw(st.sampled_from(sorted(node))))
        above, node = node, node[path[-1]]
    if path:
        edited = remove_key(text, tuple(path))
        del above[path[-1]]
        assert read(edited) == value
