"""The same table as other programs write it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pytest

from tests.helpers.tables import matrix

ROWS = [["x1", "größe", "y"], ["0.5", "-2", "a"], ["3e1", "4.25", "b"], [".5", "+6", "a"]]
COLUMNS = ["x1", "größe", "y"]


def written(delimiter: str = ",", ending: str = "\n", end: str = "") -> str:
    return ending.join(delimiter.join(row) + end for row in ROWS) + ending


def zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def assert_is_the_table(table) -> None:
    assert table.columns == COLUMNS
    assert matrix(table, ["x1", "größe"]).tolist() == [[0.5, -2], [30, 4.25], [0.5, 6]]
    assert table.texts("y") == ["a", "b", "a"]


TEXTS = {
    "semicolons": written(";"),
    "tabs": written("\t"),
    "bars": written("|"),
    "blanks": written("   "),
    "blanks at both ends": "".join(f"  {line}  \n" for line in written(" ").splitlines()),
    "blanks and tabs": written(" \t "),
    "sep= line": "sep=;\n" + written(";"),
    "SEP= of a tab": "SEP=\t\r\n" + written("\t", "\r\n"),
    "quoted sep= line": '"sep=|"\n' + written("|"),
    "sep= line after saving again": "sep=;,,\n" + written(";"),
    "blanks after delimiters": written(", "),
    "blanks around quotes": "".join(
        " , ".join(f'"{cell}"' for cell in row) + " \n" for row in ROWS
    ),
    "blanks before quotes": "".join(", ".join(f'"{cell}"' for cell in row) + "\n" for row in ROWS),
    "trailing delimiters": written(end=","),
    "several trailing delimiters": written(end=",,,"),
    "trailing delimiters below the header": written(end=",").replace("y,", "y", 1),
    "trailing delimiter in the header only": written().replace("y", "y,", 1),
    "blank lines": written(ending="\n\n"),
    "a last line of blanks": written() + "    ",
    "lines of blanks and tabs": written(ending="\n \t \n"),
    "empty rows at the end": written() + ",,\n,,\n",
    "empty rows between": written(ending="\r\n , ,\r\n"),
    "empty rows of another width": written() + ",\n,,,,\n",
    "empty quoted rows": written() + '"","",""\n',
    "old Mac": written(ending="\r"),
    "leading comments": "# made by hand\n#\n" + written(),
    "leading comments and blank lines": "\n# a, b and c\n\n" + written(),
    "invisible characters in names": written().replace("x1", "\u200bx1\ufeff", 1),
    "hard blanks around names": written().replace("x1", "\u00a0x1\u2003", 1),
    "decomposed names": written().replace("ö", "o\u0308"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_table_is_read_as_other_programs_write_it(read, text):
    assert_is_the_table(read(text.encode()))


@pytest.mark.parametrize(
    ("content", "given"),
    [
        (written().encode("utf-8-sig"), {}),
        (written("\t").encode("utf-16"), {}),
        (b"\xfe\xff" + written().encode("utf-16-be"), {}),
        (written().encode("utf-32"), {}),
        (written().encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (written().encode("latin-1"), {"encoding": "latin-1"}),
        (written().encode("cp1252"), {"encoding": "cp1252"}),
        (written().encode("cp437"), {"encoding": "cp437"}),
        (written().encode("utf-8-sig"), {"encoding": "cp1252"}),
        (written().encode("utf-16"), {"encoding": "utf-8"}),
    ],
    ids=[
        *("mark", "utf-16", "utf-16 be", "utf-32", "utf-16 without a mark", "latin-1", "cp1252"),
        *("cp437", "mark before encoding", "utf-16 mark before encoding"),
    ],
)
def test_a_table_is_read_in_its_encoding(read, content, given):
    assert_is_the_table(read(content, **given))


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(written().encode()),
        bz2.compress(written().encode("utf-16")),
        lzma.compress(written(";").encode()),
        zipped(("inside.csv", written().encode())),
        zipped(("d/", b""), ("d/inside.csv", written().encode()), ("__MACOSX/d/._t.csv", b"\0")),
        zipped((".DS_Store", b"\0"), ("d/.DS_Store", b"\0"), ("d/t", written().encode())),
        zipped(("Thumbs.db", b"\0"), ("desktop.ini", b"x"), ("t.TXT", written().encode())),
        zipped(("README.txt", b"x"), ("d/t.csv", written().encode())),
        zipped(("README.md", b"x"), ("t.csv", written().encode()), ("LICENSE", b"x")),
    ],
    ids=[
        "gz",
        "bz2",
        "xz",
        "zip",
        "zip of a Mac",
        "Finder's files",
        "Windows' files",
        "a text",
        "a readme",
    ],
)
def test_a_compressed_table_is_recognised_by_its_bytes(read, content):
    table = read(content)

    assert_is_the_table(table)
    assert len(table.sha256) == 64


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (written(";"), {"delimiter": ";"}),
        (written("~"), {"delimiter": "~"}),
        (written(" "), {"delimiter": " "}),
        ("% c\n" + written(ending="\n%, x\n"), {"comment": "%"}),
        ('"# c",größe\n#\'"\n1,2\n', {"comment": "#"}),
        ("sep=,\n" + written(";"), {"delimiter": ";"}),
    ],
    ids=["semicolon", "tilde", "blank", "comments", "a quoted comment character", "sep= overruled"],
)
def test_what_the_user_says_about_a_table_holds(read, text, given):
    assert "größe" in read(text.encode(), **given).columns


def test_columns_without_a_header_are_numbered(read):
    table = read(b"5.1,3.5,a\n4.9,3.0,b\n", header=False)

    assert table.columns == ["0", "1", "2"]
    assert table.texts("2") == ["a", "b"]
    assert table.lines.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("header", "is_noted"),
    [
        ("5.1,3.5,setosa", True),
        ("1,7,3", True),
        ("-1,a,b", True),
        ("0,1,2", False),
        ("2019,2020,2021", False),
        ("x1,x2,y", False),
        ("1st,2nd,y", False),
    ],
)
def test_a_header_that_looks_like_data_is_noted(read, header, is_noted):
    notes = read(f"{header}\n1,2,a\n".encode()).notes

    assert any("looks like data" in note for note in notes) == is_noted


def test_rows_without_content_are_counted(read):
    assert read((written() + ",,\n \n").encode()).notes == (
        "2 rows without any content were skipped",
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x;n\n0,5;a\n1,25;b\n", [0.5, 1.25]),
        ("x;n\n1.234,5;a\n2;b\n", [1234.5, 2]),
        ("x;z\n1.234;0,5\n5;1\n", [1234, 5]),
        ("x;n\n-1,5e3;a\n,5;b\n", [-1500, 0.5]),
        ('x,n\n"0,5",a\n2,b\n', [0.5, 2]),
        ('x,n\n"1,234.5",a\n"2,000",b\n', [1234.5, 2000]),
        ('x,n\n"1,234,567",a\n12,b\n', [1234567, 12]),
    ],
)
def test_commas_in_numbers_are_read_where_one_reading_is_possible(read, text, values):
    table = read(text.encode())

    assert table.numbers("x").tolist() == values
    assert any("comma" in note for note in table.notes)


@pytest.mark.parametrize(
    "text",
    [
        'x,n\n"1,234",a\n"2,345",b\n',
        "x;z\n0,5;1.5\n1,5;2\n",
        'x,z\n"1,5","1,234.5"\n1,1\n',
    ],
    ids=["two readings", "points elsewhere", "both readings"],
)
def test_commas_in_numbers_are_refused_where_two_readings_are_possible(refusal, text):
    assert "dataset.decimal" in refusal(text.encode()) or "thousands" in refusal(text.encode())


@pytest.mark.parametrize(
    ("text", "given", "values"),
    [
        ("x;n\n1,234;a\n2;b\n", {"decimal": ","}, [1.234, 2]),
        ("x;n\n1,234;a\n2;b\n", {"thousands": ","}, [1234, 2]),
        ("x;n\n1.234;a\n2,5;b\n", {"thousands": "."}, [1234, 2.5]),
        ("x;n\n1 234,5;a\n2;b\n", {"decimal": ",", "thousands": " "}, [1234.5, 2]),
        ("x;n\n1\u00a0234;a\n1\u202f234\u202f567.5;b\n", {"thousands": " "}, [1234, 1234567.5]),
        ("x;n\n1'234;a\n2;b\n", {"thousands": "'"}, [1234, 2]),
        ("x;n\n1\u2019234;a\n2'345;b\n", {"thousands": "'"}, [1234, 2345]),
        ("x;n\n1_234;a\n2;b\n", {"thousands": "_"}, [1234, 2]),
    ],
)
def test_numbers_are_read_in_the_given_style(read, text, given, values):
    assert read(text.encode(), **given).numbers("x").tolist() == values


@pytest.mark.parametrize(
    ("cell", "given"),
    [
        ("1.5", {"decimal": ","}),
        ("1,23,456", {"thousands": ","}),
        ("1,2", {"thousands": ","}),
        ("1234,567", {"thousands": ","}),
        ("1.5,000", {"thousands": ","}),
        ("1,234.5.6", {"thousands": ","}),
    ],
)
def test_a_number_in_another_style_is_not_guessed(refusal, cell, given):
    assert "not a number" in refusal(f"x;z\n1;2\n{cell};2\n".encode(), **given)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            written().encode("utf-16-le"),
            " looks like UTF-16 without a mark; dataset.encoding=utf-16-le reads it",
        ),
        (b"x,y\n1,\0\n", ", line 2: a NUL character; this is not a table, or it is damaged"),
        (
            zipped(("a.csv", b"1"), ("b.csv", b"2"), ("README", b"")),
            ": the archive has 2 tables (a.csv, b.csv), not one; unpack the one to read",
        ),
        (zipped(("a", b"1"), ("b", b"2")), " has 2 files, none of them a table (a, b), not one"),
        (zipped((".DS_Store", b"1")), " has 0 files, none of them a table (), not one"),
        (gzip.compress(b"PAR1"), " is a compressed Parquet file; unpack it first"),
        (gzip.compress(bytes(257) + b"ustar"), " is a tar archive; unpack it first"),
        (b'[{"x": 1}]', " is JSON; save the table as CSV"),
        (zipped(("xl/workbook.xml", b"")), " is an Excel workbook; save the sheet as CSV"),
        (zipped(("content.xml", b"")), " is an OpenDocument sheet; save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), " is an Excel workbook; save the sheet as CSV"),
        (b"$FL2@(#) SPSS" + bytes(9), " is an SPSS file; save the table as CSV"),
        (b"<stata_dta><header>\0", " is a Stata file; save the table as CSV"),
        (gzip.compress(b"X\n\0\0\0\2"), " is an R object; save the table with write.csv"),
        (b"@relation x\n@data\n1,2\n", " is an ARFF file; save the table as CSV"),
        (b"-- MySQL dump 10\n", " is an SQL script; run it in a database, and export"),
        (b"\x89PNG\r\n", " is a picture, not a table"),
        (b"\x80\x04", " is a pickle, which is never read; save it as CSV"),
        (gzip.compress(written().encode())[:-9], " is a damaged archive: "),
        (bz2.compress(written().encode())[:-9], " is a damaged archive: "),
        (lzma.compress(written().encode())[:30], " is a damaged archive: "),
        (zipped(("a.csv", b"x" * 99))[:-9], " is a damaged archive: "),
        (
            b"x,y\n1,2\n1\n1,2,3\n1,2\n1\n1\n",
            (
                ": 4 rows do not have 2 cells as the header has: line 3 has 1, line 4 has 3, "
                "line 6 has 1, ...; complete them, or quote cells that contain a ','"
            ),
        ),
        (
            b"x,x\n1,2\n",
            ", line 1: columns 1 and 2 are both called 'x'; rename one of them",
        ),
        (
            "ö,o\u0308\n1,2\n".encode(),
            ", line 1: columns 1 and 2 are both called 'ö'; rename one of them",
        ),
        (
            b"0,0,5\n1,2,3\n",
            (
                ", line 1: columns 1 and 2 are both called '0'; if this line is data and not a "
                "header, set dataset.header=false"
            ),
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else "content",
)
def test_a_file_that_is_no_table_is_refused_with_what_it_is(refusal, content, message):
    assert message in refusal(content)


def test_a_bomb_is_refused_with_the_numbers(refusal, monkeypatch):
    monkeypatch.setattr("nnlab.data.tables.source.MAX_SMALL_BYTES", 100_000)

    message = refusal(gzip.compress(b"x,y\n" + b"1,2\n" * 100_000))

    assert "compressed ones, more than 200 times as many" in message


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("1 000", "thousands"),
        ("1_000", "thousands"),
        ("\u0663", "write the digits 0 to 9"),
        ("inf", "finite"),
        ("nan", "missing"),
        ("$5", "unit"),
        ("5 \u20ac", "unit"),
        ("5 %", "percent"),
        ("\u22125", "minus"),
    ],
)
def test_a_cell_that_is_not_a_number_says_what_to_do(refusal, cell, hint):
    assert hint in refusal(f"a,b\n1,2\n{cell},2\n".encode()).partition("is not a number\n")[2]


def test_a_name_finds_its_column_in_another_unicode_form(read):
    table = read(written().encode())

    assert table.column("gro\u0308ße") == "größe"
    assert table.numbers(" gro\u0308\u200bße").tolist() == [-2, 4.25, 6]


def test_a_table_of_several_parts_equals_one_of_one(read, monkeypatch):
    text = "a,b,c\n" + "".join(f'{i},"r\n{i % 7}",{i / 8}\n' for i in range(100))
    whole = read(text.encode())
    monkeypatch.setattr("nnlab.data.tables.rows.CELLS_PER_PART", 21)

    parts = read(text.encode())

    assert list(parts.rows) == list(whole.rows)
    assert np.array_equal(parts.lines, whole.lines)
    assert parts.lines[:3].tolist() == [2, 4, 6]
    assert np.array_equal(matrix(parts, ["a", "c"]), matrix(whole, ["a", "c"]))


@pytest.mark.parametrize("is_kept", [[0, 1, 0, 0, 1], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]])
def test_rows_are_selected_from_all_parts(read, monkeypatch, is_kept):
    monkeypatch.setattr("nnlab.data.tables.rows.CELLS_PER_PART", 4)
    table = read(b"a,b\n0,v\n1,w\n2,x\n3,y\n4,z\n")

    selected = table.select(np.array(is_kept, bool), ["a", "b"])
    alone = table.select(np.array(is_kept, bool), ["b"])

    kept = [row for row, keep in zip(table.rows, is_kept, strict=True) if keep]
    assert list(selected.rows) == kept
    assert selected.numbers("a").tolist() == [float(row[0]) for row in kept]
    assert selected.lines.tolist() == [int(row[0]) + 2 for row in kept]
    assert (alone.columns, alone.cells("b")) == (["b"], [row[1] for row in kept])
