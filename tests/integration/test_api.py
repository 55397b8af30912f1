"""The API does what the command line does, on files, names, mappings and runs alike."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import nnlab
from nnlab.api import as_config
from nnlab.check.target import CheckReport
from nnlab.config import load, yaml12
from nnlab.errors import ConfigError, DataError, RunError
from nnlab.formatting import format_metric
from nnlab.storage import overview
from tests.helpers.command import Command

XOR = {
    "dataset": {"name": "xor", "num_samples": 100},
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 2, "batch_size": 32},
}
NUM_RUNS = 3_000


@contextlib.contextmanager
def interrupting(*_: object) -> Iterator[Callable[[object], None]]:
    """Press Ctrl-C after the first epoch."""
    yield lambda records: os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(json.dumps(XOR))
    return path


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is parsed as YAML while the test runs."""
    texts: list[str] = []

    def counted(text: str, *args: object, **options: object) -> object:
        texts.append(text)
        return yaml12.parse(text, *args, **options)

    monkeypatch.setattr(load, "parse", counted)
    return texts


def test_the_package_shows_its_functions_and_nothing_else() -> None:
    assert sorted(dir(nnlab)) == sorted([*nnlab.__all__, "__version__"])
    assert {"train", "compare", "check", "gradcheck", "predict"} <= set(dir(nnlab))


