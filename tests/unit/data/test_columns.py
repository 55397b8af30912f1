"""Which columns of a table become features, of what kind they are, and what is refused."""

from __future__ import annotations

import random
import shlex

import numpy as np
import pytest

from nnlab.config.load import config_from_mapping
from nnlab.data.columns.encoders import encode, features_of, fit_columns, recoded
from nnlab.data.columns.new_rows import HOW_TO_SKIP, read_new_rows
from nnlab.data.columns.reading import read_columns
from nnlab.data.tables.table import Table
from nnlab.data.types import Preprocessing
from nnlab.errors import ConfigError, DataError

BASE = {"model": {"name": "logistic"}, "optimizer": {"name": "sgd"}}


def config(**options):
    dataset = {"name": "csv", "path": "t.csv", "target": "y", **options}
    return config_from_mapping({"dataset": dataset, **BASE}).dataset


def read(cells: dict[str, list[str]], /, **options):
    size = len(next(iter(cells.values())))
    everything = {**cells, "y": cells.get("y", [*"ab" * size][:size])}
    table = Table.of_rows("t.csv", list(everything), list(zip(*everything.values(), strict=True)))
    return read_columns(table, config(**options), "y")


def refusal(cells: dict[str, list[str]], /, **options) -> str:
    with pytest.raises(DataError) as caught:
        read(cells, **options)
    return str(caught.value)


def first_line(message: str) -> str:
    return message.splitlines()[0]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e2"], "number"),
        (["0", "1", "0"], "number"),
        (["1", "", "NA"], "number"),
        (["true", "FALSE", "True"], "boolean"),
        (["yes", "no", "Yes"], "boolean"),
        (["y", "n", "y"], "boolean"),
        (["t", "f", ""], "boolean"),
        (["y", "y", "y"], "category"),
        (["male", "female", "male"], "category"),
        (["a1", "7", "b"], "category"),
        (["2024-01-31", "1999-12-01", "null"], "date"),
        (["2024-01-31 12:30", "2024-01-31T12:30:01.5Z", "2024-01-31"], "date"),
        (["31.13.2024", "01.02.2024", "31.01.2024"], "category"),
        (["1/2/3", "3/4", "1/2/3"], "category"),
    ],
    ids=str,
)
def test_the_kind_of_a_column_is_found_from_its_cells(cells, kind):
    (column,) = read({"x": cells}, missing="median").columns

    assert column.kind == kind


@pytest.mark.parametrize(
    ("options", "kind", "values"),
    [
        ({"x": "category"}, "category", [1, 0, 2]),
        ({"x": "number"}, "number", [20, 3, 100]),
        ({"x": {"encode": "ordinal"}}, "category", [1, 0, 2]),
    ],
    ids=["category", "number", "implied"],
)
def test_a_kind_can_be_set_and_categories_that_are_numbers_are_in_their_order(
    options, kind, values
):
    found = read({"x": ["20", "3", "100"]}, columns=options)

    assert found.columns[0].kind == kind
    assert found.inputs[:, 0].tolist() == values


def test_dates_of_another_format_become_days():
    columns = {"born": ["31.12.1969", "02.01.1970"]}

    assert read(columns, date_format="%d.%m.%Y").inputs[:, 0].tolist() == [-1, 1]
    by_column = {"born": {"date_format": "%d.%m.%Y"}}
    assert read(columns, columns=by_column).inputs[:, 0].tolist() == [-1, 1]


def test_columns_are_left_out_by_name_by_kind_and_as_columns():
    columns = {"id": ["7", "8"], "n": ["1", "2"], "city": ["Ulm", "Bonn"], "note": ["p", "q"]}

    found = read(columns, drop=["id"], columns={"note": "drop"}, kinds=["number"])

    assert [column.name for column in found.columns] == ["n"]
    assert found.left_out == {
        "id": "dropped",
        "note": "dropped",
        "city": "a column of kind category",
    }


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("", ["0", "1", "2", "3"], "row numbers without a name"),
        ("", ["3", "0", "2", "1"], "row numbers without a name"),
        ("", ["0", "1", "0", "1"], "row numbers without a name"),
        ("Unnamed: 0", ["1.0", "2.0", "3.0", "4.0"], "row numbers without a name"),
        ("", ["Mazda", "Fiat", "Ford", "Opel"], "row names without a name"),
        ("", ["0.5", "1.5", "2.5", "3.5"], None),
        ("", ["a", "b", "a", "b"], None),
        ("size", ["0", "1", "2", "3"], None),
    ],
    ids=str,
)
def test_row_numbers_without_a_name_are_left_out(name, cells, reason):
    found = read({name: cells, "x": ["4", "5", "5", "6"]})

    assert found.left_out.get(name) == reason
    assert (name in [column.name for column in found.columns]) == (reason is None)


