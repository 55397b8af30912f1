"""Tables of runs and comparisons: every digit in CSV and Parquet, and LaTeX that is well formed."""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlab
from nnlab.api import as_config
from nnlab.config.load import dump_config
from nnlab.errors import CheckFailedError
from nnlab.export import to_csv
from nnlab.export.latex_text import escape, problem_of
from nnlab.export.results import Measure, Measured, ResultRow, ResultTable
from nnlab.export.to_latex import to_latex
from tests.helpers.command import Command

SPIRAL = {
    "dataset": {"name": "spiral", "num_samples": 240},
    "model": {"name": "mlp", "hidden_sizes": [8]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 2, "seeds": 3, "threads": 1},
}
LINEAR = {
    "dataset": {"name": "regression", "num_samples": 60},
    "model": {"name": "logistic"},
    "optimizer": {"name": "sgd"},
    "train": {"epochs": 1, "threads": 1},
}
# What LaTeX prints for each of the commands that are used, written down apart from the package.
PRINTED = {
    r"\textbackslash{}": "\\", r"\{": "{", r"\}": "}", r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#",
    r"\_": "_", r"\textasciicircum{}": "^", r"\textasciitilde{}": "~", r"\textless{}": "<",
    r"\textgreater{}": ">", r"\textbar{}": "|", r"\symbol{34}": '"', r"\textasciigrave{}": "`",
    r"\textquotesingle{}": "'", "-{}": "-", "{[}": "[", "{*}": "*",
}  # fmt: skip
TOKEN = re.compile("|".join(map(re.escape, sorted(PRINTED, key=len, reverse=True))))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(latex: str) -> str:
    """Return what LaTeX prints; raise if a special character is left bare."""
    rest = TOKEN.sub("", latex)
    assert not set(rest) & set("\\{}&%$#_^~\"`'[*"), rest
    return TOKEN.sub(lambda match: PRINTED[match[0]], latex)


def read(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(name).read_text().splitlines()))


def cells(line: str) -> list[str]:
    assert line.endswith(r" \\")
    return [cell.strip() for cell in re.split(r"(?<!\\)&", line.removesuffix(r"\\"))]


def body(text: str) -> list[str]:
    """Return the lines between the rules of a tabular."""
    return text.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()


def test_a_csv_table_has_the_settings_that_differ_and_every_digit(command: Command) -> None:
    runs = [
        nnlab.train({**SPIRAL, "name": n}, {"optimizer.lr": lr})
        for n, lr in zip("ab", (1, 2), strict=True)
    ]

    done = command("export", *(run.id for run in runs), "--to", "csv")

    assert done.code == 0, done.stderr
    rows = read("runs.csv")
    assert [row["run"] for row in rows] == [run.id for run in runs]
    assert [row["optimizer.lr"] for row in rows] == ["1.0", "2.0"]
    assert "model.name" not in rows[0]
    assert "train.epochs" not in rows[0]
    for row, run in zip(rows, runs, strict=True):
        for split in ("train", "val", "test"):
            for metric in ("loss", "accuracy", "macro_f1"):
                assert float(row[f"{split}_{metric}"]) == run.summary[split][metric]
                assert float(row[f"{split}_{metric}_std"]) == run.summary[f"{split}_std"][metric]
        assert row["seeds"] == "3"


def test_a_parquet_table_has_numbers_and_texts(command: Command) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    runs = [nnlab.train(config) for config in (SPIRAL, LINEAR)]

    done = command("export", *(run.id for run in runs), "--to", "parquet", "-o", "all.parquet")

    assert done.code == 0, done.stderr
    table = parquet.read_table("all.parquet").to_pydict()
    assert table["dataset.name"] == ["spiral", "regression"]
    assert table["model.hidden_sizes"] == ["[8]", None]
    assert table["test_accuracy"] == [runs[0].summary["test"]["accuracy"], None]
    assert table["test_mse"] == [None, runs[1].summary["test"]["mse"]]
    assert table["test_mse_std"] == [None, None]
    assert table["seeds"] == [3, 1]


