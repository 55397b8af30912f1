from __future__ import annotations

import pytest

from nnlab.config.messages import ConfigProblems
from nnlab.config.yaml12 import MAX_CHARACTERS
from tests.helpers.configs import parsed


def refusal(text: str) -> str:
    with pytest.raises(ConfigProblems) as caught:
        parsed(text)
    return str(caught.value)


def test_a_duplicate_key_is_reported_with_both_lines() -> None:
    message = refusal("a: 1\nb: 2\na: 3\n")

    assert message == (
        "e.yaml:3:1: a: duplicate key, first used in line 1\n    3 | a: 3\n      | ^"
    )


def test_every_duplicate_key_is_reported() -> None:
    message = refusal("a:\n  b: 1\n  b: 2\nc: {d: 1, d: 2}\na: 3\n")

    assert [line for line in message.splitlines() if line.startswith("e.yaml")] == [
        "e.yaml:3:3: a.b: duplicate key, first used in line 2",
        "e.yaml:4:11: c.d: duplicate key, first used in line 4",
        "e.yaml:5:1: a: duplicate key, first used in line 1",
    ]


@pytest.mark.parametrize(
    "text",
    ["1: a\n'1': b\n", 'true: a\n"true": b\n', "{a: 1, 'a': 2}"],
    ids=["number and text", "bool and text", "plain and quoted"],
)
def test_a_key_is_a_duplicate_however_it_is_quoted(text: str) -> None:
    assert "duplicate key, first used in line 1" in refusal(text)


ALIASES = "anchors and aliases are not allowed"
TAGS = "tags are not allowed"


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        pytest.param("a: &x 1\n", "1:4", ALIASES, id="anchor of a scalar"),
        pytest.param("a: &x {b: 1}\n", "1:4", ALIASES, id="anchor of a mapping"),
        pytest.param("- 1\n- &x [1]\n", "2:3", ALIASES, id="anchor of a list"),
        pytest.param("&x a: 1\n", "1:1", ALIASES, id="anchor of a key"),
        pytest.param("a: 1\nb: *x\n", "2:4", ALIASES, id="alias"),
        pytest.param("*x : 1\n", "1:1", ALIASES, id="alias as a key"),
        pytest.param("base: &b {x: 1}\na:\n  <<: *b\n", "1:7", ALIASES, id="merge"),
        pytest.param("a: !!str 1\n", "1:4", TAGS, id="tag of a scalar"),
        pytest.param("a: !x [1]\n", "1:4", TAGS, id="tag of a list"),
        pytest.param("! a: 1\n", "1:1", TAGS, id="tag of a key"),
        pytest.param("!!set {a}\n", "1:1", TAGS, id="tag of a mapping"),
        pytest.param("!!python/object/apply:os.system [ls]\n", "1:1", TAGS, id="python"),
        pytest.param("!!binary aGk=\n", "1:1", TAGS, id="binary"),
        pytest.param("%TAG ! tag:x:\n---\n!a b\n", "3:1", TAGS, id="own tag"),
    ],
)
def test_aliases_anchors_and_tags_are_refused(text: str, place: str, why: str) -> None:
    message = refusal(text)

    assert message.splitlines()[0] == f"e.yaml:{place}: {why}"


def test_aliases_that_would_multiply_are_refused_before_they_do() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]

    assert ALIASES in refusal("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        pytest.param("[" * 21 + "]" * 21, 21, id="21 lists"),
        pytest.param("[" * 3000 + "]" * 3000, 21, id="3000 lists"),
        pytest.param("[" * 45_000, 21, id="45000 open lists"),
        pytest.param("{a: " * 21 + "1" + "}" * 21, 78, id="21 mappings"),
        pytest.param("- " * 3000 + "x", 41, id="3000 block lists"),
        pytest.param("? " * 3000, 41, id="3000 keys in keys"),
    ],
)
def test_deeper_nesting_is_refused(text: str, column: int) -> None:
    message = refusal(text)

    assert message.splitlines()[0] == f"e.yaml:1:{column}: nested deeper than 20 levels"


def test_a_longer_document_is_refused() -> None:
    message = refusal("a: 1 #".ljust(MAX_CHARACTERS + 1, "x"))

    assert message.startswith("e.yaml:1:1: longer than 50,000 characters")


def test_a_second_document_is_refused_where_it_begins() -> None:
    message = refusal("a: 1\n---\nb: 2\n")

    assert message == "e.yaml:2:1: but found another document\n    2 | ---\n      | ^"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("a:\n\tb: 1\n", "2:1", id="tab as indentation"),
        pytest.param("a: 1\nb: [1, 2\n", "3:1", id="open list"),
        pytest.param("a: {b: 1\n", "2:1", id="open mapping"),
        pytest.param("a: ]\n", "1:4", id="closed but not open"),
        pytest.param("a: 'x\n", "2:1", id="open quote"),
        pytest.param("a b: c: d\n", "1:7", id="two colons"),
        pytest.param("a: 1\n b: 2\n", "2:3", id="wrong indentation"),
        pytest.param("a: @x\n", "1:4", id="reserved at"),
        pytest.param("a: `x`\n", "1:4", id="reserved backtick"),
        pytest.param(": 1\n", "1:1", id="no key"),
        pytest.param("a: |99\n  x\n", "1:6", id="wrong block indicator"),
        pytest.param('a: "\\q"\n', "1:6", id="unknown escape"),
        pytest.param('a: "\\xZZ"\n', "1:7", id="escape that is not hexadecimal"),
        pytest.param("%YAML 2.0\n---\na: 1\n", "1:1", id="another YAML version"),
        pytest.param("{[1]: 2}", "1:2", id="list as a key"),
        pytest.param("? {a: 1}\n: 2\n", "1:3", id="mapping as a key"),
    ],
)
def test_a_syntax_error_is_reported_with_its_place(text: str, place: str) -> None:
    message = refusal(text)

    assert message.startswith(f"e.yaml:{place}: ")


@pytest.mark.parametrize(
    "character",
    ["\0", "\x07", "\x1b", "\x7f", "\x9b", "\ud800", "\ufffe"],
    ids=ascii,
)
def test_a_character_yaml_does_not_allow_is_refused(character: str) -> None:
    message = refusal(f"a: {character}")

    assert "special characters are not allowed" in message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('a: "\\U00110000"\n', id="escape beyond Unicode"),
        pytest.param('a: "\\Uffffffff"\n', id="escape far beyond Unicode"),
        pytest.param(f"%YAML {'9' * 5000}.1\n---\na: 1\n", id="version of 5000 digits"),
        pytest.param(f"%YAML 1.{'9' * 5000}\n---\na: 1\n", id="subversion of 5000 digits"),
    ],
)
def test_a_value_the_parser_cannot_convert_is_refused(text: str) -> None:
    assert refusal(text).startswith("e.yaml:")


def test_a_list_as_a_key_is_reported_in_plain_words() -> None:
    message = refusal("a:\n  [1, 2]: 3\n")

    assert message == (
        "e.yaml:2:3: a: a key must be a plain word\n    2 |   [1, 2]: 3\n      |   ^^^^^^"
    )


def test_a_long_line_is_not_shown_whole_for_every_problem_in_it() -> None:
    text = "{" + "a: 1, " * 301 + "}"

    message = refusal(text)

    assert message.count("duplicate key") == 50
    assert message.endswith("... and 250 more")
    assert len(message) < 300 * 1000
