from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from nnlab.config.tables import CSVConfig
from nnlab.data.columns.encoders import Column, encode, features_of, fit_columns, recoded
from nnlab.data.columns.reading import read_columns
from nnlab.data.prepare import fit_preprocessing, in_fitted_columns, to_inputs
from nnlab.data.tables.table import Table
from nnlab.data.tabular import build_csv
from nnlab.storage.preprocessing_schema import StoredColumn
from nnlab.storage.schemas import check

TRAIN = np.arange(60)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def table_of(**columns) -> Table:
    rows = [list(map(str, row)) for row in zip(*columns.values(), strict=True)]
    return Table.of_rows("t.csv", list(columns), rows)


def fitted(table: Table, train=TRAIN, *, is_varied=False, **options):
    """Return the fitted columns of a table and its features by name."""
    config = CSVConfig(path="t.csv", target="y", **options)
    read = read_columns(table, config, "y")
    columns = fit_columns(read.columns, read.inputs, train, is_varied=is_varied)
    features = encode(recoded(read.inputs, read.columns, columns), columns)
    names = [feature.name for feature in features_of(columns)]
    return columns, dict(zip(names, features.T, strict=True))


@pytest.fixture(scope="module")
def messy():
    draw = np.random.default_rng(0)
    size = 90
    number = draw.normal(5, 3, size).round(2).astype(str)
    city = draw.choice(np.array(["Ulm", "Köln", "Bonn"], dtype=object), size)
    city[70:75] = "Trier"  # in no training row
    for column in (number, city):
        column[draw.choice(size, 12, replace=False)] = ""
    return table_of(number=number, city=city, y=draw.choice(["a", "b"], size))


def cells(table: Table, name: str, convert=str, gap=None) -> np.ndarray:
    texts = table.cells(name)
    return np.array([[convert(text) if text else gap] for text in texts], dtype=object)


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_missing_numbers_are_filled_as_by_simple_imputer(messy, strategy):
    _, features = fitted(messy, missing=strategy)
    raw = cells(messy, "number", float, np.nan).astype(float)
    imputer = SimpleImputer(strategy=strategy, add_indicator=True).fit(raw[TRAIN])

    expected = imputer.transform(raw)

    found = np.column_stack([features["number"], features["number is missing"]])
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_categories_are_encoded_as_by_one_hot_encoder_and_unknown_ones_are_zeros(messy):
    columns, features = fitted(messy, missing="most_frequent")
    raw = cells(messy, "city")
    filled = SimpleImputer(missing_values=None, strategy="most_frequent").fit(raw[TRAIN])
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoder.fit(filled.transform(raw[TRAIN]))

    expected = encoder.transform(filled.transform(raw))

    assert columns[1].categories == tuple(encoder.categories_[0]) == ("Bonn", "Köln", "Ulm")
    found = np.column_stack([features[f"city={name}"] for name in columns[1].categories])
    np.testing.assert_array_equal(found, expected)
    assert not found[70:75][raw[70:75, 0] == "Trier"].any()


def test_categories_are_numbered_as_by_ordinal_encoder_and_unknown_ones_are_minus_1(messy):
    _, features = fitted(messy, missing="most_frequent", encode="ordinal")
    raw = cells(messy, "city")
    filled = SimpleImputer(missing_values=None, strategy="most_frequent").fit(raw[TRAIN])
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder.fit(filled.transform(raw[TRAIN]))

    expected = encoder.transform(filled.transform(raw))

    np.testing.assert_array_equal(features["city"], expected[:, 0])


def test_numbers_are_scaled_after_filling_as_in_a_pipeline_and_zeros_and_ones_are_not(
    messy, tmp_path, monkeypatch
):
    lines = [",".join(row) for row in [messy.columns, *messy.rows]]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    examples = build_csv(CSVConfig(path="t.csv", target="y", missing="mean"), tmp_path)
    found = fit_preprocessing(examples, TRAIN, standardize=True)
    raw = cells(messy, "number", float, np.nan).astype(float)
    filled = SimpleImputer().fit(raw[TRAIN]).transform(raw)

    inputs = to_inputs(in_fitted_columns(examples, found), found, dtype=torch_float64())

    expected = StandardScaler().fit(filled[TRAIN]).transform(filled)
    np.testing.assert_allclose(inputs[:, :1], expected, **CLOSE)
    assert set(np.unique(inputs[:, 1:])) == {0, 1}
    assert found.feature_names[:3] == ("number", "number is missing", "city=Bonn")


def torch_float64():
    import torch

    return torch.float64


def test_dates_become_days_and_parts():
    texts = ["1969-12-31 23:59", "1970-01-01", "2024-02-29T12:30:15", "2024-12-31T23:00:00+01:00"]
    columns = {"born": texts, "y": list("abab")}
    parts = ["days", "year", "month", "day", "weekday", "hour"]
    _, features = fitted(table_of(**columns), np.arange(4), date_parts=parts)

    days = [-1 / 1440, 0, 19782 + 12.504166666666666 / 24, 20088 + 22 / 24]
    np.testing.assert_allclose(features["born"], days, **CLOSE)
    found = np.column_stack([features[f"born.{part}"] for part in parts[1:]])
    np.testing.assert_array_equal(
        found,
        [[1969, 12, 31, 2, 23], [1970, 1, 1, 3, 0], [2024, 2, 29, 3, 12], [2024, 12, 31, 1, 22]],
    )


def test_with_a_split_for_each_replica_all_have_the_same_features(messy):
    first, one = fitted(messy, TRAIN, is_varied=True, missing="median")
    second, two = fitted(messy, np.arange(30, 90), is_varied=True, missing="median")

    assert list(one) == list(two)
    assert first[1].unseen == (2,)
    assert second[1].unseen == ()
    assert first[0].fill != second[0].fill
    assert not one["city=Trier"].any()
    assert two["city=Trier"].any()


@pytest.mark.parametrize(
    "options",
    [{"missing": "mean"}, {"missing": "most_frequent", "encode": "ordinal"}],
    ids=["one-hot", "ordinal"],
)
def test_a_column_is_read_from_json_as_it_was_written(messy, options):
    columns, _ = fitted(messy, **options)

    stored = json.loads(json.dumps([column.to_json() for column in columns]))

    assert [Column.from_json(check(StoredColumn, entry)) for entry in stored] == list(columns)


@pytest.mark.parametrize(
    "change",
    [
        {"categories": []},
        {"categories": ["a", "a"]},
        {"unseen": [7]},
        {"fill": 9.0},
        {"fill": 0.5},
        {"fill": None},
        {"missing": "refuse"},
        {"kind": "number"},
    ],
    ids=str,
)
def test_an_entry_that_contradicts_itself_is_refused(messy, change):
    columns, _ = fitted(messy, missing="most_frequent")
    entry = json.loads(json.dumps(columns[1].to_json()))

    with pytest.raises(ValueError, match="column 'city'"):
        Column.from_json(check(StoredColumn, entry | change))
