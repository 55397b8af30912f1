from __future__ import annotations

import io
import json
import math
import sys
import unicodedata

import pytest

from nnlab import console, streams
from nnlab.cli.lines import fit, join, spacing
from nnlab.cli.progress import epoch_fields
from nnlab.formatting import Column, clean, format_metric


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment widens, narrows or colours what is printed."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TERM"):
        monkeypatch.delenv(name, raising=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def rows_of(text: str) -> list[list[str]]:
    """The cells of a printed table, without the ruler and empty lines."""
    lines = [line for line in text.splitlines() if line.strip() and "\u2500" not in line]
    return [line.split() for line in lines]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m", id="colour"),
        pytest.param("\x1b]0;title\x07", "\\x1b]0;title\\x07", id="window title"),
        pytest.param("\x9b2J", "\\x9b2J", id="one-byte escape"),
        pytest.param("good\rbad", "good\\rbad", id="carriage return"),
        pytest.param("a\bb\x7f", "a\\x08b\\x7f", id="backspace and delete"),
        pytest.param("a\tb\vc\fd", "a\\tb\\x0bc\\x0cd", id="tabs and feeds"),
        pytest.param("a\0b", "a\\x00b", id="null"),
        pytest.param("a\x85b", "a\\x85b", id="next line"),
        pytest.param("\u202egpj.exe", "\\u202egpj.exe", id="right to left override"),
        pytest.param("\u2066a\u2069", "\\u2066a\\u2069", id="isolates"),
        pytest.param("\u200e\u200f\u061c", "\\u200e\\u200f\\u061c", id="direction marks"),
        pytest.param("a\u200bb\ufeffc", "a\\u200bb\\ufeffc", id="no width"),
        pytest.param("\U000e0041", "\\U000e0041", id="invisible tag"),
        pytest.param("a\ud800b", "a\\ud800b", id="half a character"),
    ],
)
def test_terminal_control_characters_are_escaped(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "two\nlines\n",
        "\u00e4\u00f6\u00fc \u00df",
        "\u65e5\u672c\u8a9e",
        "\U0001f44d",
        "[red]x[/red]",
        "\\x1b",
    ],
)
def test_printable_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_no_control_character_of_unicode_is_left() -> None:
    steering = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"} and chr(code) != "\n"
    ]

    left = [ascii(character) for character in steering if character in clean(character)]

    assert left == []


def test_results_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_line("a result\x1b[2J")

    assert capsys.readouterr() == ("a result\\x1b[2J\n", "")


def test_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_note("a note\x1b[2J")

    assert capsys.readouterr() == ("", "a note\\x1b[2J\n")


def test_errors_go_to_stderr_without_colour_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_error("[bold]name[/x]\x1b[2J is wrong")

    assert capsys.readouterr() == ("", "error: [bold]name[/x]\\x1b[2J is wrong\n")


def test_json_is_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"schema_version": 1, "name": "\x1b[2J\u202e \u00e4", "none": None, "list": [1.5]}

    console.print_json(value)

    stdout, stderr = capsys.readouterr()
    assert json.loads(stdout) == value
    assert "\x1b" not in stdout
    assert stderr == ""


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_output_has_only_numbers_json_allows(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        console.print_json({"loss": value})


class AsciiTerminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_that_lacks_a_character_shows_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", AsciiTerminal(raw, encoding="ascii"))

    streams.harden()
    console.print_line("\u00e4 \u65e5")
    sys.stdout.flush()

    assert raw.getvalue() == b"\\xe4 \\u65e5\n"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-16", "cp437"])
def test_files_and_pipes_get_utf_8(
    name: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding=encoding))

    streams.harden()
    getattr(sys, name).write("M\u00fcller \u65e5")
    getattr(sys, name).flush()

    assert raw.getvalue().decode() == "M\u00fcller \u65e5"


def test_a_table_can_be_printed_to_a_terminal_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", AsciiTerminal(raw, encoding="ascii"))

    streams.harden()
    console.print_table(["name"], [["\u00e4"]])
    sys.stdout.flush()

    assert b"\\xe4" in raw.getvalue()


