from __future__ import annotations

import math

import pytest

from nnlab.config.messages import Location, SourceText
from nnlab.config.yaml12 import MAX_CHARACTERS, MAX_DEPTH, MAX_DIGITS, parse
from tests.helpers.configs import parsed

SCALARS = {
    # null
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    # bool: only the words of YAML 1.2
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "tRue": "tRue",
    "on": "on",
    "off": "off",
    "On": "On",
    "yes": "yes",
    "no": "no",
    "NO": "NO",
    "y": "y",
    "n": "n",
    # int: no octal by a leading zero, no base 60, no underscores
    "0": 0,
    "-0": 0,
    "+1": 1,
    "-12": -12,
    "010": 10,
    "-010": -10,
    "08": 8,
    "1_000": "1_000",
    "1,000": "1,000",
    "0b1": "0b1",
    "1:30": "1:30",
    "12:30:45": "12:30:45",
    "190:20:30": "190:20:30",
    # float: an exponent needs neither a point nor a sign
    "1e-3": 1e-3,
    "1e3": 1e3,
    "1E+5": 1e5,
    "-2e-2": -2e-2,
    "1.": 1.0,
    ".5": 0.5,
    "-.5": -0.5,
    "+.5e1": 5.0,
    "1.5": 1.5,
    "0.0": 0.0,
    "6.02e23": 6.02e23,
    ".inf": math.inf,
    "-.inf": -math.inf,
    "+.INF": math.inf,
    "1e400": math.inf,
    "1e999999999": math.inf,
    "20:30.15": "20:30.15",
    # neither
    "inf": "inf",
    "nan": "nan",
    ".": ".",
    "+": "+",
    "1e": "1e",
    "e1": "e1",
    "1e1000000000": "1e1000000000",
    "1.2.3": "1.2.3",
    "2024-01-01": "2024-01-01",
    "=": "=",
    "<<": "<<",
    "\u0663": "\u0663",
    "1.\u0663": "1.\u0663",
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items(), ids=map(ascii, SCALARS))
def test_a_plain_scalar_has_the_value_of_yaml_1_2(text: str, value: object) -> None:
    found = parsed(text).value

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number_is_a_float(text: str) -> None:
    assert math.isnan(parsed(text).value)


@pytest.mark.parametrize(
    "text", ["'1e-3'", '"true"', "'null'", "''", '".inf"', "'010'", '"~"', "'1:30'"]
)
def test_a_quoted_scalar_is_text(text: str) -> None:
    assert parsed(text).value == text[1:-1]


def test_scalars_in_a_flow_list_are_resolved_one_by_one() -> None:
    document = parsed("[1, 1e-3, on, true, 010, 1:30, .inf, ~, 'x']")

    assert document.value == [1, 0.001, "on", True, 10, "1:30", math.inf, None, "x"]


def test_keys_stay_text_as_they_are_written() -> None:
    document = parsed("1: a\ntrue: b\nnull: c\n1e-3: d\non: e\n")

    assert document.value == {"1": "a", "true": "b", "null": "c", "1e-3": "d", "on": "e"}


def test_an_integer_may_have_forty_digits() -> None:
    assert parsed("9" * MAX_DIGITS).value == 10**MAX_DIGITS - 1


@pytest.mark.parametrize(
    "text",
    ["1" * 41, "1" * 5000, "-" + "1" * 5000, "0." + "1" * 5000, "1e" + "9" * 5000],
    ids=["41 digits", "5000 digits", "minus 5000 digits", "5000 decimals", "5000 digits exponent"],
)
def test_a_number_that_is_too_long_stays_text(text: str) -> None:
    assert parsed(text).value == text


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "# nothing\n", "---\n", "---\n...\n", "\ufeff"],
    ids=["empty", "blank lines", "comment", "only a start", "start and end", "byte order mark"],
)
def test_a_document_without_content_has_no_value(text: str) -> None:
    assert parsed(text).value is None


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 2\n",
        "a: 1\r\nb: 2\r\n",
        "---\na: 1\nb: 2\n...\n",
        "\ufeffa: 1\nb: 2",
        "{a: 1, b: 2}",
    ],
    ids=["unix", "windows", "markers", "byte order mark", "flow"],
)
def test_one_mapping_may_be_written_in_many_ways(text: str) -> None:
    assert parsed(text).value == {"a": 1, "b": 2}


def test_every_key_and_value_knows_its_place() -> None:
    text = "a:\n  b: [1, 22]\n  cc: word # why\n"
    source = SourceText("e.yaml", text)

    document = parse(text, source)

    assert document.keys["a", "cc"] == Location(source, 2, 2, 2)
    assert document.values["a", "cc"] == Location(source, 2, 6, 4)
    assert document.values["a", "b"] == Location(source, 1, 5, 7)
    assert document.values["a", "b", 1] == Location(source, 1, 9, 2)


def test_the_places_of_an_argument_count_from_its_own_start() -> None:
    source = SourceText("x.y=[1, 2]", "x.y=[1, 2]", is_argument=True)

    document = parse("[1, 2]", source, at=("x", "y"), column=4)

    assert document.values == {
        ("x", "y"): Location(source, 0, 4, 6),
        ("x", "y", 0): Location(source, 0, 5, 1),
        ("x", "y", 1): Location(source, 0, 8, 1),
    }


def test_the_same_key_in_two_mappings_is_not_a_duplicate() -> None:
    assert parsed("a: {x: 1}\nb: {x: 2}\n").value == {"a": {"x": 1}, "b": {"x": 2}}


def test_a_merge_key_merges_nothing() -> None:
    assert parsed("<<: {a: 1}\nb: 2\n").value == {"<<": {"a": 1}, "b": 2}


def test_twenty_levels_are_enough() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH

    value = parsed(text).value

    assert str(value) == text


def test_a_document_may_have_a_hundred_thousand_characters() -> None:
    assert parsed("a: 1 #".ljust(MAX_CHARACTERS, "x")).value == {"a": 1}
