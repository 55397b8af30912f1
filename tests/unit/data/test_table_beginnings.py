"""Where a table begins, what parts its cells, and how quotes within them are written."""

from __future__ import annotations

import pytest

from nnlab.errors import DataError
from tests.unit.data.test_table_formats import assert_is_the_table, written

COUNTED = [
    ["x1", "größe", "n", "m", "y"],
    ["0.5", "-2", "1", "2", "a"],
    ["3e1", "4.25", "3", "4", "b"],
]


def below(*titles: str, delimiter: str = ",") -> str:
    return "\n".join([*titles, *map(delimiter.join, COUNTED)]) + "\n"


TITLED = {
    "a title": below("Report of 2024", ""),
    "titles as wide as the table": below("Sales, by month, and, by, shop", ""),
    "titles with commas": below(
        "Sales, by month", "made by hand, by me, on Monday, at home, at night, in 2024"
    ),
    "padded titles of a spreadsheet": below("Report,,,,", ",,,,"),
    "a quoted title": below('"Report, of ""2024"""'),
    "a title of two lines": below('"Report\nof 2024"'),
    "names and values": below("Station:,Berlin", "Height:,34", ""),
    "more titles than rows": below(*"abcdef"),
    "a title above tabs": below("Report of 2024", delimiter="\t"),
    "a title above semicolons": below("Report, of 2024", "", delimiter=";"),
    "a title above blanks": below("Report of 2024 by me", "", delimiter=" "),
    "a comment as wide as the table": below("# made, by, hand, in, 2024"),
    "comments of percent signs": below("% made by hand", "% on Monday, by me"),
    "comments of slashes": below("// made by hand", ""),
    "a title and a comment": below("Report", "# made by hand, on Monday"),
}


@pytest.mark.parametrize("text", TITLED.values(), ids=TITLED)
def test_lines_above_the_header_are_skipped_with_a_word_about_it(read, text):
    table = read(text.encode())

    assert list(table.rows) == COUNTED[1:]
    assert table.columns == COUNTED[0]
    assert table.lines[-1] == text.count("\n")
    assert "above the header w" in table.notes[0]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Population\n\ncountry,2000,2010,2020\nA,1,2,3\nB,2,3,4\n", "country"),
        ("Staff\nname,city\nAnna,Ulm\nBob,Bonn\n", "name"),
        ("a,b,c\n5,,\n1,2,3\n", "a"),
        (",x\na,0.5\nb,0.7\n", ""),
        ("# x,y\n1,2\n3,4\n", "# x"),
        ("x\n1\n2\n", "x"),
        ("id,when\n1,12:30\n2,12:31\n", "id"),
    ],
    ids=["years", "texts", "gaps", "index", "commented header", "one column", "colons"],
)
def test_the_first_line_that_names_columns_is_the_header(read, text, first):
    assert read(text.encode()).columns[0] == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Report\n5.1,3.5,a\n4.9,3.0,b\n", "dataset.skip_rows=N skips the N lines above"),
        ("label\na,1\nb,2\n", "write a name for these at the start of the header"),
        (
            "name\nAnna\nBob, a\nTim\n",
            ", line 3: 2 cells, but the header has 1\n  dataset.delimiter",
        ),
        (
            written() + "# the end\n",
            ", line 5: 1 cell, but the header has 3\n  dataset.comment='#'",
        ),
        ('"Report of 2024\n' + written(), "dataset.skip_rows=N skips the N lines above"),
        ('# a\n"x,y\n1,2\n', ": a quote that is opened here is never closed"),
        ('"x" "y"\n"1" 0.5 "a"\n', "dataset.delimiter is the character between cells"),
    ],
    ids=[
        "no header",
        "row names",
        "one column",
        "a comment below",
        "an open quote",
        "another",
        "R",
    ],
)
def test_what_is_above_or_between_rows_is_not_guessed_if_in_doubt(refusal, text, message):
    assert message in refusal(text.encode())