@pytest.mark.parametrize(
    ("stream", "term", "expected"),
    [
        (Terminal(), "xterm", True),
        (Terminal(), None, True),
        (Terminal(), "dumb", False),
        (io.StringIO(), "xterm", False),
    ],
    ids=["terminal", "terminal without a kind", "dumb terminal", "pipe"],
)
def test_only_a_terminal_that_can_move_is_animated(
    stream: io.StringIO, term: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if term:
        monkeypatch.setenv("TERM", term)

    assert console.is_terminal(stream) is expected


@pytest.mark.parametrize(
    "text",
    [
        "[/x]",
        "[/]",
        "[bold]x[/bold]",
        "[link=http://example.org]x[/link]",
        "[red]",
        "[@click=quit]x",
        ":smile:",
        "{x}",
        "\\[x]",
    ],
)
def test_markup_in_a_table_is_printed_as_it_is(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    console.print_table([text, "value"], [[text, "1"], ["b", text]], title=text)

    stdout = capsys.readouterr().out
    assert stdout.count(text) == 4
    assert "\x1b" not in stdout


def test_control_characters_in_a_table_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    bad, shown = "a\x1b[2J\u202eb", "a\\x1b[2J\\u202eb"

    console.print_table([bad], [[bad]], title=bad)

    stdout = capsys.readouterr().out
    assert stdout.count(shown) == 3
    assert "\x1b" not in stdout


def test_a_table_has_its_columns_and_rows(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(["name", "loss"], [["a", "0.1"], ["bb", "12.5"]], title="results")

    stdout, stderr = capsys.readouterr()
    assert rows_of(stdout) == [["results"], ["name", "loss"], ["a", "0.1"], ["bb", "12.5"]]
    assert stderr == ""


def test_text_is_left_aligned_and_numbers_right_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(["name", "kind", "n"], [["a", "x", "1"], ["bbb", "yyy", "100"]], left=2)

    lines = capsys.readouterr().out.splitlines()
    first, last = (next(line for line in lines if name in line) for name in (" a ", "bbb"))
    assert first.index("a") == last.index("bbb")
    assert first.index("x") == last.index("yyy")
    assert first.rindex("1") == last.rindex("0")


def test_a_long_name_is_not_broken_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    run_id = "20260101-000000-" + "x" * 84

    console.print_table(["id", "status"], [[run_id, "finished"]], left=2)

    assert [run_id, "finished"] in rows_of(capsys.readouterr().out)


def test_a_cell_too_long_for_the_screen_is_folded_and_not_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    text = "".join(chr(ord("a") + n % 26) for n in range(80))

    console.print_table(["text"], [[text]])

    assert "".join(line[0] for line in rows_of(capsys.readouterr().out)[1:]) == text


@pytest.mark.parametrize(
    ("width", "columns"),
    [(80, ["id", "seeds", "test", "tags"]), (45, ["id", "test", "tags"]), (38, ["id", "test"])],
)
def test_optional_columns_are_dropped_on_a_narrow_screen(
    width: int,
    columns: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    row = ["x" * 20, "1", "0.5000", "baseline"]

    console.print_table(["id", Column("seeds", 1), "test", Column("tags", 2)], [row])

    assert rows_of(capsys.readouterr().out)[0] == columns


@pytest.mark.parametrize(
    ("name", "value", "deviation", "shown"),
    [
        ("accuracy", 0.5, None, "50.00 %"),
        ("accuracy", 1.0, None, "100.00 %"),
        ("accuracy", 0.97344, 0.01234, "97.34 +- 1.23 %"),
        ("f1", 0.25, 0.0, "25.00 +- 0.00 %"),
        ("precision", 0.0, None, "0.00 %"),
        ("recall", 0.125, None, "12.50 %"),
        ("ece", 0.031, None, "3.10 %"),
        ("loss", 0.123456, None, "0.1235"),
        ("loss", 0.123456, 0.0344, "0.1235 +- 0.034"),
        ("mse", 123456.0, None, "123500"),
        ("mse", 1640.4, 97.3, "1640 +- 97"),
        ("mse", 2e-7, None, "2e-07"),
        ("mse", 3e9, None, "3e+09"),
        ("r2", -1.5, None, "-1.5"),
        ("mae", 0.0, None, "0"),
        ("loss", math.inf, None, "inf"),
        ("loss", math.nan, None, "nan"),
        ("loss", None, None, "-"),
        ("accuracy", None, 0.1, "-"),
    ],
)
def test_a_metric_is_shown_as_people_read_it(
    name: str, value: float | None, deviation: float | None, shown: str
) -> None:
    assert format_metric(name, value, deviation) == shown


RECORDS = [
    {"epoch": 3, "train": {"loss": 1.0}, "val": {"loss": 2.0, "accuracy": a}, "seconds": 1.25}
    for a in (0.5, 1.0)
]


def test_an_epoch_is_one_line_of_means_over_replicas() -> None:
    line = join(epoch_fields(RECORDS, 100))

    expected = (
        "epoch   3/100  train loss  1.0000  val loss  2.0000  val accuracy  75.00 %     1.2 s"
    )
    assert line == expected


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "epoch   3/100  train loss  1.0000  val accuracy  75.00 %     1.2 s"),
        (50, "epoch   3/100  val accuracy  75.00 %     1.2 s"),
        (44, "  3/100  val accuracy  75.00 %     1.2 s"),
        (30, "  3/100  val accuracy  75.00 %"),
    ],
)
def test_on_a_narrow_screen_an_epoch_keeps_what_matters_most(width: int, line: str) -> None:
    assert fit(epoch_fields(RECORDS, 100), width) == line


def test_the_digits_of_a_loss_do_not_jump() -> None:
    losses = [12.3456, 0.554, 0.5105, 0.001, 4.6e-05, 0.0]
    records = [{**RECORDS[0], "train": {"loss": loss}} for loss in losses]

    shown = [epoch_fields([record], 100)[1].text for record in records]

    numbers = ["12.3456", " 0.5540", " 0.5105", " 0.0010", "4.6e-05", " 0.0000"]
    assert shown == [f"train loss {number}" for number in numbers]


@pytest.mark.parametrize(
    ("num_epochs", "every"), [(1, 1), (50, 1), (51, 2), (200, 5), (1000, 20), (10_000, 200)]
)
def test_long_trainings_are_thinned_to_a_screen_or_two(num_epochs: int, every: int) -> None:
    assert spacing(num_epochs) == every


@pytest.mark.parametrize("width", [30, 50, 80])
def test_messages_are_wrapped_between_words(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = (
        "20260101-080000-spiral_mlp-00aa: 1,050 examples, 1 step per epoch, 603 parameters on cpu"
    )

    for show in (console.print_line, console.print_note, console.print_error):
        show(text)

    stdout, stderr = capsys.readouterr()
    assert max(map(len, (stdout + stderr).splitlines())) <= max(width, len("error: ") + 32)
    assert (stdout + stderr).split() == [*text.split(), *text.split(), "error:", *text.split()]
    assert len(stdout.splitlines()) > 1


def test_quoted_source_is_not_wrapped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    source = "  3 | hidden_sizes: [64, 64, 64]\n    |                ^"

    console.print_error("e.yaml:3:17: wrong\n" + source)

    assert capsys.readouterr().err.endswith(source + "\n")


def test_columns_that_are_left_out_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")

    console.print_table(["id", Column("seeds", 1), Column("tags", 2)], [["x" * 26, "1", "base"]])

    note = " ".join(capsys.readouterr().err.split())
    assert note == "2 columns left out: seeds, tags; widen the terminal, or use --json"


def test_an_id_is_never_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    run_id = "20260101-080000-spiral_mlp-00aa"

    console.print_table(
        ["id", "status", "test"], [[run_id, "finished", "accuracy 98.52 %"]], left=2
    )

    words = capsys.readouterr().out.split()
    assert words == ["id", run_id, "status:", "finished", "test:", "accuracy", "98.52", "%"]


def test_a_fit_says_how_many_iterations_it_took() -> None:
    records = [{"epoch": 1, "train": {"loss": 1.0}, "iterations": n, "seconds": 1} for n in (9, 7)]

    assert "7 to 9 iterations" in join(epoch_fields(records, 1))
    assert "  9 iterations" in join(epoch_fields(records[:1], 1))


@pytest.mark.parametrize("width", range(20, 56, 3))
def test_a_table_keeps_every_character_at_every_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [["20260101-080000-spiral_mlp-00aa", "accuracy 98.52 %", "a word or two"]]

    console.print_table(["id", "test", "notes"], rows, left=1)

    words = capsys.readouterr().out.split()
    assert set(" ".join(rows[0]).split()) <= set(words)
