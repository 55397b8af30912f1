from __future__ import annotations

import random

import numpy as np
import pytest

from nnlab.config.load import config_from_mapping
from nnlab.config.tables import CSVConfig
from nnlab.data.labels import groups_of_same, in_order, missing_words, most_likely, quoted, reorder
from nnlab.data.targets import why_no_classes
from nnlab.data.types import Examples


@pytest.mark.parametrize(
    "expected",
    [
        ["1", "2", "10", "12"],
        ["-1", "0", "1"],
        ["-10", "-9", "1.5", "2", "1e2"],
        ["2.5", "10", "9b", "A", "a"],
        ["1", "+2", "3", "NaN", "inf"],
        ["01", "1", "1.0"],
        ["high", "low", "middle"],
        ["10000000000000000000001", "10000000000000000000002"],
    ],
    ids=" ".join,
)
def test_numbers_are_in_the_order_of_their_values_before_texts(expected):
    labels = 3 * expected
    random.Random(0).shuffle(labels)

    assert in_order(labels) == expected


@pytest.mark.parametrize(
    "labels",
    [
        ["Yes", "yes"],
        ["NO", "No", "no"],
        ["caf\u00e9", "cafe\u0301"],
        ["a", "a\u200b"],
        ["a b", "a\u00a0b", "a  b"],
        ["so\u00adft", "soft"],
        ["1", "1.0", "01", "+1", "1e0"],
        ["-1", "\u22121"],
        ["\uff21\uff22", "AB", "ab"],
        ["'a'", "a", "a."],
        ["New York", "new_york", "New-York"],
        ["stra\u00dfe", "STRASSE"],
        ["\ufeffx", "x"],
        ["heart \u2764", "heart \u2764\ufe0f"],
        ["A", "\u0410"],
        ["Paris", "P\u0430ris", "paris"],
        ["\u0392\u039f\u03a4", "BOT", "bot"],
        ["\u0412\u043e\u0432\u0430", "\u0432\u043e\u0432\u0430"],
        ["\u0130zmir", "Izmir", "izmir", "\u0131zmir"],
        ["it's", "it\u2019s"],
        ["cafe", "caf\u00e9"],
        ["M\u00fcller", "Mueller", "Muller", "M\u00c3\u00bcller"],
        ["S\u00e3o Paulo", "Sao Paulo"],
        ["Fianc\u00e9e", "FIANCEE"],
        ["True", "true", "1"],
        ["no", "0", "false"],
        ["yes", "Y"],
    ],
    ids=ascii,
)
def test_labels_that_readers_take_for_the_same_are_found(labels):
    assert groups_of_same([*labels, "other"]) == [labels]


@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b"],
        ["C", "C+", "C++", "C#"],
        ["-1", "1"],
        ["1", "10", "1.5", "15"],
        ["?", "-", "n/a"],
        ["setosa", "versicolor", "virginica"],
        ["a", "\u00e4", "o", "\u00f6"],
        ["\u304b", "\u304c"],
        ["A", "B", "Apple", "Avocado"],
        ["M", "Male", "Female"],
        ["<50", ">50", "50"],
        ["T", "Y", "F", "N"],
        ["0", "1", "2"],
        ["1", "2", "3", "4", "true"],
        ["N", "No", "Y", "He", "Li", "O", "C"],
        ["\u0434\u0430", "\u043d\u0435\u0442"],
    ],
    ids=" ".join,
)
def test_labels_that_differ_are_not_the_same(labels):
    assert groups_of_same(labels) == []


@pytest.mark.parametrize(
    "word",
    [
        "NaN",
        "nan",
        "NA",
        "N/A",
        "n/a",
        "null",
        "NULL",
        "None",
        "?",
        "-",
        "--",
        ".",
        "missing",
        "Unknown",
        "not-available",
        "#N/A",
        "<NA>",
        "-999",
        "9999",
        "[NULL]",
        "<null>",
        "(not available)",
        "k. A.",
        "-1.#IND",
    ],
)
def test_words_for_missing_values_are_found(word):
    assert missing_words(["yes", word, "no"]) == [word]


@pytest.mark.parametrize(
    ("labels", "group"),
    [
        (["F", "Female", "M", "Male"], ["F", "Female"]),
        (["cat", "C", "dog", "D", "c"], ["cat", "C", "c"]),
        (["w", "Weiblich", "m", "M\u00e4nnlich"], ["w", "Weiblich"]),
    ],
)
def test_first_letters_of_other_labels_are_found(labels, group):
    assert len(groups_of_same(labels)) == 2
    assert groups_of_same(labels)[0] == group