def test_a_column_without_a_name_is_used_if_the_experiment_says_so():
    found = read({"": ["0", "1"], "x": ["4", "5"]}, columns={"": "number"})

    assert [column.name for column in found.columns] == ["", "x"]


def test_all_missing_and_wrong_cells_are_listed_by_column_with_what_can_be_done():
    columns = {
        "age": ["1", "", "NA", "4", "old", "6"],
        "city": ["Ulm", "Ulm", "", "Bonn", "Ulm", "Bonn"],
        "ok": list("123456"),
    }

    assert refusal(columns, missing_words=["NA"]).splitlines() == [
        "t.csv: 2 columns cannot be used as they are",
        "  'age': 2 of 6 cells are missing (line 2: empty, line 3: 'NA')",
        "  'age': 1 of 6 cells is not a number (line 5: 'old')",
        "  'city': 1 of 6 cells is missing (line 3: empty)",
        "  dataset.missing=median (or mean, most_frequent) fills in missing cells",
        "  dataset.missing=drop leaves out the 2 rows with such cells",
        "  'dataset.missing_words=[]' if NA are values of their own",
        "  dataset.columns.age=category if they are categories",
        "  'dataset.missing_words=[na,old]' if they stand for a missing cell",
        "  'dataset.drop=[age,city]' leaves out these columns",
    ]


@pytest.mark.parametrize("cells", [["low", "high", "low"], ["1", "high", "low"], ["a b"] * 3])
def test_texts_as_the_target_of_a_regression_are_refused_with_the_task_they_suit(cells):
    message = refusal({"x": ["1", "2", "3"], "y": cells}, task="regression")

    assert message.startswith("t.csv, column 'y': ")
    assert "a regression needs a target of numbers: another dataset.target, or" in message
    assert "dataset.task=classification if these are classes" in message


def test_a_few_texts_in_a_target_of_numbers_can_be_left_out():
    message = refusal({"x": list("1234"), "y": ["1", "2.5", "sold", "4"]}, task="regression")

    *_, words, drop, _, _, _, _ = shlex.split(message.splitlines()[1])
    found = read(
        {"x": list("1234"), "y": ["1", "2.5", "sold", "4"]},
        task="regression",
        missing_words=["sold"],
        columns={"y": {"missing": "drop"}},
    )

    assert words.endswith(",null,sold]")
    assert drop == "dataset.columns.y.missing=drop"
    assert found.rows_dropped == {"no target": 1}


def test_a_regression_target_is_listed_with_the_features():
    columns = {"x": ["1", "", "3"], "y": ["1", "2 %", "1e999"]}

    assert refusal(columns, task="regression").splitlines() == [
        "t.csv: 2 columns cannot be used as they are",
        "  'x': 1 of 3 cells is missing (line 2: empty)",
        "  'y': 2 of 3 cells are not numbers (line 2: '2 %', line 3: '1e999')",
        "  dataset.missing=median (or mean, most_frequent) fills in missing cells",
        "  dataset.missing=drop leaves out the 1 row with such cells",
        "  leave out the percent sign; it belongs in the column's name",
        "  'dataset.drop=[x]' leaves out the column",
    ]


def test_a_table_that_does_not_fit_is_refused_with_the_numbers(monkeypatch):
    monkeypatch.setattr("nnlab.data.tables.cells.available_host_memory", lambda: 40)

    with pytest.raises(DataError, match=r"its numbers need 48 bytes of memory, and 40 bytes more"):
        read({"x": ["1", "2", "3"]})


def test_many_missing_cells_are_counted_and_the_first_ones_named():
    cells = ["" if i % 3 == 0 else "1" for i in range(120)]

    message = refusal({"x1": cells, "x2": ["1"] * 120})

    assert (
        "column 'x1': 40 of 120 cells are missing (line 1: empty, line 4: empty, line 7: empty, ...)"
        in message
    )


@pytest.mark.parametrize("number", [51, 400])
def test_too_many_different_texts_are_refused_with_their_number(number):
    cells = [f"text {i % number}" for i in range(2 * number)]

    message = refusal({"note": cells, "x": ["1"] * len(cells)})

    assert f"'note': {number} different texts in {2 * number} rows" in message
    assert "dataset.drop=[note]" in message
    assert read({"note": cells}, columns={"note": "category"}).columns[0].kind == "category"


