"""What predict writes: never over the user's files, and exact."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from nnlab.cli.answers import CSVSink, JSONSink
from nnlab.storage import atomic
from tests.helpers.command import Command
from tests.helpers.command import nnlab as nnlab_command
from tests.helpers.tables import write_table


@pytest.fixture
def table(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_table(tmp_path / "rows.csv", ["width", "height"], [(9, -180), (12, -260)])


def linked(path: Path) -> Path:
    link = path.with_name("link.csv")
    link.symlink_to(path)
    return link


def hard_linked(path: Path) -> Path:
    link = path.with_name("hard.csv")
    os.link(path, link)
    return link


@pytest.mark.parametrize(
    "same",
    [
        lambda path: path,
        lambda path: Path("rows.csv"),
        lambda path: Path("./../" + path.parent.name + "/rows.csv"),
        linked,
        hard_linked,
    ],
    ids=["the path", "relative", "roundabout", "symbolic link", "hard link"],
)
@pytest.mark.parametrize("more", [(), ("--overwrite",)], ids=["", "overwrite"])
def test_the_input_is_never_overwritten(table_run, table, command: Command, same, more) -> None:
    before = table.read_bytes()

    refused = command("predict", str(table_run.path), str(table), "-o", str(same(table)), *more)

    assert refused.code == 2
    assert "this is a file that the command reads" in refused.stderr
    assert table.read_bytes() == before


def test_a_file_of_an_input_folder_is_not_overwritten(table_run, table, command: Command) -> None:
    before = table.read_bytes()
    words = ("predict", str(table_run.path), str(table.parent), "-o", str(table), "--overwrite")

    assert command(*words).code == 2
    assert table.read_bytes() == before


def test_the_runs_own_table_is_not_overwritten(table_run, table, command: Command) -> None:
    own = Path(table_run.meta["data_path"])
    before = own.read_bytes()
    words = ("predict", str(table_run.path), str(table), "-o", str(own), "--overwrite")

    assert command(*words).code == 2
    assert own.read_bytes() == before


def test_another_file_is_replaced_only_if_asked(table_run, table, command: Command) -> None:
    other = table.with_name("notes.csv")
    other.write_text("mine")
    words = ("predict", str(table_run.path), str(table), "-o", str(other))

    refused = command(*words)
    kept = other.read_text()
    replaced = command(*words, "--overwrite")

    assert (refused.code, kept, replaced.code) == (2, "mine", 0)
    assert "already exists; choose another name, or replace it with --overwrite" in refused.stderr
    assert other.read_text().startswith("row,class,")


def test_a_folder_is_no_output(table_run, table, command: Command) -> None:
    refused = command("predict", str(table_run.path), str(table), "-o", str(table.parent))

    assert refused.code == 2
    assert "this is a folder; name a file in it" in refused.stderr


def test_a_device_is_written_as_it_is(table_run, table, command: Command) -> None:
    done = command("predict", str(table_run.path), str(table), "-o", os.devnull)

    assert done.code == 0
    assert Path(os.devnull).is_char_device()


def test_nothing_is_left_after_a_failure(table_run, table, command: Command) -> None:
    table.write_text("width,height\n1,2\n1,wide\n")

    failed = command("predict", str(table_run.path), str(table), "-o", "answers.csv")

    assert failed.code == 3
    assert [path.name for path in table.parent.iterdir()] == ["rows.csv"]


def test_a_piecewise_file_appears_when_it_is_complete(tmp_path) -> None:
    path = tmp_path / "answers.csv"

    with atomic.open_atomic(path) as file:
        file.write(b"one,")
        assert not path.exists()
        file.write(b"two")

    assert path.read_bytes() == b"one,two"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "utf-16"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda env: "-".join(env.values()),
)
def test_a_pipe_gets_labels_as_they_are(table_run, table, env) -> None:
    import subprocess
    import sys

    words = [sys.executable, "-m", "nnlab", "predict", str(table_run.path), str(table)]
    done = subprocess.run(words, capture_output=True, env={**os.environ, **env}, check=True)

    header = done.stdout.decode().splitlines()[0]
    assert header.startswith("row,class,p(gro\u00df),p(klein)")


RECORD = {
    "row": 1,
    "input": {"@name": "=1+1", "x": "-1.5"},
    "class": "-label",
    "probabilities": {"-label": 1 / 3, "b": 2 / 3},
    "note": "",
}


def test_csv_is_exact_and_inert() -> None:
    stream = io.StringIO()
    sink = CSVSink(stream)
    sink.write(RECORD)

    (row,) = csv.DictReader(io.StringIO(stream.getvalue()))

    assert row == {
        "row": "1",
        "'@name": "'=1+1",
        "x": "-1.5",
        "class": "'-label",
        "p(-label)": repr(1 / 3),
        "p(b)": repr(2 / 3),
        "note": "",
    }


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_written_piece_by_piece_is_what_json_writes_at_once(capsys, count: int) -> None:
    sink = JSONSink({"schema_version": 1, "seeds": [0, 1]})
    for _ in range(count):
        sink.write(RECORD)
    sink.close()

    whole = {"schema_version": 1, "seeds": [0, 1], "predictions": [RECORD] * count}
    assert capsys.readouterr().out == json.dumps(whole, indent=2) + "\n"


def test_a_file_named_by_an_umlaut_can_be_predicted(table_run, table) -> None:
    path = table.rename(table.with_name("M\u00fcller.csv"))

    done = nnlab_command("predict", table_run.path, path, path)

    assert done.stdout.splitlines()[1].startswith(f"{path},1,")
