from __future__ import annotations

import random

import numpy as np
import pytest

from nnlab.data.tables.reader import read_table
from nnlab.errors import DataError
from tests.helpers.tables import PLAIN


@pytest.fixture
def refusal(build):
    """Return the text with which a table is refused."""

    def of_bytes(content: bytes, **options) -> str:
        with pytest.raises(DataError) as caught:
            build(content, **options)
        assert caught.value.exit_code == 3
        return str(caught.value)

    return of_bytes


def first_line(message: str) -> str:
    """Return what is wrong; what can be done follows."""
    return message.splitlines()[0]


@pytest.mark.parametrize(
    "cell",
    [
        "inf",
        "-inf",
        "Infinity",
        "1_000",
        "\uff11\uff12",
        "\u0661\u0662",
        "0x10",
        "1e",
        ".",
        "-",
        "--1",
        "1 2",
        "1.2.3",
        "1\u00a00",
        "True",
        "$1",
        "1%",
        "\u22121",
    ],
    ids=ascii,
)
def test_a_cell_that_is_not_a_number_is_refused_with_its_place(refusal, cell):
    message = refusal(f'X1,X2,colour\n1,2,a\n3,"{cell}",b\n'.encode())

    assert first_line(message) == f"t.csv, line 3, column 'X2': {cell!r} is not a number"


@pytest.mark.parametrize("cell", ["1e999", "-1e999", "9" * 400], ids=["1e999", "-1e999", "digits"])
def test_a_number_beyond_float64_is_refused_with_its_place(refusal, cell):
    message = refusal(f"X1,X2,colour\n1,2,a\n3,{cell},b\n".encode())

    assert first_line(message) == f"t.csv, line 3, column 'X2': {cell[:40]!r} is too large"


def test_a_long_cell_is_shown_by_its_beginning(refusal):
    message = refusal(b"X1,colour\n" + b"z" * 1000 + b",a\n1,b\n")

    expected = f"t.csv, line 2, column 'X1': '{'z' * 40}' is not a number"
    assert first_line(message) == expected