def test_texts_that_are_nearly_all_different_are_no_categories():
    message = refusal({"name": [f"n{i}" for i in range(20)], "x": ["1"] * 20})

    assert "20 different texts in 20 rows are too many for categories" in message


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["31.01.2024", "01.02.2024"], "'%d.%m.%Y'"),
        (["1.2.24", "3.2.24"], "'%d.%m.%y'"),
        (["3/14/24", "3/4/24"], "'%m/%d/%y'"),
        (["1/2/2024", "3/4/2024"], "'%d/%m/%Y' or '%m/%d/%Y'"),
        (["1/2/24 14:30", "3/4/24 9:05"], "'%d/%m/%y %H:%M' or '%m/%d/%y %H:%M'"),
        (["3/14/2024 2:05 PM", "3/15/2024 11:00 AM"], "'%m/%d/%Y %I:%M %p'"),
        (["14-Mar-24", "1-Apr-24"], "'%d-%b-%y'"),
        (["March 14, 2024", "May 1, 2024"], "'%B %d, %Y'"),
        (["May 14, 2024", "May 1, 2024"], "'%b %d, %Y'"),
        (["2024-01", "2024-12"], "'%Y-%m'"),
        (["2024-1-31", "2024-2-1"], "'%Y-%m-%d'"),
    ],
    ids=str,
)
def test_dates_of_another_format_are_no_categories_and_day_and_month_are_not_guessed(
    cells, formats
):
    message = refusal({"born": cells, "x": ["1", "2"]})

    options = [f"dataset.columns.born.date_format={f}" for f in formats.split(" or ")]
    advice = " or ".join(shlex.quote(option.replace("'", "")) for option in options)
    assert first_line(message) == f"t.csv, column 'born': {cells[0]!r} looks like a date"
    assert f"  {advice} reads them as dates\n" in message
    assert "dataset.columns.born=category" in message


def test_rows_with_missing_cells_are_dropped_and_counted_with_their_categories():
    columns = {
        "city": ["Ulm", "", "Bonn", "Köln", "Ulm"],
        "x": ["1", "2", "3", "", "5"],
        "y": ["a", "b", "", "a", "b"],
    }

    found = read(columns, missing="drop")

    assert found.rows_dropped == {"no target": 1, "missing cells": 2}
    assert found.inputs.tolist() == [[0, 1], [0, 5]]
    assert found.columns[0].categories == ("Ulm",)
    assert found.table.lines.tolist() == [1, 5]
    assert found.table.texts("y") == ["a", "b"]


@pytest.mark.parametrize("missing", ["refuse", "median"])
def test_a_missing_target_is_refused_unless_its_rows_are_dropped(missing):
    columns = {"x": ["1", "2", "3"], "y": ["a", "", "b"]}

    message = refusal(columns, missing=missing)

    assert "line 2, column 'y': the cell is empty" in message
    assert "dataset.columns.y.missing=drop" in message
    kept = read(columns, missing=missing, columns={"y": {"missing": "drop"}})
    assert kept.rows_dropped == {"no target": 1}


@pytest.mark.parametrize("word", ["NA", "n/a", "NaN", "null", "None", "?", "#N/A", "<NA>"])
def test_usual_words_stand_for_a_missing_cell(word):
    assert np.isnan(read({"x": ["1", word]}, missing="mean").inputs).tolist() == [[False], [True]]


def test_words_for_a_missing_cell_can_be_chosen_also_numbers():
    columns = {"x": ["1", "-999"], "garage": ["none", "brick"]}

    found = read(columns, missing_words=["-999"], missing="mean")

    assert np.isnan(found.inputs).tolist() == [[False, False], [True, False]]


def test_a_column_without_any_value_is_refused():
    assert "'x': all cells are missing" in refusal(
        {"x": ["", "NA"], "z": ["1", ""]}, missing="mean"
    )


def test_a_column_without_a_value_in_the_training_rows_is_refused():
    found = read({"x": ["", "", "1"]}, missing="mean")

    with pytest.raises(DataError, match="'x' has no value in the training rows"):
        fit_columns(found.columns, found.inputs, np.array([0, 1]), is_varied=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": ["z"]}, "there is no column 'z'"),
        ({"columns": {"z": "number"}}, "there is no column 'z'"),
        ({"drop": ["x"]}, "there is no feature column besides the target 'y'"),
        ({"kinds": ["date"]}, "there is no feature column besides the target 'y'"),
        ({"drop": ["y"]}, "the target 'y' is dropped"),
        ({"columns": {"y": "category"}}, "'y' is the target, not a feature"),
        ({"columns": {"x": "boolean"}}, "'2' is neither true nor false"),
        ({"columns": {"x": "date"}}, "2 of 2 cells are not dates (line 1: '1', line 2: '2')"),
    ],
    ids=str,
)
def test_keys_that_do_not_fit_the_table_are_refused(options, message):
    assert message in refusal({"x": ["1", "2"]}, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": ["x"], "drop": ["x"]}, "'x' is among the features, too"),
        ({"features": ["x"], "columns": {"x": "drop"}}, "'x' is among the features, too"),
        ({"columns": {"x": {"kind": "number", "encode": "onehot"}}}, "encode is for a category"),
        ({"columns": {"x": {"kind": "number", "date_format": "%d"}}}, "are for a date"),
        ({"columns": {"x": {"kind": "category", "missing": "mean"}}}, "has no mean"),
        (
            {"columns": {"x": {"kind": "drop", "missing": "mean"}}},
            "a dropped column has no options",
        ),
        ({"columns": {"x": "text"}}, "'number', 'boolean', 'category' or 'date'"),
    ],
    ids=str,
)
def test_keys_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(ConfigError) as caught:
        config(**options)

    assert message in str(caught.value)