def test_parquet_without_pyarrow_names_the_extra(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnlab.train(LINEAR)
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    done = command("export", "latest", "--to", "parquet")

    assert done.code == 2
    assert "--to parquet needs pyarrow: pip install 'nnlab[parquet]'" in done.stderr


def test_a_text_that_a_spreadsheet_would_run_is_no_formula() -> None:
    Path("=1+1.csv").write_text("x,y\n" + "".join(f"{i},{i * i % 7}\n" for i in range(40)))
    table = {"name": "csv", "path": "=1+1.csv", "target": "y", "task": "regression"}
    runs = [nnlab.train(LINEAR), nnlab.train({**LINEAR, "dataset": table})]

    nnlab.export(runs, "csv")

    assert read("runs.csv")[1]["dataset.path"] == "'=1+1.csv"


def test_a_latex_table_of_runs_shows_means_and_deviations_and_nothing_in_bold(
    command: Command,
) -> None:
    runs = [
        nnlab.train({**SPIRAL, "name": name}, {"model.activation": activation})
        for name, activation in [("more_or_less (--)", "tanh"), ("b", "relu")]
    ]

    done = command("export", *(run.id for run in runs), "--to", "latex", "-o", "table.tex")

    assert done.code == 0, done.stderr
    text = Path("table.tex").read_text()
    assert re.search(r"ll?rS\[table-format=2\.2\]@\{\\,\$\\pm\$\\,\}S\[table-format=\d\.2\]", text)
    assert r"\multicolumn{2}{c}{test accuracy / \%}" in text
    assert "bfseries" not in text
    for line, run in zip(body(text), runs, strict=True):
        name, activation, seeds, mean, spread, *_ = cells(line)
        assert printed(name) == run.config.name
        assert activation == run.config.model.activation
        assert seeds == "3"
        assert mean == f"{100 * run.summary['test']['accuracy']:.2f}"
        assert spread == f"{100 * run.summary['test_std']['accuracy']:.2f}"


def test_a_single_seed_has_no_column_for_a_spread() -> None:
    run = nnlab.train(LINEAR)

    nnlab.export(run, "latex", "table.tex")

    text = Path("table.tex").read_text()
    assert "pm" not in text
    assert float(cells(body(text)[0])[-1]) == pytest.approx(run.summary["test"]["loss"], rel=1e-3)


@pytest.mark.parametrize(
    ("chosen", "is_bold"), [({"optimizer.lr": 1e-5}, True), ({"train.log_every": 7}, False)]
)
def test_the_best_is_in_bold_only_if_the_verdict_says_so(
    chosen: dict, is_bold: bool, command: Command
) -> None:
    other = [f"{key}={value}" for key, value in chosen.items()]
    for name, changes in (("good", []), ("other_one", other)):
        config = as_config({**SPIRAL, "name": name}, ["train.epochs=20", *changes])
        Path(f"{name}.yaml").write_text(dump_config(config))
    comparison = nnlab.compare(["good.yaml", "other_one.yaml"], seeds=5)
    (pair,) = comparison.pairs
    assert pair.is_decided is is_bold

    done = command("export", comparison.id, "--to", "latex", "-o", "table.tex")

    assert done.code == 0, done.stderr
    text = Path("table.tex").read_text()
    assert ("bfseries" in "".join(body(text))) is is_bold
    assert ("detect-weight" in text) is is_bold
    assert f"% {comparison.verdicts[0]}" in text
    contenders = [printed(cells(line)[0]) for line in body(text)]
    assert contenders == [row.name for row in comparison.rows]
    assert cells(body(text)[0])[-2].removeprefix(r"\bfseries ") == (
        f"{100 * comparison.rows[0].mean:.2f}"
    )
    nnlab.export(comparison.id, "csv", "table.csv")
    first, second = read("table.csv")
    assert first["is_clearly_best"] == str(is_bold)
    assert second["is_clearly_best"] == "False"
    assert float(first["test_accuracy"]) == comparison.rows[0].mean
    assert float(first["low"]) == comparison.rows[0].interval.low


def test_a_comparison_is_not_mixed_with_runs(command: Command) -> None:
    for name in "ab":
        Path(f"{name}.yaml").write_text(dump_config(as_config({**SPIRAL, "name": name})))
    comparison = nnlab.compare(["a.yaml", "b.yaml"], seeds=2)

    done = command("export", comparison.id, "latest", "--to", "csv")

    assert done.code == 2
    assert "export each comparison by itself" in done.stderr


def test_a_format_of_one_run_refuses_several(command: Command) -> None:
    nnlab.train(LINEAR)

    done = command("export", "latest", "latest", "--to", "onnx")

    assert done.code == 2
    assert "--to onnx exports one run, not 2; of several: tensorboard, mlflow, csv" in done.stderr


def test_json_tells_what_was_written(command: Command) -> None:
    run = nnlab.train(LINEAR)

    done = command("export", "latest", "--to", "csv", "--json")

    told = json.loads(done.stdout)
    assert told["run"] == run.id
    assert told["rows"] == 1
    assert Path(told["path"]).stat().st_size == told["size_bytes"]


@given(st.text(max_size=30))
def test_every_text_is_printed_as_it_is(text: str) -> None:
    from nnlab.formatting import clean

    assert printed(escape(text)) == clean(text).replace("\n", " ")


def table(*names: str, value: float = 0.5, std: float | None = 0.01) -> ResultTable:
    measure = Measure("test", "mse")
    rows = [
        ResultRow({"contender": n, "model": "", "seeds": 2}, {measure: Measured(value, std)})
        for n in names
    ]
    return ResultTable(["x"], "x", rows, [measure])


@pytest.mark.parametrize(
    "name", ["a & b", r"\\", "100 %", "{", "}", "[x]", "* x", "$_^~#", r"\end{x}"]
)
def test_a_name_cannot_break_the_table(name: str) -> None:
    text = to_latex(table(name, "b"))

    first, second = body(text)
    assert problem_of(text) is None
    assert len(cells(first)) == len(cells(second)) == 4
    assert printed(cells(first)[0]) == name


@pytest.mark.parametrize(
    ("value", "shown", "described"),
    [
        (0.51234567, "0.5123", "1.4"),
        (1234.5678, "1235", "4"),
        (-3.25, "-3.250", "-1.3"),
        (2.5e-7, "2.500e-07", "1.3e-2"),
        (0.0, "0.000", "1.3"),
    ],
)
def test_numbers_have_four_digits_and_a_described_width(
    value: float, shown: str, described: str
) -> None:
    text = to_latex(table("a", value=value, std=None))

    assert cells(body(text)[0])[-1] == shown
    assert f"S[table-format={described}]" in text


def test_rows_without_the_metric_have_a_dash() -> None:
    whole = table("a", "b")
    rows = [whole.rows[0], ResultRow(whole.rows[1].labels, {})]

    text = to_latex(ResultTable(["x"], "x", rows, whole.headline))

    assert cells(body(text)[1])[-2:] == ["{--}", "{--}"]
    assert problem_of(text) is None


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda t: t.replace(r"a & ", "a "), "a row has 3 cells, and there are 4 columns"),
        (lambda t: t.replace("a & ", "{a & "), "a brace is not closed"),
        (lambda t: t.replace("a & ", "a} & "), "a brace is closed that was not opened"),
    ],
)
def test_a_table_that_is_not_well_formed_is_found(damage: Any, said: str) -> None:
    assert problem_of(damage(to_latex(table("a", "b")))) == said


def test_nothing_is_left_of_a_table_that_fails_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    run = nnlab.train(LINEAR)
    monkeypatch.setattr(to_csv, "csv_cell", lambda value: "7")
    before = sorted(Path().iterdir())

    with pytest.raises(CheckFailedError, match="nothing is left"):
        nnlab.export(run, "csv")

    assert sorted(Path().iterdir()) == before
    assert math.isfinite(run.summary["test"]["loss"])