def test_a_regression_target_that_is_not_a_number_is_refused_with_its_place(refusal):
    message = refusal(b"x,y\n1,2\n2,high\n", target="y", task="regression")

    assert first_line(message) == "t.csv, line 3, column 'y': 'high' is not a number"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv: needs a header line and at least one row"),
        (b"\xef\xbb\xbf", "t.csv: needs a header line and at least one row"),
        (b"\n\n\n", "t.csv: needs a header line and at least one row"),
        (b"X1,X2,colour\n", "t.csv: needs a header line and at least one row"),
        (b"X1,X2,colour\n1,2,a\n1,2\n", "t.csv, line 3: 2 cells, but the header has 3"),
        (b"X1,X2,colour\n1,2,a\n1,2,b,\n", "t.csv, line 3: 4 cells, but the header has 3"),
        (b"X1,X2,colour\n\n1,2,a\n\n1,b\n", "t.csv, line 5: 2 cells, but the header has 3"),
        (b"X1,X2,colour\r1,2,a\r1,b\r", "t.csv, line 3: 2 cells, but the header has 3"),
        (b"X1,X2,colour\n1,2,a\n1,,b\n", "t.csv, line 3, column 'X2': the cell is empty"),
        (b"X1,X2,colour\n1,2,a\n1, ,b\n", "t.csv, line 3, column 'X2': the cell is empty"),
        (b"X1,X2,colour\n1,2,\n1,2,b\n", "t.csv, line 2, column 'colour': the cell is empty"),
        (
            b"X1,X1,colour\n1,2,a\n",
            "t.csv, line 1: columns 1 and 2 are both called 'X1'; rename one of them",
        ),
        (
            b"X1, X1 ,colour\n1,2,a\n",
            "t.csv, line 1: columns 1 and 2 are both called 'X1'; rename one of them",
        ),
        (
            b"X1,,,colour\n1,2,3,a\n",
            "t.csv: columns 2, 3 have no name, but content; name them in the header",
        ),
        (
            b"\n\nX1,X1,colour\n1,2,a\n",
            "t.csv, line 3: columns 1 and 2 are both called 'X1'; rename one of them",
        ),
        (b"X1,X2\n1,2\n", "t.csv: there is no column 'colour'; columns: X1, X2"),
        (b"colour\na\nb\n", "t.csv: there is no feature column besides the target 'colour'"),
        (b"X1,colour\n1,a\n2,a\n", "t.csv: column 'colour' has only one class, 'a'"),
        (
            b'X1,colour\n1,"two\nlines"\nzz,b\n',
            "t.csv, line 4, column 'X1': 'zz' is not a number",
        ),
        (
            b'X1,colour\n1,a\n2,"b\n3,a\n',
            "t.csv, line 3: a quote that is opened here is never closed",
        ),
        (b'X1,colour\n1,a\n2,"b"c\n3,a\n', "t.csv, line 3: ',' expected after '\"'"),
        (
            b"X1,colour\n1,a\n2," + b"b" * 131_073 + b"\n",
            "t.csv, line 3: field larger than field limit (131072)",
        ),
        (
            "X1,colour\n1,gr\u00fcn\n".encode("latin-1"),
            (
                "t.csv is not UTF-8 text: byte 0xfc in line 2 (byte 14); dataset.encoding=cp1252 "
                "(older Windows programs) or latin-1 may read it, or save the table as UTF-8"
            ),
        ),
    ],
    ids=[
        "empty",
        "only a BOM",
        "only blank lines",
        "header only",
        "short row",
        "long row",
        "short row after blank lines",
        "short row with CR",
        "missing cell",
        "blank cell",
        "missing label",
        "duplicate column",
        "duplicate column after stripping",
        "two columns without a name",
        "duplicate column below blank lines",
        "no target",
        "only the target",
        "one class",
        "after a cell of two lines",
        "unclosed quote",
        "text after a quote",
        "huge cell",
        "Latin-1",
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_place(refusal, content, message):
    assert first_line(refusal(content)) == message


@pytest.mark.parametrize("footer", ["Source: Bureau", "(2 rows)", "\x1a"])
def test_a_line_below_the_table_is_shown(refusal, footer):
    message = refusal(f"X1,X2,colour\n1,2,a\n3,4,b\n{footer}\n".encode())

    assert f"delete the line if it is no row, such as a source or a total: {footer!r}" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": ["X1", "X3"]}, "t.csv: there is no column 'X3'; columns: X1, X2, colour"),
        (
            {"target": "color"},
            "t.csv: there is no column 'color' (did you mean 'colour'?); columns: X1, X2, colour",
        ),
        (
            {"features": ["X1", "colour"]},
            "t.csv: the target 'colour' is among the features",
        ),
        (
            {"delimiter": ";"},
            "t.csv: there is no column 'colour'; columns: X1,X2,colour",
        ),
    ],
    ids=["feature", "target", "target as feature", "delimiter"],
)
def test_an_experiment_that_does_not_fit_the_table_is_refused(refusal, options, message):
    assert first_line(refusal(PLAIN, **options)) == message


def test_a_missing_file_is_refused_with_the_folder_it_was_looked_for_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DataError) as caught:
        read_table("no.csv")

    assert str(caught.value) == f"there is no file no.csv (relative to the folder {tmp_path})"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("T.CSV", "; did you mean 't.csv'?"),
        ("gr\u00f6\u00dfe.csv", "; did you mean 'gro\\u0308\\xdfe.csv', not 'gr\\xf6\\xdfe.csv'?"),
        ("data\\t.csv", "; outside Windows a path is written with /: data/t.csv"),
        ("https://example.org/t.csv", "; nnlab reads no addresses: download the file first"),
        ("$HOME/t.csv", "; variables such as $HOME are not replaced in a path (~ is)"),
        ("no/t.csv", ")"),
        ("other.tsv", ")"),
    ],
)
def test_the_file_that_may_be_meant_is_named(tmp_path, monkeypatch, path, hint):
    monkeypatch.chdir(tmp_path)
    for name in ("t.csv", "gro\u0308\u00dfe.csv"):
        (tmp_path / name).touch()

    with pytest.raises(DataError) as caught:
        read_table(path)

    assert str(caught.value).endswith(hint)