def test_words_that_hold_such_a_word_are_labels():
    labels = [
        "99",
        "999",
        "[a]",
        "Nana",
        "none of these",
        "known",
        "emptyness",
        "0",
        "-1",
        "a-b",
        "Namibia",
    ]

    assert missing_words(labels) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Berln", "Berlin"),
        ("BERLIN", "Berlin"),
        ("Berlin\u200b", "Berlin"),
        ("1.0", "1"),
        ("10.00", "10"),
        ("\u0412erlin", "Berlin"),
        ("Kiel", None),
    ],
)
def test_the_label_that_a_text_may_mean_is_found(text, label):
    found = most_likely([text], ["Berlin", "1", "10", "Ulm"])

    assert found == ({text: label} if label else {})


def test_labels_that_look_the_same_are_told_apart():
    assert quoted(["A", "\u0410"]) == ["'A'", r"'\u0410'"]
    assert quoted(["caf\u00e9", "cafe\u0301"]) == [r"'caf\xe9'", r"'cafe\u0301'"]
    assert quoted(["Yes", "yes"]) == ["'Yes'", "'yes'"]


def test_the_classes_of_a_stored_run_keep_their_order():
    targets = np.array([0, 1, 2, 2])
    examples = Examples(np.eye(4), targets, class_names=("1", "2", "10"), sha256="")

    stored = reorder(examples, ("1", "10", "2"))

    assert stored.class_names == ("1", "10", "2")
    assert stored.targets.tolist() == [0, 2, 1, 1]
    assert reorder(examples, ("1", "2")) is examples


def problem(labels, **options) -> str | None:
    names = in_order(map(str, labels))
    targets = np.array([names.index(str(label)) for label in labels])
    examples = Examples(np.zeros((len(labels), 1)), targets, class_names=tuple(names), sha256="")
    return why_no_classes(CSVConfig(path="t.csv", target="y", **options), examples)


YEARS = [1990 + i % 31 for i in range(620)]
PRICES = [100_000 + 137 * (i % 150) for i in range(600)]
DECIMALS = [round(i * 0.37, 2) for i in range(300)]


@pytest.mark.parametrize(
    "labels",
    [
        DECIMALS,
        [round(i * 0.37, 2) for i in range(25)] * 8,
        [0.5 * i for i in range(12)] * 2,
        YEARS,
        PRICES,
        [*range(300)],
        [-i for i in range(40)] * 3,
    ],
    ids=["300 decimals", "25 decimals", "24 rows", "years", "prices", "row numbers", "negative"],
)
def test_numbers_that_measure_are_no_classes_unless_it_is_said(labels):
    found = problem(labels)

    assert "dataset.task=regression" in found
    assert f"{len(set(labels))} different numbers in {len(labels)} rows" in found
    assert "quantity" not in (problem(labels, task="classification") or "")


@pytest.mark.parametrize(
    "labels",
    [
        [i % 10 for i in range(100)],
        [float(i % 3) for i in range(30)],
        [i % 100 for i in range(300)],
        [1 + i % 26 for i in range(260)],
        [0.5 * (i % 10) for i in range(100)],
        [-1, 1, 1, -1],
        [f"k{i % 100}" for i in range(300)],
        ["1", "2", "many"] * 2,
    ],
    ids=["digits", "whole", "100 of 3", "letters", "ratings", "signs", "texts", "mixed"],
)
def test_labels_of_several_rows_are_classes(labels):
    assert problem(labels) is None


def test_pairs_and_single_rows_of_many_names_are_refused():
    names = [f"Name {i}" for i in range(100)] + [f"Name {i}" for i in range(50)]

    assert "100 different labels in 150 rows, and 50 of them" in problem(names)


@pytest.mark.parametrize("task", [{}, {"task": "classification"}], ids=["open", "typed"])
def test_a_target_that_names_each_row_is_refused_with_its_numbers(task):
    names = [f"Name {i}" for i in range(115)] + ["Smith"] * 5

    found = problem(names, **task)

    assert (
        "column 'y' has 116 different labels in 120 rows, and 115 of them are in one row" in found
    )


def test_a_task_that_nobody_chose_stays_open_when_a_setting_is_added():
    from nnlab.api.training import as_config

    section = {"name": "csv", "path": "t.csv", "target": "y"}
    rest = {"model": {"name": "mlp"}, "optimizer": {"name": "adam"}}
    config = config_from_mapping({"dataset": section, **rest})

    assert "task" not in as_config(config, {"train.epochs": 1}).dataset.model_fields_set


@pytest.mark.parametrize(
    "labels",
    [
        [f"{i / 7:.3f}".replace(".", ",") for i in range(100)],
        [f"${100 * i}" for i in range(1, 100)],
        [f"{i / 10}%" for i in range(1, 100)],
        [f"{i},{500 + i}" for i in range(1, 100)],
        [f"{i / 7:.3f}" if i % 9 else "NA" for i in range(100)],
        [str(i % 60) if i % 9 else "unknown" for i in range(200)],
    ],
    ids=["decimal comma", "money", "percent", "thousands", "with NA", "ages and a word"],
)
def test_numbers_of_another_style_or_with_words_are_sent_to_regression(labels):
    assert "to predict the number: dataset.task=regression" in problem(labels)
    assert problem(["a1", "b2", "c3"] * 40) is None
