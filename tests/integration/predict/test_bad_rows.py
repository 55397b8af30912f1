"""New rows that cannot be used: refused with what is wrong, or skipped in their place."""

from __future__ import annotations

import io
import json

import pytest

import nnlab
from nnlab.data.columns.new_rows import HOW_TO_SKIP
from nnlab.data.tables import rows as table_rows
from nnlab.errors import ConfigError, DataError
from tests.helpers.tables import write_table

ROWS = "born,size,colour,y\n" + "".join(
    f"20{i % 30 + 10}-01-{i % 28 + 1:02},{i},{['red', 'blue'][i % 2]},{['lo', 'hi'][i // 30]}\n"
    for i in range(60)
)
NEW = """\
born,size,colour,y
2020-01-01,3,red,lo
01.02.2020,4,red,lo
2020-01-03,,green,hi
2020-01-04,5,blue
2020-01-05,x,blue,hi
2020-01-06,6,blue,hi
"""
FAULTS = {
    2: "born: '01.02.2020' is not a date",
    3: "size is missing",
    4: "it has 3 cells, but the header has 4",
    5: "size: 'x' is not a number",
}


@pytest.fixture(scope="module")
def run(runs_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    (folder / "t.csv").write_text(ROWS)
    experiment = {
        "dataset": {"name": "csv", "path": str(folder / "t.csv"), "target": "y"},
        "model": {"name": "logistic"},
        "optimizer": {"name": "adam", "lr": 0.1},
        "train": {"epochs": 2},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


@pytest.fixture
def new(tmp_path):
    (tmp_path / "new.csv").write_text(NEW)
    return tmp_path / "new.csv"


def test_bad_rows_keep_their_place_without_an_answer(run, new) -> None:
    found = nnlab.predict(run, new, skip_bad_rows=True)

    assert [answer["row"] for answer in found] == [1, 2, 3, 4, 5, 6]
    for answer in found:
        fault = FAULTS.get(answer["row"])
        assert answer["note"] == (f"no answer: {fault}" if fault else "")
        assert (answer["class"] is None) == (fault is not None)
        assert set(answer["probabilities"]) == {"hi", "lo"}
        assert (None in answer["probabilities"].values()) == (fault is not None)
    good = {"born": "2020-01-06", "size": 6, "colour": "blue"}
    assert {**found[5], "row": 1} == nnlab.predict(run, good)[0]


def test_the_refusal_names_the_rows_by_column_and_the_option(run, new) -> None:
    text = NEW.replace("2020-01-04,5,blue\n", "2020-01-04,5,blue,hi\n")
    new.write_text(text)

    with pytest.raises(DataError) as caught:
        nnlab.predict(run, new)

    assert str(caught.value).splitlines()[1:] == [
        "  'born': 1 of 6 cells is not a date (line 3: '01.02.2020')",
        "  'size': 1 of 6 cells is missing (line 4: empty)",
        "  'size': 1 of 6 cells is not a number (line 6: 'x')",
        f"  {HOW_TO_SKIP}",
    ]


def test_the_refusal_counts_the_rows_of_all_parts(run, new, monkeypatch) -> None:
    monkeypatch.setattr(table_rows, "CELLS_PER_PART", 8)
    new.write_text("born,size,colour,y\n" + "2020-01-01,,red,lo\n2020-01-01,1,red,lo\n" * 6)

    with pytest.raises(DataError, match=r"'size': 6 of 12 cells are missing \(line 2: empty"):
        nnlab.predict(run, new)
    found = nnlab.predict(run, new, skip_bad_rows=True)
    assert [answer["class"] is None for answer in found] == [True, False] * 6


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_the_command_answers_the_good_rows(form, run, new, command, tmp_path) -> None:
    words = {"table": [], "csv": ["-o", str(tmp_path / "out.csv")], "json": ["--json"]}[form]

    done = command("predict", str(run.path), str(new), "--skip-bad-rows", *words)

    assert done.code == 0
    assert "4 of 6 rows without an answer" in done.stderr
    assert "row 3: no answer: size is missing" in done.stderr
    if form == "csv":
        lines = (tmp_path / "out.csv").read_text().splitlines()
        assert lines[3] == "3,,,,no answer: size is missing"
        assert "2 predictions by" in done.stderr
    if form == "json":
        assert json.loads(done.stdout)["predictions"][2]["class"] is None


def test_a_broken_line_is_refused_with_the_option(run, new) -> None:
    for use in (nnlab.predict, lambda run, new: nnlab.evaluate(run, data_file=new)):
        with pytest.raises(DataError) as caught:
            use(run, new)
        assert str(caught.value).endswith(f"line 5: 3 cells, but the header has 4\n  {HOW_TO_SKIP}")


def test_broken_lines_of_standard_input_keep_their_place(run) -> None:
    stream = io.BufferedReader(io.BytesIO(b"size,born,colour\n1,2020-01-01\n2,2020-01-01,red\n"))
    stream.raw.name = "rows"

    found = nnlab.predict(run, stream, skip_bad_rows=True)

    assert [answer["note"] for answer in found] == [
        "no answer: it has 2 cells, but the header has 3",
        "",
    ]


def test_a_table_without_any_good_row_has_only_empty_answers(run, new) -> None:
    new.write_text("born,size,colour\n,,\n,1,red\n,2,\n")

    assert {answer["class"] for answer in nnlab.predict(run, new, skip_bad_rows=True)} == {None}


def test_a_measurement_leaves_bad_rows_out_and_says_so(run, new, command) -> None:
    new.write_text(NEW + "2020-01-07,7,mauve,\n2020-01-08,8,blu,hi\n")
    words = ["eval", str(run.path), "--data-file", str(new), "--skip-bad-rows"]

    found = json.loads(command(*words, "--json").stdout)

    assert found["num_examples"] == 3
    unknown, left_out = found["notes"]
    assert unknown == (
        "3 rows with an unknown category of colour: 'green' (1), 'mauve' (1), "
        "'blu' (did you mean 'blue'?) (1)"
    )
    assert left_out == (
        "5 of 8 rows left out: born is not a date (1), size is missing (1), size is not a number (1), "
        "y is missing (1), another number of cells than the header (1)"
    )
    assert "5 of 8 rows left out" in command(*words).stderr


def test_a_measurement_lists_bad_rows_of_features_and_target(run, new) -> None:
    new.write_text("born,size,colour,y\n2020-01-01,,red,lo\n2020-01-01,1,red,\n")

    with pytest.raises(DataError) as caught:
        nnlab.evaluate(run, data_file=new)

    assert "'size': 1 of 2 cells is missing" in str(caught.value)
    assert "'y': 1 of 2 cells is missing" in str(caught.value)
    assert "--skip-bad-rows" in str(caught.value)


def test_skipping_is_refused_where_nothing_can_be_skipped(run, command, tmp_path) -> None:
    own = run.config.dataset.path
    with pytest.raises(ConfigError, match="is for another table than the run's"):
        nnlab.evaluate(run, data_file=own, skip_bad_rows=True)
    with pytest.raises(ConfigError, match="leave it out for numbers and a single row"):
        nnlab.predict(run, {"born": "2020-01-01", "size": 1, "colour": "red"}, skip_bad_rows=True)
    assert command("predict", str(run.path), "--split", "test", "--skip-bad-rows").code == 2


def test_values_of_a_regression_are_empty_too(runs_dir, tmp_path) -> None:
    path = write_table(tmp_path / "t.csv", ["a", "y"], [[i, 2.5 * i] for i in range(60)])
    experiment = {
        "dataset": {"name": "csv", "path": str(path), "target": "y", "task": "regression"},
        "model": {"name": "mlp", "hidden_sizes": [2]},
        "optimizer": {"name": "adam"},
        "train": {"epochs": 1},
    }
    run = nnlab.train(experiment, runs_dir=runs_dir)
    new = write_table(tmp_path / "new.csv", ["a", "y"], [["", 1], [2, "x"], [3, 7.5]])

    found = nnlab.predict(run, new, skip_bad_rows=True)

    assert [answer["value"] is None for answer in found] == [True, False, False]
    assert nnlab.evaluate(run, data_file=new, skip_bad_rows=True)["num_examples"] == 1
