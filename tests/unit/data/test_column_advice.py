"""What messages about columns advise works when it is pasted into a shell."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

from nnlab.config.load import config_from_mapping
from nnlab.data.columns.reading import read_columns
from nnlab.data.tables.table import Table
from nnlab.errors import DataError

NAMES = [
    *("age", "a.b", "size in cm", "a.b=c.d", "x[0]", "{unit}", "it's", "größe", "", "a,b", "#id"),
    *("null", "1.5", "kind", "$HOME `id`", "a\\nb", "a: b", "size.kind", "'quoted'", '"quoted"'),
    *("a\nb", "[x", "a;b", "*"),
]
SOME = [*"ab" * 12]
COLUMNS = {
    "wrong": [*"123456789ab", "old"] * 2,
    "missing": ["1", "NA", "3"] * 8,
    "dates": [f"{13 + i % 8:02}.01.{1950 + i}" for i in range(23)] + ["13.01.1950"],
    "texts": [f"text {i}" for i in range(23)] + ["text 0"],
}


def config(overrides, target):
    dataset = {"name": "csv", "path": "t.csv", "target": target, "drop": ["id"]}
    experiment = {"dataset": dataset, "model": {"name": "logistic"}, "optimizer": {"name": "sgd"}}
    return config_from_mapping(experiment, overrides).dataset


def problem(columns: dict[str, list[str]], overrides=(), target: str = "y") -> str:
    rows = list(zip(*columns.values(), strict=True))
    table = Table.of_rows("t.csv", [*columns], rows)
    try:
        read_columns(table, config(overrides, target), target)
    except DataError as error:
        return str(error)
    return ""


def advised(message: str) -> list[list[str]]:
    """Return the arguments that each line of a message advises, as a shell reads them."""
    lines = [line for line in message.splitlines() if re.match(r" *'?dataset\.\w+[.=]", line)]
    return [[*itertools.takewhile(is_argument, words(line))] for line in lines]


def is_argument(word: str) -> bool:
    return word.startswith("dataset.")


def words(line: str) -> shlex.shlex:
    """Return the words of a line, read one by one: the text after the advice has no shell quotes."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    return lexer


@pytest.mark.parametrize("name", NAMES)
def test_what_is_advised_mends_a_column_of_any_name(name: str) -> None:
    for fault, cells in COLUMNS.items():
        columns = {name: cells, "id": SOME, "z": SOME, "y": SOME}
        found = advised(problem(columns))
        assert len(found) >= 2, fault
        for overrides in found:
            after = problem(columns, overrides)
            is_missing = "missing_words" in overrides[0]
            assert ("missing" in after) if is_missing else not after, (overrides, after)


def test_a_target_of_any_name_can_lack_rows() -> None:
    for name in filter(None, NAMES):
        columns = {name: [*"ab" * 11, "", "a"], "id": SOME, "z": SOME}
        (found,) = advised(problem(columns, target=name))
        assert problem(columns, found, target=name) == ""
