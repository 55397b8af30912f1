"""The keys that say how a table is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.load import config_from_mapping
from nnlab.config.messages import ConfigProblems
from nnlab.config.table_format import TableFormat


def load(*overrides: str):
    dataset = {"name": "csv", "path": "a.csv", "target": "y"}
    rest = {"model": {"name": "mlp"}, "optimizer": {"name": "sgd"}}
    return config_from_mapping({"dataset": dataset, **rest}, overrides).dataset


@pytest.mark.parametrize(
    ("typed", "delimiter"),
    [
        *(("auto", "auto"), (";", ";"), ("|", "|"), ("tab", "\t"), (r"\t", "\t"), ("\t", "\t")),
        *(('"\\t"', "\t"), ("blank", " "), ("space", " "), ("' '", " ")),
    ],
)
def test_a_delimiter_is_a_character_or_its_name(typed: str, delimiter: str) -> None:
    assert load(f"dataset.delimiter={typed}").table_format.delimiter == delimiter


@pytest.mark.parametrize(
    ("typed", "encoding"), [("auto", "auto"), ("UTF8", "utf-8"), ("latin-1", "iso8859-1")]
)
def test_an_encoding_is_kept_by_the_name_that_python_gives_it(typed: str, encoding: str) -> None:
    assert load(f"dataset.encoding={typed}").encoding == encoding


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "dataset.encoding=latin1x",
            (
                "dataset.encoding: should be auto or the name of an encoding, such as utf-8, cp1252, "
                "latin-1 or utf-16, not \"latin1x\" (did you mean 'latin1'?)"
            ),
        ),
        ("dataset.encoding=windows1252", "(did you mean 'windows_1252'?)"),
        ("dataset.encoding=UTF-61", "not \"UTF-61\" (did you mean 'utf-16'?)"),
        ("dataset.encoding=base64", "the name of an encoding"),
        ("dataset.encoding=idna", "the name of an encoding"),
        ("dataset.encoding=punycode", "the name of an encoding"),
        *(
            (f"dataset.date_format='{text}'", "should be a format of dates such as %d.%m.%Y")
            for text in ("%Y %Y", "%Q", "%", "", "dd.mm.yyyy", "%A")
        ),
        ("dataset.columns.x.date_format='%Q'", "should be a format of dates such as %d.%m.%Y"),
        ("dataset.delimiter='::'", "auto, or one character that is no quote"),
        ("dataset.escape='ab'", "one character that is neither a quote nor a blank"),
        ("dataset.skip_rows=-1", "dataset.skip_rows: should be at least 0, not -1"),
        (
            "dataset={name: csv, path: a, target: b, delimiter: '#', comment: '#'}",
            "dataset.comment: '#' is the delimiter, too",
        ),
        ("dataset.decimal=;", "dataset.decimal: "),
        ("dataset.comment='##'", "dataset.comment: "),
        ("dataset={name: csv, path: a, target: b, decimal: '.', thousands: '.'}", "cannot part"),
    ],
)
def test_what_no_table_can_be_is_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(override)

    assert message in str(caught.value)


def test_nothing_said_leaves_everything_to_be_found_out() -> None:
    assert load().table_format == TableFormat()


def test_columns_and_files_may_be_called_by_numbers() -> None:
    dataset = load("dataset.target=2", "dataset.features=[0, 007, 1e3]", "dataset.path=2024")

    assert dataset.target == "2"
    assert dataset.features == ("0", "007", "1e3")
    assert dataset.path == "2024"


@pytest.mark.parametrize("path", ["~/t.csv", "~"])
def test_a_path_in_the_home_folder_is_followed(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert load(f"dataset.path={path}").path == str(Path(tmp_path, *Path(path).parts[1:]))


def test_a_home_folder_of_nobody_is_kept_as_it_is() -> None:
    assert load("dataset.path=~nobody-of-this-name/t.csv").path == "~nobody-of-this-name/t.csv"