@pytest.mark.parametrize(
    ("header", "name", "hint"),
    [
        ("a,\u0443", "y", "there is no column 'y' (did you mean '\\u0443'?)"),
        ("a,x\u2013y", "x-y", "(did you mean 'x\\u2013y'?)"),
        ("a,\u00b5m", "\u03bcm", "no column '\\u03bcm' (did you mean '\\xb5m'?)"),
        ("a,it\u2019s", "it's", "(did you mean 'it\u2019s'?)"),
        ("'a','y'", "y", "the table has its names in '; write \" for ', or nothing"),
        ('a,"my\nlabel"', "my label", r"(did you mean 'my\nlabel'?); columns: a, my\nlabel"),
    ],
)
def test_a_column_that_looks_like_the_name_is_told_apart(refusal, header, name, hint):
    content = f"{header}\n1,a\n2,b\n".encode()

    assert hint in refusal(content, target=name)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        read_table(tmp_path)

    assert str(caught.value) == f"{tmp_path} is a folder, not a table"


def test_an_invalid_path_is_refused():
    with pytest.raises(DataError):
        read_table("a\0b.csv")


def test_random_bytes_are_refused_or_read_as_finite_numbers(build):
    generator = random.Random(0)
    pieces = [
        b"1",
        b"-2.5",
        b"a",
        b",",
        b"\n",
        b"\r",
        b'"',
        b"\0",
        b"\xff",
        b"\xc3\xbc",
        b" ",
        b"e",
    ]
    outcomes = {"refused": 0, "read": 0}

    for _ in range(1000):
        rows = bytearray(PLAIN)
        for _ in range(generator.randint(1, 3)):
            place = generator.randrange(13, len(rows))
            rows[place : place + generator.randrange(3)] = generator.choice(pieces)
        try:
            examples = build(bytes(rows))
        except DataError:
            outcomes["refused"] += 1
            continue
        assert np.isfinite(examples.inputs).all()
        assert examples.inputs.shape == (len(examples.targets), 2)
        outcomes["read"] += 1

    assert min(outcomes.values()) > 30, outcomes


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        (["0,5", "1,5", "2"], "a decimal comma? dataset.decimal=,"),
        (["1 000", "2 000", "3"], "dataset.thousands=' ' reads them"),
        (["1\u2019000", "2'000", "3"], 'dataset.thousands="\'" reads them'),
        (["(12)", "($1,200.50)", "3"], "write a loss as -12"),
        (["12-", "3", "4.5-"], "write a loss as -12"),
        (['"=""0012"""', '"=""13"""', "3"], "which keep Excel from reading"),
        (["1.5D+02", "2.5d-01", "3"], "write an exponent with e"),
        (["0x1F", "0xff", "3"], "hexadecimal"),
        (["12,34,567", "1,00,000", "3"], "leave out the commas"),
        (["$5", "$6", "$7"], "leave out the unit"),
        (["5 %", "6 %", "7%"], "leave out the percent sign"),
        (["\u22125", "\u22126", "7"], "write -"),
    ],
)
def test_numbers_in_another_style_are_no_categories(refusal, cells, hint):
    rows = "".join(f"{cell};{number}.5;{'ab'[number % 2]}\n" for number, cell in enumerate(cells))

    assert hint in refusal(f"X1;X2;colour\n{rows}".encode())
