from __future__ import annotations

import hashlib
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.datasets import CSVConfig, DigitsConfig
from nnlab.data.tabular import build_csv, build_digits, read_table
from nnlab.errors import DataError

NOT_UTF8 = "t.csv is not UTF-8 text: 'utf-8' codec can't decode byte"
PLAIN = b"X1,X2,colour\n0.1,-2,red\n3e-1,4.,blue\n.5,+6E2,red\n"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build the examples of a table that lies in the current folder as ``t.csv``."""
    monkeypatch.chdir(tmp_path)

    def from_bytes(content: bytes, **options):
        Path("t.csv").write_bytes(content)
        return build_csv(CSVConfig(path="t.csv", **{"target": "colour", **options}), tmp_path)

    return from_bytes


@pytest.fixture
def refusal(build):
    """Return the text with which a table is refused."""

    def of_bytes(content: bytes, **options) -> str:
        with pytest.raises(DataError) as caught:
            build(content, **options)
        assert caught.value.exit_code == 3
        return str(caught.value)

    return of_bytes


def test_a_table_becomes_features_sorted_classes_and_a_digest(build):
    examples = build(PLAIN)

    assert examples.inputs.tolist() == [[0.1, -2.0], [0.3, 4.0], [0.5, 600.0]]
    assert examples.inputs.dtype == np.float64
    assert examples.targets.tolist() == [1, 0, 1]
    assert examples.targets.dtype == np.int64
    assert examples.class_names == ("blue", "red")
    assert examples.feature_names == ("X1", "X2")
    assert examples.num_official_test == 0
    assert examples.sha256 == hashlib.sha256(PLAIN).hexdigest()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"\xef\xbb\xbf" + PLAIN, {}),
        (PLAIN.replace(b"\n", b"\r\n"), {}),
        (b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n"), {}),
        (PLAIN.replace(b"\n", b"\r"), {}),
        (PLAIN.rstrip(b"\n"), {}),
        (PLAIN.replace(b"\n", b"\n\n"), {}),
        (PLAIN.replace(b",", b";"), {"delimiter": ";"}),
        (PLAIN.replace(b",", b"\t"), {"delimiter": "\t"}),
        (PLAIN.replace(b",", b" ,  "), {}),
        (b'"X1","X2","colour"\n"0.1","-2","red"\n"3e-1","4.","blue"\n".5","+6E2","red"\n', {}),
        (b"colour,X2,X1\nred,-2,0.1\nblue,4.,3e-1\nred,+6E2,.5\n", {"features": ["X1", "X2"]}),
        (b"X1,id,X2,colour\n0.1,a,-2,red\n3e-1,b,4.,blue\n.5,,+6E2,red\n", {"features": "named"}),
    ],
    ids=[
        "BOM",
        "CRLF",
        "BOM and CRLF",
        "CR",
        "no last newline",
        "blank lines",
        "semicolons",
        "tabs",
        "blanks round cells",
        "quotes",
        "other order",
        "unused column",
    ],
)
def test_the_same_table_written_in_another_way_gives_the_same_bytes(build, content, options):
    expected = build(PLAIN)
    if options.get("features") == "named":
        options = {"features": ["X1", "X2"]}

    examples = build(content, **options)

    assert examples.inputs.tobytes() == expected.inputs.tobytes()
    assert examples.inputs.shape == expected.inputs.shape
    assert examples.targets.tobytes() == expected.targets.tobytes()
    assert examples.class_names == expected.class_names
    assert examples.feature_names == expected.feature_names


def test_features_come_in_the_order_of_the_experiment(build):
    examples = build(PLAIN, features=["X2", "X1"])

    assert examples.feature_names == ("X2", "X1")
    assert examples.inputs.tolist() == [[-2.0, 0.1], [4.0, 0.3], [600.0, 0.5]]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_newlines(build):
    examples = build(b'X1,colour\n1,"red, ""warm"""\n2,"two\r\nlines"\n3,plain\n')

    assert examples.class_names == ("plain", 'red, "warm"', "two\r\nlines")


def test_labels_are_text_in_sorted_order(build):
    examples = build("X1,colour\n1,10\n2,9\n3,gr\u00fcn\n4,Z\n5,a\n".encode())

    assert examples.class_names == ("10", "9", "Z", "a", "gr\u00fcn")
    assert examples.targets.tolist() == [0, 1, 4, 2, 3]


def test_numbers_are_read_to_the_last_bit(build):
    generator = random.Random(0)
    values = []
    while len(values) < 500:
        (value,) = struct.unpack("<d", generator.randbytes(8))
        if np.isfinite(value):
            values.append(value)
    rows = "".join(f"{value!r},{'ab'[i % 2]}\n" for i, value in enumerate(values))

    examples = build(f"X1,colour\n{rows}".encode())

    assert examples.inputs.tobytes() == np.array(values).tobytes()


def test_a_regression_table_has_numbers_as_targets(build):
    examples = build(b"x,y\n1,-2.5\n2,1e3\n", target="y", task="regression")

    assert examples.targets.tolist() == [-2.5, 1000.0]
    assert examples.targets.dtype == np.float64
    assert examples.class_names == ()


