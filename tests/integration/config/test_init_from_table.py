"""``nnlab config init --from``: an experiment on a table, with nothing to edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn import datasets

import nnlab
from nnlab.config.load import load_config
from nnlab.errors import ConfigError
from tests.helpers.command import Command
from tests.helpers.messy_table import write_messy
from tests.helpers.tables import write_table

QUICK = ("train.epochs=1", "train.early_stopping=null")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "task", "width"),
    [
        ("iris", "classification", 4),
        ("wine", "classification", 13),
        ("breast_cancer", "classification", 30),
        ("diabetes", "regression", 10),
        ("digits", "classification", None),
    ],
)
def test_a_table_of_scikit_learn_trains_with_nothing_edited(command, name, task, width) -> None:
    bunch = getattr(datasets, f"load_{name}")()
    names = [*map(str, bunch.feature_names), "target"]
    rows = zip(*bunch.data.T.tolist(), bunch.target.tolist(), strict=True)
    write_table(Path(f"{name}.csv"), names, rows)

    written = command("config", "init", "--from", f"{name}.csv")

    assert written.stdout == f"{name}.yaml\n"
    assert load_config(Path(f"{name}.yaml")).dataset.task == task
    run = nnlab.train(f"{name}.yaml", QUICK, runs_dir="runs")
    assert width is None or len(run.preprocessing["feature_names"]) == width


def test_a_messy_table_trains_and_its_comments_say_what_was_found(command: Command) -> None:
    write_messy(Path("kunden.csv"), 400)

    command("config", "init", "--from", "kunden.csv")

    text = Path("kunden.yaml").read_text(encoding="utf-8")
    for part in (
        "# kunden.csv: 400 rows, 11 columns.",
        "target: Antwort  # 2 classes",
        "# Stadt: category, 6 different: ",
        'geboren: {date_format: "%d.%m.%Y"}',
        "row numbers without a name",
        "- Kunden-Nr  # 400 different texts in 400 rows",
        "- leer  # all cells are missing",
        "missing: median",
    ):
        assert part in text
    nnlab.train("kunden.yaml", QUICK, runs_dir="runs")


def test_the_target_is_the_last_column_or_the_one_that_is_given(command: Command) -> None:
    rows = [(i % 7, "ab"[i % 2], i / 3) for i in range(60)]
    write_table(Path("t.csv"), ["n", "kind", "value"], rows)

    command("config", "init", "--from", "t.csv", "-o", "last.yaml")
    command("config", "init", "--from", "t.csv", "--target", "kind", "-o", "given.yaml")

    last, given = load_config(Path("last.yaml")).dataset, load_config(Path("given.yaml")).dataset
    assert (last.target, last.task) == ("value", "regression")
    assert (given.target, given.task) == ("kind", "classification")


def test_ids_constants_and_words_among_numbers_are_recognised(command: Command) -> None:
    rows = [
        (i + 1, 1000 + 7 * i, "x", "unknown" if i % 10 == 0 else i / 2, "ab"[i % 2])
        for i in range(40)
    ]
    write_table(Path("t.csv"), ["zeile", "customer_id", "fixed", "age", "y"], rows)

    command("config", "init", "--from", "t.csv")

    dataset = load_config(Path("t.yaml")).dataset
    assert dataset.drop == ("zeile", "customer_id", "fixed")
    assert dataset.missing == "median"
    assert "unknown" in dataset.missing_words
    nnlab.train("t.yaml", QUICK, runs_dir="runs")


@pytest.mark.parametrize(
    "name",
    ["a b", "yes", "12", "x: y", "#1", "käse", "it's", 'say "no"', "- a", "null", "a, b", "{"],
)
def test_odd_names_are_written_so_that_they_are_read_again(command: Command, name: str) -> None:
    rows = [(i % 5, f"{i}", "pq"[i % 2]) for i in range(40)]
    write_table(Path("t.csv"), ["x", name, f"{name}!"], rows)

    command("config", "init", "--from", "t.csv")

    dataset = load_config(Path("t.yaml")).dataset
    assert (dataset.drop, dataset.target) == ((name,), f"{name}!")


CODES = [["01099", "20095"], ["007", "12", "3"], ["00", "01", "10"], [*"123456", *"ABCD"]]


@pytest.mark.parametrize("codes", CODES)
def test_codes_are_categories(command: Command, codes: list[str]) -> None:
    rows = [(codes[i % len(codes)], i % 9, 0.5 * (i % 2), "ab"[i % 2]) for i in range(60)]
    write_table(Path("t.csv"), ["plz", "n", "half", "kind"], rows)

    command("config", "init", "--from", "t.csv")

    columns = load_config(Path("t.yaml")).dataset.columns
    assert {name: options.kind for name, options in columns.items()} == {"plz": "category"}


def test_many_numbers_with_leading_zeros_stay_numbers_and_are_marked(command: Command) -> None:
    rows = [(f"{701 * i % 97000 + 1000:05}", i % 9, "ab"[i % 2]) for i in range(90)]
    write_table(Path("t.csv"), ["plz", "n", "kind"], rows)

    command("config", "init", "--from", "t.csv")

    assert "number, from 1000 to 63389; drop it if 01000 is a code" in Path("t.yaml").read_text()


def test_cells_cannot_write_keys(command: Command) -> None:
    rows = [(i % 5, "a\ntrain: {epochs: 7}" if i % 2 else "b\r\n  path: /etc") for i in range(40)]
    write_table(Path("t.csv"), ["x", "y"], rows)

    command("config", "init", "--from", "t.csv")

    config = load_config(Path("t.yaml"))
    assert config.dataset.path == "t.csv"
    assert config.train.epochs != 7


def test_the_table_is_named_relative_to_the_new_file(command: Command) -> None:
    Path("data").mkdir()
    Path("experiments").mkdir()
    write_table(Path("data/t.csv"), ["x", "y"], [(i % 5, "ab"[i % 2]) for i in range(40)])

    command("config", "init", "--from", "data/t.csv", "-o", "experiments/first.yaml")

    assert "  path: ../data/t.csv\n" in Path("experiments/first.yaml").read_text()
    nnlab.train("experiments/first.yaml", QUICK, runs_dir="runs")


def test_keys_that_say_how_to_read_the_table_are_kept(command: Command) -> None:
    rows = "".join(f"{i % 5}\t{'äb'[i % 2]}\n" for i in range(40))
    Path("t.txt").write_bytes(f"x\ty\n{rows}".encode("cp1252"))

    done = command("config", "init", "--from", "t.txt", "dataset.encoding=cp1252")

    assert done.stdout == "t.yaml\n"
    assert load_config(Path("t.yaml")).dataset.encoding == "cp1252"
    nnlab.train("t.yaml", QUICK, runs_dir="runs")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("spiral_mlp", "--from", "t.csv"), "spiral_mlp: give a bundled experiment or --from"),
        (("--from", "t.csv", "train.epochs=3"), "train: of a table, only keys of dataset"),
        (("--from", "t.csv", "--target", "z"), "there is no column 'z'"),
        (("--from", "none.csv"), "there is no file none.csv"),
        (("--target", "x"), "--target: only a table (--from) takes that"),
        (("spiral_mlp", "train.epochs=3"), "train.epochs=3: only a table (--from) takes that"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_refused(command: Command, words, message) -> None:
    write_table(Path("t.csv"), ["x", "y"], [(1, "a"), (2, "b")])

    refused = command("config", "init", *words)

    assert refused.code in {2, 3}
    assert message in refused.stderr
    assert not list(Path().glob("*.yaml"))


def test_nothing_is_overwritten() -> None:
    write_table(Path("t.csv"), ["x", "y"], [(1, "a"), (2, "b")])
    Path("t.yaml").write_text("mine")

    with pytest.raises(ConfigError, match=r"t\.yaml already exists"):
        nnlab.draft_config("t.csv")

    assert Path("t.yaml").read_text() == "mine"
