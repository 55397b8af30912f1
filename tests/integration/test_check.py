"""nnlab check on experiments: what is printed where, what is mended, what is ignored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from nnlab.check.lint import RULES
from nnlab.config.load import load_config
from tests.helpers.command import Command

CLEAN = """\
dataset: {name: spiral}
model: {name: mlp}
optimizer: {name: adam}
train: {seeds: 5}
"""
FAULTY = """\
# An experiment of mine.
dataset:
  name: spiral   # three arms
  split: {val: 0, order: "sequential"}

model: {name: mlp, output_activation: softmax}  # "probabilities"
optimizer: {name: adam, lr: 1e-3, weight_decay: 1e-4}
train: {monitor: test.accuracy, shuffle: false, seeds: 5}
"""
MENDED = """\
# An experiment of mine.
dataset:
  name: spiral   # three arms
  split: {val: 0.1, order: random}

model: {name: mlp, output_activation: none}  # "probabilities"
optimizer: {name: adamw, lr: 1e-3, weight_decay: 1e-4}
train: {monitor: val.accuracy, shuffle: true, seeds: 5}
"""
FAULTS = ["NL101", "NL201", "NL303", "NL401", "NL102"]


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clean.yaml").write_text(CLEAN)
    Path("faulty.yaml").write_text(FAULTY)


def found_codes(command: Command, *args: str, group: str = "findings") -> list[str]:
    (checked,) = json.loads(command("check", *args, "--json").stdout)["checked"]
    return [finding["code"] for finding in checked[group]]


# ---- what is printed


def test_a_finding_is_told_with_its_place_and_a_fix(command: Command) -> None:
    finished = command("check", "faulty.yaml")
    assert finished.code == 0
    assert finished.stderr == ""
    assert (
        "faulty.yaml:6:39: model.output_activation: warning NL201: cross-entropy applies softmax "
        "to what softmax has squashed\n"
        '    6 | model: {name: mlp, output_activation: softmax}  # "probabilities"\n'
        "      |                                       ^^^^^^^\n"
        "  fix: model.output_activation: none; predictions are probabilities all the same\n"
    ) in finished.stdout
    assert finished.stdout.endswith("faulty.yaml: 5 warnings; why: nnlab check --explain NL101\n")


def test_a_default_is_told_at_the_section_it_belongs_to(command: Command) -> None:
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
    assert finished.stderr == "error: 5 checks did not hold\n"


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
        "message": "spiral is generated in order, and the split keeps it",
        "key": "dataset.split.order",
        "source": "faulty.yaml",
        "line": 4,
        "column": 26,
        "why": RULES["NL101"].why,
        "fix": "dataset.split.order: random; for a time series that order is right: ignore the "
        "rule",
        "can_fix": True,
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
    assert set(rule) == {"code", "title", "why", "fix", "level", "reads_data"}


def test_an_unknown_rule_is_refused_with_the_nearest(command: Command) -> None:
    finished = command("check", "--explain", "NL10")
    assert finished.code == 2
    assert "there is no rule NL10 (did you mean 'NL10" in finished.stderr


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
def test_what_cannot_be_checked_ends_with_code_2(
    args: tuple[str, ...], said: str, command: Command
) -> None:
    finished = command("check", *args)
    assert finished.code == 2
    assert said in finished.stderr


# ---- ignoring


def test_an_ignored_finding_is_counted_and_listed_with_its_reason(command: Command) -> None:
    Path("faulty.yaml").write_text(FAULTY + "ignore: {NL102: a time series}\n")
    assert "faulty.yaml: 4 warnings (1 ignored); why:" in command("check", "faulty.yaml").stdout
    assert found_codes(command, "faulty.yaml") == [code for code in FAULTS if code != "NL102"]
    (checked,) = json.loads(command("check", "faulty.yaml", "--json").stdout)["checked"]
    (ignored,) = checked["ignored"]
    assert (ignored["code"], ignored["ignored_because"]) == ("NL102", "a time series")


@pytest.mark.parametrize(
    ("ignore", "said"),
    [
        ("{NL10: why}", "bad.yaml:5:10: ignore.NL10: no rule has this code (did you mean 'NL10"),
        ("[NL102]", "ignore: should be a mapping such as {key: value}"),
        ("{NL102: }", "bad.yaml:5:16: ignore.NL102: should be text, not null"),
        ("{NL102: ''}", "ignore.NL102: should be at least 1 characters long"),
    ],
    ids=["unknown code", "no reasons", "null", "empty"],
)
def test_a_finding_is_ignored_by_a_known_code_and_a_reason(
    ignore: str, said: str, command: Command
) -> None:
    Path("bad.yaml").write_text(f"{CLEAN}ignore: {ignore}\n")
    finished = command("check", "bad.yaml")
    assert finished.code == 2
    assert said in finished.stderr


def test_ignoring_makes_no_other_experiment_of_a_run(command: Command, tmp_path: Path) -> None:
    quick = ["dataset.num_samples=60", "train.epochs=1", "train.seeds=1"]
    run = nnlab.train("clean.yaml", quick, runs_dir=tmp_path / "runs")
    Path("clean.yaml").write_text(CLEAN + "ignore: {NL407: a try}\n")
    finished = command("train", "clean.yaml", *quick, "--resume", str(run.path))
    assert finished.code == 0


def test_a_run_of_before_there_was_ignore_is_read(tmp_path: Path) -> None:
    run = nnlab.train(
        "clean.yaml", ["dataset.num_samples=60", "train.epochs=1"], runs_dir=tmp_path / "runs"
    )
    text = run.resolved_path.read_text()
    assert "ignore: {}\n" in text
    run.resolved_path.write_text(text.replace("ignore: {}\n", ""))
    assert run.config.ignore == {}


# ---- fixing


def test_fixing_keeps_comments_and_layout(command: Command) -> None:
    finished = command("check", "faulty.yaml", "--fix")
    assert finished.code == 0
    assert Path("faulty.yaml").read_text() == MENDED
    assert finished.stderr.splitlines() == [
        "fixed faulty.yaml:4: dataset.split.val: 0 -> 0.1",
        'fixed faulty.yaml:4: dataset.split.order: "sequential" -> random',
        "fixed faulty.yaml:6: model.output_activation: softmax -> none",
        "fixed faulty.yaml:7: optimizer.name: adam -> adamw",
        "fixed faulty.yaml:8: train.monitor: test.accuracy -> val.accuracy",
        "fixed faulty.yaml:8: train.shuffle: false -> true",
    ]
    assert finished.stdout == "faulty.yaml: nothing found\n"
    assert load_config("faulty.yaml").dataset.split.val == 0.1


def test_fixing_keeps_windows_line_ends(command: Command) -> None:
    Path("faulty.yaml").write_bytes(FAULTY.replace("\n", "\r\n").encode())
    command("check", "faulty.yaml", "--fix")
    assert Path("faulty.yaml").read_bytes() == MENDED.replace("\n", "\r\n").encode()


def test_fixing_a_clean_file_does_not_touch_it(command: Command) -> None:
    before = Path("clean.yaml").stat()
    command("check", "clean.yaml", "--fix")
    assert Path("clean.yaml").stat() == before


def test_an_ignored_finding_is_not_mended(command: Command) -> None:
    Path("faulty.yaml").write_text(FAULTY + "ignore: {NL102: a time series}\n")
    command("check", "faulty.yaml", "--fix")
    assert "shuffle: false" in Path("faulty.yaml").read_text()


def test_a_fix_that_would_break_the_file_leaves_it_as_it_was(command: Command) -> None:
    text = CLEAN.replace("spiral}", "spiral, split: {test: 0.95, val: 0}}")
    text = text.replace("{seeds: 5}", "{seeds: 5, monitor: test.loss}")
    Path("tight.yaml").write_text(text)
    finished = command("check", "tight.yaml", "--fix")
    assert finished.code == 2
    assert "tight.yaml is left as it was" in finished.stderr
    assert "test and val take all examples" in finished.stderr
    assert Path("tight.yaml").read_text() == text


def test_an_override_is_not_edited(command: Command) -> None:
    finished = command("check", "clean.yaml", "train.shuffle=false", "--fix")
    assert finished.stderr == "argument 'train.shuffle=false' is not edited\n"
    assert Path("clean.yaml").read_text() == CLEAN
    assert "NL102" in finished.stdout


def test_a_bundled_experiment_is_not_edited(command: Command) -> None:
    finished = command("check", "b2_regression_published", "--fix")
    assert finished.code == 0
    assert "is not edited: it is bundled; begin with a copy" in finished.stderr
    assert "NL101" in finished.stdout


# ---- data


def test_without_data_only_the_config_is_looked_at(command: Command) -> None:
    args = ("clean.yaml", "train.batch_size=100000")
    assert found_codes(command, *args) == ["NL304"]
    assert found_codes(command, *args, "--no-data") == []


def test_data_that_are_not_installed_are_not_fetched(command: Command, tmp_path: Path) -> None:
    finished = command("check", "a2_mnist_mlp_published", "--data-dir", str(tmp_path / "none"))
    assert finished.code == 0
    assert finished.stderr == (
        f"a2_mnist_mlp_published: the data are not checked: mnist is not in {tmp_path / 'none'}; "
        "nnlab data fetch mnist\n"
    )
    assert "NL201" in finished.stdout


def test_a_missing_table_is_told(command: Command) -> None:
    finished = command("check", "clean.yaml", "dataset={name: csv, path: no.csv, target: y}")
    assert finished.code == 0
    assert "clean.yaml: the data are not checked: there is no file no.csv" in finished.stderr


def test_huge_numbers_in_a_table_are_no_trouble(command: Command) -> None:
    rows = [f"{(-1) ** (i // 2) * (i + 1)}e300,{i % 2}" for i in range(60)]
    Path("huge.csv").write_text("\n".join(["a,y", *rows]) + "\n")
    dataset = "dataset={name: csv, path: huge.csv, target: y, standardize: false}"
    finished = command("check", "clean.yaml", dataset)
    assert (finished.code, finished.stderr) == (0, "")


# ---- runs, train and compare


def test_a_run_is_diagnosed_and_its_experiment_checked(command: Command, tmp_path: Path) -> None:
    run = nnlab.train("e1_spiral_linear", runs_dir=tmp_path / "runs")
    finished = command("check", str(run.path))
    assert "resolved.yaml:" in finished.stdout
    assert "warning NL202" in finished.stdout
    assert f"{run.id}: underfitting" in finished.stdout
    (checked,) = json.loads(command("check", str(run.path), "--json").stdout)["checked"]
    assert checked["run"] == run.id
    assert checked["diagnosis"][0]["name"] == "underfitting"


def test_training_says_the_warnings_once_and_briefly(command: Command) -> None:
    finished = command(
        "train", "faulty.yaml", "train.epochs=1", "train.seeds=1", "dataset.num_samples=60"
    )
    assert finished.code == 0
    told = [line for line in finished.stderr.splitlines() if "NL" in line or "check" in line]
    assert told[:-1] == [
        "warning NL101: spiral is generated in order, and the split keeps it",
        "warning NL102: batches of 64 follow the order of the file in every epoch",
        "warning NL201: cross-entropy applies softmax to what softmax has squashed",
        "warning NL303: adam rescales the weight decay of 0.0001; adamw does not",
        "warning NL401: test.accuracy is watched in every epoch",
    ]
    assert told[-1] == "more: nnlab check faulty.yaml"
    assert "NL" not in finished.stdout


def test_training_a_clean_experiment_says_nothing_of_it(command: Command) -> None:
    finished = command("train", "clean.yaml", "train.epochs=1", "dataset.num_samples=60")
    assert "warning" not in finished.stderr
    assert "nnlab check" not in finished.stderr


def test_a_comparison_says_the_warnings_and_its_json_stays_clean(command: Command) -> None:
    quick = ["train.epochs=1", "dataset.num_samples=60", "--seeds", "2"]
    finished = command("compare", "linear", "clean.yaml", "--dataset", "spiral", *quick, "--json")
    assert finished.code == 0
    assert json.loads(finished.stdout)["schema_version"] == 2
    assert "NL" not in finished.stderr
    args = [*quick, "ignore={}", "--json"]
    finished = command("compare", "linear", "clean.yaml", "--dataset", "spiral", *args)
    assert finished.stderr.count("warning NL202") == 1
    assert "more: nnlab check spiral_linear\n" in finished.stderr
    json.loads(finished.stdout)