SOUP = [
    "1",
    "-2.5",
    "1e400",
    "",
    "NA",
    "?",
    "true",
    "no",
    "Ulm",
    "ulm ",
    "2024-02-30",
    "2024-01-31",
]


def test_random_cells_are_refused_or_become_finite_features():
    draw = random.Random(0)
    outcomes = {"refused": 0, "read": 0}
    for _ in range(400):
        pieces = draw.sample(SOUP, draw.randint(1, 4))
        cells = {name: draw.choices(pieces, k=12) for name in ("u", "v")}
        policy = draw.choice(["refuse", "drop", "mean", "median", "most_frequent"])
        try:
            found = read(cells, missing=policy, encode=draw.choice(["onehot", "ordinal"]))
            rows = np.arange(len(found.inputs))
            columns = fit_columns(found.columns, found.inputs, rows[::2], is_varied=False)
        except DataError:
            outcomes["refused"] += 1
            continue
        features = encode(recoded(found.inputs, found.columns, columns), columns)
        assert np.isfinite(features).all()
        assert features.shape == (len(rows), len(features_of(columns)))
        outcomes["read"] += 1
    assert min(outcomes.values()) > 80, outcomes


def test_unknown_categories_of_new_rows_are_counted():
    known = read({"city": ["Ulm", "Bonn"], "x": ["1", "2"]})
    fitted = Preprocessing(("city=Bonn", "city=Ulm", "x"), ("a", "b"), columns=known.columns)
    rows = [["3", "Trier"], ["4", "Ulm"], ["5", "Trier"], ["6", "Kiel"]]

    found = read_new_rows(Table.of_rows("new.csv", ["X", "City"], rows), fitted)

    assert found.values.tolist() == [[-1, 3], [1, 4], [-1, 5], [-1, 6]]
    assert found.unknown == {"city": {"Trier": 2, "Kiel": 1}}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("K\u00f6ln", 1),
        ("Ko\u0308ln", 1),
        ("K\u00f6ln\u00a0", 1),
        ("\ufeffK\u00f6ln", 1),
        ("k\u00f6ln", -1),
        ("Koln", -1),
        ("S\u0327ile", 2),
        ("1", 0),
        ("1.0", -1),
    ],
    ids=ascii,
)
def test_new_categories_match_in_any_unicode_form_and_blanks(cell, code):
    known = read({"city": ["K\u00f6ln", "\u015eile", "1"], "x": ["1", "2", "3"]})
    fitted = Preprocessing((), ("a", "b"), columns=known.columns)

    found = read_new_rows(Table.of_rows("new.csv", ["city", "x"], [[cell, "1"]]), fitted)

    assert found.values[0, 0] == code


def test_a_form_that_two_categories_have_is_neither():
    known = read({"city": ["K\u00f6ln", "Ko\u0308ln", "b"], "x": ["1", "2", "3"]})
    fitted = Preprocessing((), ("a", "b"), columns=known.columns)
    rows = [["K\u00f6ln", "1"], ["Ko\u0308ln", "1"], ["K\u00f6\u200bln", "1"]]

    found = read_new_rows(Table.of_rows("new.csv", ["city", "x"], rows), fitted)

    assert found.values[:, 0].tolist() == [1, 0, -1]


def test_all_problems_of_new_rows_are_listed():
    known = read({"city": ["Ulm", "Bonn"], "x": ["1", "2"]})
    fitted = Preprocessing(("city=Bonn", "city=Ulm", "x"), ("a", "b"), columns=known.columns)
    table = Table.of_rows("new.csv", ["x", "city"], [["one", ""], ["2", "Ulm"], ["NA", "Ulm"]])

    with pytest.raises(DataError) as caught:
        read_new_rows(table, fitted)

    assert str(caught.value).splitlines() == [
        "new.csv: 2 columns cannot be used as they are",
        "  'city': 1 of 3 cells is missing (line 1: empty)",
        "  'x': 1 of 3 cells is missing (line 3: 'NA')",
        "  'x': 1 of 3 cells is not a number (line 1: 'one')",
        f"  {HOW_TO_SKIP}",
    ]
