"""What ``nnlab check`` prints about an experiment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnlab.check.lint import RULES
from tests.helpers.checked import CLEAN, FAULTS, found_codes
from tests.helpers.command import Command


def test_a_finding_is_reported_with_its_place_and_a_fix(command: Command) -> None:
    finished = command("check", "faulty.yaml")
    assert finished.code == 0
    assert finished.stderr == ""
    assert (
        "faulty.yaml:6:39: model.output_activation: warning NL201: cross-entropy applies softmax "
        "to the outputs of a softmax\n"
        '    6 | model: {name: mlp, output_activation: softmax}  # "probabilities"\n'
        "      |                                       ^^^^^^^\n"
        "  fix: model.output_activation: none; predictions are still probabilities\n"
    ) in finished.stdout
    assert finished.stdout.endswith("faulty.yaml: 5 warnings; why: nnlab check --explain NL101\n")


def test_a_default_is_reported_at_its_section(command: Command) -> None:
    Path("one.yaml").write_text(CLEAN.replace("{seeds: 5}", "{epochs: 3}"))
    finished = command("check", "one.yaml")
    assert "one.yaml:4:1: train.seeds: note NL407" in finished.stdout
    assert "    4 | train: {epochs: 3}\n      | ^^^^^\n" in finished.stdout


def test_an_override_is_to_blame_by_name(command: Command) -> None:
    finished = command("check", "clean.yaml", "train.shuffle=false")
    assert "argument 'train.shuffle=false': train.shuffle: warning NL102" in finished.stdout


def test_a_clean_experiment_passes_the_strict_check(command: Command) -> None:
    assert command("check", "clean.yaml", "--strict") == (0, "clean.yaml: nothing found\n", "")


def test_a_warning_fails_the_strict_check(command: Command) -> None:
    finished = command("check", "clean.yaml", "faulty.yaml", "--strict")
    assert finished.code == 8
    assert finished.stderr == "error: 5 checks failed\n"


def test_a_note_does_not_fail_the_strict_check(command: Command) -> None:
    finished = command("check", "clean.yaml", "train.seeds=1", "--strict")
    assert finished.code == 0
    assert finished.stdout.endswith("clean.yaml: 1 note; why: nnlab check --explain NL407\n")


def test_json_is_one_object_with_places_that_count_from_1(command: Command) -> None:
    value = json.loads(command("check", "clean.yaml", "faulty.yaml", "--json").stdout)
    assert value["schema_version"] == 2
    clean, faulty = value["checked"]
    assert clean["findings"] == []
    assert [finding["code"] for finding in faulty["findings"]] == FAULTS
    assert faulty["findings"][0] == {
        "code": "NL101",
        "level": "warning",
        "title": "sequential split of ordered data",
        "message": "spiral is generated in order, and the split keeps that order",
        "key": "dataset.split.order",
        "source": "faulty.yaml",
        "line": 4,
        "column": 26,
        "why": RULES["NL101"].why,
        "fix": "dataset.split.order: random; of a time series dataset.split.time: COLUMN, which "
        "states that the test is later than the training",
        "can_fix": True,
        "edits": [{"key": "dataset.split.order", "value": "random"}],
        "ignored_because": None,
    }


def test_a_rule_is_explained(command: Command) -> None:
    finished = command("check", "--explain", "NL101")
    assert finished.code == 0
    assert finished.stdout.startswith(
        "NL101: sequential split of ordered data (warning)\n\nThe rows"
    )
    assert "\n\nFix: dataset.split.order: random" in finished.stdout


def test_a_rule_is_explained_as_json(command: Command) -> None:
    rule = json.loads(command("check", "--explain", "NL101", "--json").stdout)["rule"]
    assert set(rule) == {
        *("code", "title", "why", "fix", "level", "reads_data", "about_table", "in_training"),
        "is_fallback",
    }


def test_an_unknown_rule_is_refused_with_the_nearest(command: Command) -> None:
    finished = command("check", "--explain", "NL10")
    assert finished.code == 2
    assert "there is no rule NL10 (did you mean 'NL" in finished.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "what should be checked?"),
        (("nothing",), "'nothing' is neither an experiment (there is no file nothing"),
        ((".",), "'.' is neither an experiment (. is a folder) nor a run"),
        (("faulty.yaml", "train.epohs=3"), "did you mean 'epochs'?"),
    ],
    ids=["no reference", "unknown reference", "a folder", "a config error"],
)
def test_an_input_that_cannot_be_checked_exits_with_2(
    args: tuple[str, ...], said: str, command: Command
) -> None:
    finished = command("check", *args)
    assert finished.code == 2
    assert said in finished.stderr


def test_without_data_only_the_config_is_checked(command: Command) -> None:
    args = ("clean.yaml", "train.batch_size=100000", "train.epochs=100")
    assert found_codes(command, *args) == ["NL304"]
    assert found_codes(command, *args, "--no-data") == []


def test_data_that_are_not_installed_are_not_fetched(command: Command, tmp_path: Path) -> None:
    finished = command("check", "a2_mnist_mlp_published", "--data-dir", str(tmp_path / "none"))
    assert finished.code == 0
    assert finished.stderr == (
        f"a2_mnist_mlp_published: the data are not checked: mnist is not installed in "
        f"{tmp_path / 'none'}; run: nnlab data fetch mnist\n"
    )
    assert "NL201" in finished.stdout


def test_a_missing_table_is_reported(command: Command) -> None:
    finished = command("check", "clean.yaml", "dataset={name: csv, path: no.csv, target: y}")
    assert finished.code == 0
    assert "clean.yaml: the data are not checked: there is no file no.csv" in finished.stderr


def test_huge_numbers_in_a_table_cause_no_error(command: Command) -> None:
    rows = [f"{(-1) ** (i // 2) * (i + 1)}e300,{i % 2}" for i in range(60)]
    Path("huge.csv").write_text("\n".join(["a,y", *rows]) + "\n")
    dataset = "dataset={name: csv, path: huge.csv, target: y, standardize: false}"
    finished = command("check", "clean.yaml", dataset)
    assert (finished.code, finished.stderr) == (0, "")