@pytest.mark.parametrize(
    "cell",
    [
        "nan",
        "NaN",
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
        "1,5",
        "1.2.3",
        "1\u00a00",
        "True",
        "$1",
        "1%",
        "\u22121",
    ],
    ids=ascii,
)
def test_a_cell_that_is_no_number_is_refused_with_its_place(refusal, cell):
    message = refusal(f'X1,X2,colour\n1,2,a\n3,"{cell}",b\n'.encode())

    assert message == f"t.csv, line 3, column 'X2': {cell!r} is not a number"


@pytest.mark.parametrize("cell", ["1e999", "-1e999", "9" * 400], ids=["1e999", "-1e999", "digits"])
def test_a_number_beyond_float64_is_refused_with_its_place(refusal, cell):
    message = refusal(f"X1,X2,colour\n1,2,a\n3,{cell},b\n".encode())

    assert message == f"t.csv, line 3, column 'X2': {cell[:40]!r} is too large"


def test_a_long_cell_is_shown_by_its_beginning(refusal):
    message = refusal(b"X1,colour\n" + b"z" * 1000 + b",a\n1,b\n")

    assert message == f"t.csv, line 2, column 'X1': '{'z' * 40}' is not a number"


def test_a_regression_target_that_is_no_number_is_refused_with_its_place(refusal):
    message = refusal(b"x,y\n1,2\n2,high\n", target="y", task="regression")

    assert message == "t.csv, line 3, column 'y': 'high' is not a number"


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
        (b"X1,X1,colour\n1,2,a\n", "t.csv, line 1: two columns are called 'X1'"),
        (b"X1, X1 ,colour\n1,2,a\n", "t.csv, line 1: two columns are called 'X1'"),
        (b"X1,,,colour\n1,,,a\n", "t.csv, line 1: two columns are called ''"),
        (b"\n\nX1,X1,colour\n1,2,a\n", "t.csv, line 3: two columns are called 'X1'"),
        (b"X1,X2\n1,2\n", "t.csv: there is no column 'colour'; it has X1, X2"),
        (b"colour\na\nb\n", "t.csv: there is no feature column beside the target 'colour'"),
        (b"X1,colour\n1,a\n2,a\n", "t.csv: column 'colour' has one class only, 'a'"),
        (
            b'X1,colour\n1,"two\nlines"\nzz,b\n',
            "t.csv, line 4, column 'X1': 'zz' is not a number",
        ),
        (b'X1,colour\n1,a\n2,"b\n3,a\n', "t.csv, line 4: unexpected end of data"),
        (b'X1,colour\n1,a\n2,"b"c\n3,a\n', "t.csv, line 3: ',' expected after '\"'"),
        (
            b"X1,colour\n1,a\n2," + b"b" * 131_073 + b"\n",
            "t.csv, line 3: field larger than field limit (131072)",
        ),
        (
            "X1,colour\n1,gr\u00fcn\n".encode("latin-1"),
            f"{NOT_UTF8} 0xfc in position 14: invalid start byte",
        ),
        (
            "X1,colour\n1,a\n".encode("utf-16"),
            f"{NOT_UTF8} 0xff in position 0: invalid start byte",
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
        "UTF-16",
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_place(refusal, content, message):
    assert refusal(content) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": ["X1", "X3"]}, "t.csv: there is no column 'X3'; it has X1, X2, colour"),
        ({"target": "color"}, "t.csv: there is no column 'color'; it has X1, X2, colour"),
        (
            {"features": ["X1", "colour"]},
            "t.csv: the target 'colour' is among the features",
        ),
        (
            {"delimiter": ";"},
            "t.csv: there is no column 'colour'; it has X1,X2,colour",
        ),
    ],
    ids=["feature", "target", "target as feature", "delimiter"],
)
def test_an_experiment_that_does_not_fit_the_table_is_refused(refusal, options, message):
    assert refusal(PLAIN, **options) == message


def test_a_missing_file_is_refused_with_the_folder_it_was_looked_for_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DataError) as caught:
        read_table("no.csv")

    assert str(caught.value) == f"there is no file no.csv (relative to the folder {tmp_path})"


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        read_table(tmp_path)

    assert str(caught.value) == f"{tmp_path} is a folder, not a CSV file"


def test_a_path_that_no_file_can_have_is_refused():
    with pytest.raises(DataError):
        read_table("a\0b.csv")


def test_labels_that_differ_only_in_a_last_zero_byte_are_not_merged(build):
    try:
        examples = build(b"X1,colour\n1,a\n2,a\0\n3,b\n")
    except DataError:
        return

    assert len(examples.class_names) == 3


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


def test_digits_are_those_of_scikit_learn_scaled_to_one(tmp_path):
    from sklearn.datasets import load_digits

    examples = build_digits(DigitsConfig(), tmp_path)

    expected = load_digits()
    assert examples.inputs.shape == (1797, 1, 8, 8)
    assert np.array_equal(examples.inputs.reshape(1797, 64) * 16, expected.data)
    assert (examples.inputs.min(), examples.inputs.max()) == (0, 1)
    assert np.array_equal(examples.targets, expected.target)
    assert examples.targets.dtype == np.int64
    assert examples.class_names == tuple("0123456789")
    assert examples.feature_names == ()
    assert examples.sha256 == hashlib.sha256(examples.inputs.tobytes()).hexdigest()
