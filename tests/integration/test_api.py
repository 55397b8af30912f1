"""The API does what the command line does, on files, names, mappings and runs alike."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import nnlab
from nnlab.check.target import CheckReport
from nnlab.config import load, yaml12
from nnlab.errors import ConfigError
from nnlab.storage import overview
from tests.helpers.command import Command

XOR = {
    "dataset": {"name": "xor", "num_samples": 100},
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 2, "batch_size": 32},
}
NUM_RUNS = 3_000


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
    assert result.engines == ["autograd", "fused", "numpy"]
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