def test_lines_above_the_table_can_be_counted_for_the_reader(read):
    text = "units,in,metres\nsep=;\n" + written(";")

    assert_is_the_table(read(text.encode(), skip_rows=1))
    assert "two" in read(b"one,two\n1,2\n", skip_rows=0).columns
    assert "2" in read(b"one,two\n1,2\n3,4\n", skip_rows=1).columns


def test_a_second_header_is_noted_with_its_line(read):
    (note,) = read(b"x,y\nm,kg\n1,2\n3,4\n").notes

    assert note.startswith("line 2 has texts where other rows have numbers")


@pytest.mark.parametrize("delimiter", [*"^:~!*&\\@\u00a7\u00a6\x01\x1f/=", "::", "||"], ids=ascii)
def test_a_rare_delimiter_is_found_if_it_parts_every_row(read, delimiter):
    assert_is_the_table(read(written(delimiter).encode()))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a:b^c\n1:2^3\n", ["a:b^c"]),
        ("price, EUR;weight, kg\n1,5;2,5\n2,5;3,5\n", ["price, EUR", "weight, kg"]),
        ("name, title;age\nSmith, J.;5\nBrown, K.;6\n", ["name, title", "age"]),
        ("name^remark\nx^foo, bar\ny^bar, baz\n", ["name", "remark"]),
        ("a|b, c|d\n1|2, 3|4\n5|6, 7|8\n", ["a", "b, c", "d"]),
    ],
)
def test_of_several_delimiters_the_one_that_yields_numbers_is_taken(read, text, columns):
    assert read(text.encode()).columns == columns


def test_delimiters_that_fit_as_well_are_named(read):
    assert any(
        "not at ';'; see dataset.delimiter" in note for note in read(b"a,b;c\nx,y;z\n").notes
    )


def test_a_column_that_is_not_there_says_that_cells_may_not_be_parted(read):
    with pytest.raises(
        DataError, match=r"columns: a:b\^c\n  if these are several names: dataset.delim"
    ):
        read(b"a:b^c\n1:2^3\n").column("a")


ESCAPED = {
    "quotes": (r'"say \"hi\""', 'say "hi"'),
    "a quote and a comma": (r'"say \"hi, you\""', 'say "hi, you"'),
    "a quote at the end": (r'"2 \""', '2 "'),
    "a backslash of a path": (r'"\"C:\temp\new\""', r'"C:\temp\new"'),
    "an escaped backslash": (r'"\"C:\\"', '"C:\\'),
    "quotes and doubled ones": (r'"\"a"" b"', '"a" b'),
    "MySQL's NULL": (r'"\""', '"'),
}


@pytest.mark.parametrize(("written_as", "cell"), ESCAPED.values(), ids=ESCAPED)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_quotes_behind_a_backslash_belong_to_their_cell(read, written_as, cell, delimiter):
    rows = [["x", "text", "y"], ["1", written_as, "a"], ["2", r"\N", "b"], ["3", '"c"', "a"]]

    table = read("\n".join(map(delimiter.join, rows)).encode())

    assert table.cells("text") == [cell, r"\N", "c"]
    assert table.notes == (r"quotes within cells are written as \"",)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('x,p,y\n1,"C:\\dir\\",a\n2,"D:\\",b\n', ["C:\\dir\\", "D:\\"]),
        ('x,p,y\n1,"a ""b\\"" c",a\n', ['a "b\\" c']),
        ('x,p,y\n1,5\\" pipe,a\n', ['5\\" pipe']),
    ],
    ids=["paths", "doubled quotes", "unquoted"],
)
def test_a_backslash_before_a_closing_quote_is_one_of_the_cell(read, text, cells):
    table = read(text.encode())

    assert table.cells("p") == cells
    assert table.notes == ()


def test_an_escape_beyond_the_first_lines_is_refused_with_the_option_that_reads_it(read, refusal):
    text = "x,text\n" + '1,"b"\n' * 12_000 + '1,"say \\"hi\\""\n'

    message = refusal(text.encode())

    assert message.startswith(", line 12002: ")
    assert "dataset.escape='\\' reads one that is written as \\\"" in message
    assert read(text.encode(), escape="\\").cells("text")[-1] == 'say "hi"'