def test_compare_refuses_an_unknown_metric_before_it_trains(file: Path, tmp_path: Path) -> None:
    other = {**XOR, "name": "line", "model": {"name": "logistic"}}
    with pytest.raises(ConfigError, match=r"'acuracy' \(did you mean 'accuracy'\?\)"):
        nnlab.compare([file, other], metric="acuracy", runs_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_train_reads_the_experiment_once(file: Path, command: Command, parses: list[str]) -> None:
    trained = command("train", str(file))
    assert trained.code == 0, trained.stderr
    assert parses.count(file.read_text()) == 1
    run = nnlab.load_run("latest")
    assert run.config_path.read_text() == file.read_text()


def test_compare_reads_each_experiment_once(
    file: Path, command: Command, parses: list[str], tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(json.dumps({**XOR, "model": {"name": "logistic"}}))
    compared = command("compare", str(file), str(other), "--seeds", "2")
    assert compared.code == 0, compared.stderr
    assert [text for text in parses if text in {file.read_text(), other.read_text()}] == [
        file.read_text(),
        other.read_text(),
    ]


def codes_of(report: CheckReport) -> list[str]:
    return sorted(finding.rule.code for finding in report.lint.findings)


def test_check_takes_a_file_a_name_a_mapping_and_a_run(file: Path) -> None:
    too_fast = {**XOR, "optimizer": {"name": "adam", "lr": 3.0}}
    run = nnlab.train(too_fast, ["train.seeds=1"])

    by_mapping = nnlab.check(too_fast)
    by_file = nnlab.check(file, ["optimizer.lr=3.0"])
    by_run = nnlab.check(run)

    codes = codes_of(by_mapping)
    assert "NL301" in codes
    assert codes_of(by_file) == codes_of(by_run) == codes
    assert by_mapping.to_json()["file"] is None
    assert by_run.to_json()["run"] == run.id
    assert nnlab.check("xor_mlp", reads_data=False).num_failed == 0


def test_check_refuses_an_invalid_mapping() -> None:
    with pytest.raises(ConfigError, match="hiden_sizes"):
        nnlab.check({**XOR, "model": {"name": "mlp", "hiden_sizes": [4]}})


def test_gradcheck_returns_what_the_command_prints(command: Command) -> None:
    result = nnlab.gradcheck(XOR)
    assert result.engines == ["autograd", "fused", "native", "numpy"]
    assert result.failures() == []

    printed = json.loads(command("gradcheck", "xor_mlp", "--json").stdout)
    assert json.loads(json.dumps(nnlab.gradcheck("xor_mlp").to_json())) == printed


def test_gradcheck_of_an_expression_returns_its_derivatives() -> None:
    (by_x,) = nnlab.gradcheck_expression("x ** 3", x=2)
    assert (by_x.variable, by_x.at, by_x.autograd) == ("x", 2.0, 12.0)
    assert list(by_x.failures()) == []


def test_compare_takes_mappings_with_names() -> None:
    comparison = nnlab.compare(
        [{**XOR, "name": "mlp"}, {**XOR, "name": "line", "model": {"name": "logistic"}}], seeds=2
    )
    assert {row.name for row in comparison.rows} == {"mlp", "line"}


def test_three_thousand_runs_are_listed_from_two_files_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = nnlab.train(XOR, runs_dir=tmp_path / "one")
    meta, summary = run.meta_path.read_bytes(), run.summary_path.read_bytes()
    runs = tmp_path / "many"
    for number in range(NUM_RUNS):
        folder = runs / f"20260101-{number:06d}-xor-{number:04x}"
        folder.mkdir(parents=True)
        (folder / "meta.json").write_bytes(meta)
        (folder / "summary.json").write_bytes(summary)
    read: list[str] = []
    read_plain = overview.read_plain

    def counted(path: Path, max_bytes: int) -> bytes:
        read.append(path.name)
        return read_plain(path, max_bytes)

    monkeypatch.setattr(overview, "read_plain", counted)
    start = time.process_time()

    records = nnlab.runs(runs_dir=runs)

    assert time.process_time() - start < 10  # about one; a thorough reading takes six times as long
    assert len(records) == NUM_RUNS
    assert {record["status"] for record in records} == {"finished"}
    assert records[0]["test_accuracy"] == run.summary["test"]["accuracy"]
    assert read.count("meta.json") == read.count("summary.json") == NUM_RUNS == len(read) / 2


def test_overrides_can_be_a_mapping_a_list_or_one_string(file: Path) -> None:
    given = ({"train.epochs": np.int64(7)}, ["train.epochs=7"], "train.epochs=7")
    assert [as_config(file, overrides).train.epochs for overrides in given] == [7, 7, 7]


def test_the_values_of_a_mapping_are_not_read_as_yaml(file: Path) -> None:
    sizes = {
        "model.hidden_sizes": (3, 4),
        "name": "no",
        "dataset": {**XOR["dataset"], "seed": 3},
    }
    config = as_config(file, sizes)
    assert (config.name, config.model.hidden_sizes) == ("no", (3, 4))
    assert config.dataset.seed == 3


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("five", r"argument 'train\.epochs=\"five\"': .*should be a whole number"),
        (object(), r"override train\.epochs: a value of type object cannot be part"),
        (float("nan"), r"override train\.epochs: .*use numbers, text, lists and mappings"),
    ],
)
def test_a_wrong_value_of_a_mapping_is_named(file: Path, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        as_config(file, {"train.epochs": value})


def test_an_interrupted_run_stops_a_loop_that_catches_exceptions(file: Path) -> None:
    def loop() -> None:
        for epochs in (500, 1):
            with contextlib.suppress(Exception):
                nnlab.train(file, {"train.epochs": epochs}, watch=interrupting)

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert nnlab.load_run("latest").status == "interrupted"


def test_the_model_of_a_run_is_a_module_that_predicts_as_the_run_does(file: Path) -> None:
    run = nnlab.train(file, {"dataset.standardize": True}, seeds=2)
    rows = np.random.default_rng(0).normal(size=(5, 2))
    answers = [run.model(seed)(run.preprocess(rows)).double().softmax(-1) for seed in (0, 1)]
    expected = [[*row["probabilities"].values()] for row in nnlab.predict(run, rows)]
    assert torch.allclose((answers[0] + answers[1]) / 2, torch.tensor(expected).double())
    assert "activation 0): ReLU" in str(run.model())
    assert torch.equal(run.preprocess(rows.tolist()), run.preprocess(rows))
    with pytest.raises(RunError, match=r"has no seed 2; it has 0, 1"):
        run.model(2)


def test_a_notebook_shows_the_metrics_of_a_run(file: Path) -> None:
    run = nnlab.train(file, seeds=2)
    html = run._repr_html_()
    assert run.id in html
    assert "<th>test (15)</th><th>val (15)</th><th>train (70)</th>" in html
    assert format_metric("accuracy", run.summary["test"]["accuracy"]).split()[0] in html
    run.update_meta(status="diverged")
    run.summary_path.unlink()
    assert "diverged" in run._repr_html_()


def test_a_printed_comparison_is_its_verdict(file: Path) -> None:
    comparison = nnlab.compare([file, {**XOR, "name": "line", "model": {"name": "logistic"}}])
    assert str(comparison) == comparison.verdicts[0]
    assert comparison.id in repr(comparison)
    assert "of test accuracy" in str(comparison)


def test_threads_train_the_same_and_leave_the_process_as_it_was(file: Path) -> None:
    def state() -> tuple[object, ...]:
        flushes = sys.float_info.min / 2 == 0.0
        return torch.get_num_threads(), torch.get_deterministic_debug_mode(), flushes

    def train(seed: int, lengths: dict[int, float]) -> None:
        options = {"train.epochs": 20 + 5 * seed, "train.seed": seed, "train.threads": 1 + seed % 2}
        lengths[seed] = nnlab.train(file, options).summary["test"]["loss"]

    before, alone, together = state(), {}, {}
    for seed in range(4):
        train(seed, alone)
    threads = [threading.Thread(target=train, args=(seed, together)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_a_new_thread: list[object] = []
    thread = threading.Thread(target=lambda: in_a_new_thread.append(state()))
    thread.start()
    thread.join()
    assert together == alone
    assert (state(), in_a_new_thread) == (before, [before])


def test_a_comparison_of_validation_metrics_leaves_the_test_split_alone(file: Path) -> None:
    other = {**XOR, "name": "line", "model": {"name": "logistic"}}
    comparison = nnlab.compare([file, other], seeds=3, metric="val.accuracy")
    stored = nnlab.load_run("latest").summary["val"]["accuracy"]
    assert comparison.split == "val"
    assert comparison.num_examples == 15
    assert stored in [row.mean for row in comparison.rows]
    assert "of val accuracy" in str(comparison)


def test_a_comparison_of_another_split_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown split in 'train\.accuracy'; use accuracy or"):
        nnlab.compare([file, {**XOR, "name": "again"}], metric="train.accuracy")
    no_val = {**XOR, "dataset": {**XOR["dataset"], "split": {"val": 0}}}
    with pytest.raises(ConfigError, match=r"no val split to compare on; set dataset\.split\.val"):
        nnlab.compare([no_val | {"name": "a"}, no_val | {"name": "b"}], metric="val.loss")


def test_the_list_of_runs_shows_validation_and_the_test_split_on_request(
    file: Path, command: Command
) -> None:
    summary = nnlab.train(file).summary
    val, test = (format_metric("accuracy", summary[split]["accuracy"]) for split in ("val", "test"))
    plain, full = command("runs", "list"), command("runs", "list", "--test")
    assert val in plain.stdout
    assert "test" not in plain.stdout
    assert (val in full.stdout, test in full.stdout) == (True, True)
    assert nnlab.runs()[0]["val_accuracy"] == summary["val"]["accuracy"]


def test_check_says_how_often_runs_have_looked_at_the_test_split(
    file: Path, command: Command
) -> None:
    assert nnlab.check(file).looks is None
    for lr in (0.01, 0.02, 0.03):
        nnlab.train(file, {"optimizer.lr": lr})
    nnlab.train(file, {"dataset.split.seed": 1})
    looks = nnlab.check(file).looks
    assert looks is not None
    assert (looks.num_runs, looks.num_examples) == (3, 15)
    assert nnlab.check(nnlab.load_run("latest")).looks is None
    assert (
        "3 runs have been evaluated on these 15 test examples" in command("check", str(file)).stdout
    )


def test_small_integers_of_a_table_are_numbers_not_pixels(file: Path) -> None:
    run = nnlab.train(file)
    rows = np.array([[2, 1]])
    assert torch.equal(run.preprocess(rows.astype(np.uint8)), run.preprocess(rows))
    with pytest.raises(DataError, match="takes numbers, not an array of"):
        run.preprocess([["a", "b"]])


def test_outputs_do_not_overwrite_what_the_user_typed(
    file: Path, command: Command, tmp_path: Path
) -> None:
    nnlab.train(file)
    before = file.read_text()
    report = command("report", "latest", "-o", str(file))
    table = tmp_path / "rows.csv"
    table.write_text("x1,x2\n1,2\n")
    predicted = command("predict", "latest", str(table), "-o", str(table))
    assert (report.code, predicted.code) == (2, 2)
    assert "must end in .html" in report.stderr
    assert "this is a file that the command reads" in predicted.stderr
    assert (file.read_text(), table.read_text()) == (before, "x1,x2\n1,2\n")


def test_one_column_is_not_taken_for_two_features(command: Command, tmp_path: Path) -> None:
    lines = [f"{i},{i % 3},{'pq'[i % 2]}" for i in range(40)]
    (tmp_path / "t.csv").write_text("Ab,aB,y\n" + "\n".join(lines))
    config = {**XOR, "dataset": {"name": "csv", "path": str(tmp_path / "t.csv"), "target": "y"}}
    nnlab.train(config)
    refused = command("predict", "latest", "ab=1")
    assert refused.code == 3
    assert "no value is given for Ab, aB" in refused.stderr


def test_a_threshold_that_is_no_number_is_refused(file: Path, command: Command) -> None:
    nnlab.train(file)
    refused = command("eval", "latest", "--min", "loss=nan")
    assert refused.code == 2
    assert "no metric can be compared with nan" in refused.stderr


def test_looks_at_other_data_under_the_same_name_do_not_count(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    config = {**XOR, "dataset": {"name": "csv", "path": str(table), "target": "y"}}
    for shift in (0, 1):
        lines = [f"{i + shift},{i % 3},{'pq'[i % 2]}" for i in range(40)]
        table.write_text("a,b,y\n" + "\n".join(lines))
        for lr in (0.01, 0.02, 0.03)[shift:]:
            nnlab.train(config, {"optimizer.lr": lr})
    looks = nnlab.check(config).looks
    assert looks is not None
    assert looks.num_runs == 2
