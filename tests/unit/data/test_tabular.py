from __future__ import annotations

import hashlib
import random
import struct

import numpy as np
import pytest

from nnlab.config.datasets import DigitsConfig
from nnlab.data.tabular import build_digits
from nnlab.errors import DataError
from tests.helpers.tables import PLAIN


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


def test_labels_are_text_in_the_order_of_classes(build):
    examples = build("X1,colour\n1,10\n2,9\n3,gr\u00fcn\n4,Z\n5,a\n".encode())

    assert examples.class_names == ("9", "10", "Z", "a", "gr\u00fcn")
    assert examples.targets.tolist() == [1, 0, 4, 2, 3]


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


def test_labels_that_differ_only_in_a_last_zero_byte_are_not_merged(build):
    try:
        examples = build(b"X1,colour\n1,a\n2,a\0\n3,b\n")
    except DataError:
        return

    assert len(examples.class_names) == 3


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


def test_a_column_may_be_called_as_that_of_several_files(build):
    content = b"(file),colour\n1,red\n2,blue\n"

    assert build(content).feature_names == ("(file)",)
    with pytest.raises(DataError, match=r"a column is called '\(file\)', which several files need"):
        build(content, test_path="t.csv")
