"""What train says of its data before the first epoch, and what the cheap rules find in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from tests.helpers.command import Command
from tests.helpers.tables import write_table

EXPERIMENT = """\
dataset: {name: csv, path: t.csv, target: y%s}
model: {name: mlp, hidden_sizes: [4]}
optimizer: {name: adam}
train: {epochs: 1}
"""


def write(rows: list[tuple[object, ...]], columns: list[str], more: str = "") -> None:
    write_table(Path("t.csv"), columns, rows)
    Path("own.yaml").write_text(EXPERIMENT % more, encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def notes(command: Command) -> list[str]:
    done = command("train", "own.yaml")
    assert done.code == 0, done.stderr
    return done.stderr.splitlines()


def test_five_lines_say_what_was_understood(command: Command) -> None:
    rows = [(f"c{i % 3}", i % 7, "" if i < 4 else i, [10, 2, 1][i % 3]) for i in range(100)]
    write(rows, ["city", "size", "age", "y"], ", missing: drop, drop: [size]")

    size, *lines = notes(command)[:5]

    assert size.endswith("on cpu, native engine")
    drawn = "drawn at random, in the proportions of the classes"
    assert lines == [
        "data: t.csv, 96 rows; left out: 4 with missing cells; columns left out: size (dropped)",
        f"splits: training 66, validation 15, test 15 ({drawn})",
        "classes: 3, in this order: 1 (32), 2 (32), 10 (32)",
        "features: 1 category, 1 number as 4 inputs, standardised",
    ]


def test_each_file_is_named_and_none_is_a_column(command: Command) -> None:
    rows = [(i / 10, i % 2) for i in range(40)]
    write_table(Path("later.csv"), ["x", "y"], rows)
    write(rows, ["x", "y"], ", test_path: later.csv")

    assert "data: t.csv and later.csv, 80 rows" in notes(command)


def test_the_target_is_described_in_its_own_unit(command: Command) -> None:
    write([(i, 1000 + 2 * i) for i in range(100)], ["x", "y"], ", task: regression")

    (line,) = [line for line in notes(command) if line.startswith("target: ")]

    assert line.startswith("target: mean 1,")
    assert line.endswith(", learned standardised")


def test_the_run_records_it() -> None:
    write([(i, i % 2) for i in range(40)], ["x", "y"])

    data = nnlab.train("own.yaml").meta["data"]

    assert data["classes"] == {"0": 20, "1": 20}
    assert data["splits"] == {"train": 28, "val": 6, "test": 6}
    assert data["num_rows"] == sum(data["splits"].values())


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (["yes", "Yes", "no"], "NL109"),
        (["caf\u00e9", "cafe\u0301", "no"], "NL109"),
        (["1", "1.0", "2"], "NL109"),
        (["a", "NaN", "b"], "NL110"),
        (["common"] * 49 + ["rare"], "NL106"),
    ],
)
def test_cheap_rules_about_the_table_speak(labels: list[str], code: str, command: Command) -> None:
    write([(i / 7, labels[i % len(labels)]) for i in range(600)], ["x", "y"])

    assert any(line.startswith(f"warning {code}: ") for line in notes(command))


def test_an_ignored_rule_is_silent(command: Command) -> None:
    write([(i / 7, ["yes", "Yes"][i % 2]) for i in range(60)], ["x", "y"])
    with Path("own.yaml").open("a", encoding="utf-8") as file:
        file.write("ignore: {NL109: they differ}\n")

    assert not [line for line in notes(command) if "NL109" in line]


def test_a_python_user_is_warned_too() -> None:
    write([(i / 7, ["yes", "Yes"][i % 2]) for i in range(60)], ["x", "y"])
    warnings: list[str] = []

    nnlab.train("own.yaml", on_warning=warnings.append)

    assert any("NL109" in warning for warning in warnings)


def test_the_json_of_a_run_has_it(command: Command) -> None:
    write([(i, i % 2) for i in range(40)], ["x", "y"])
    nnlab.train("own.yaml")

    shown = json.loads(command("runs", "show", "latest", "--json").stdout)

    assert shown["meta"]["data"]["kinds"] == {"number": 1}
