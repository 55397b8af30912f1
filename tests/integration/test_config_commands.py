from __future__ import annotations

import json
import typing
from pathlib import Path

import pytest

from nnlab import __version__
from nnlab.config.bundled import FOLDERS, bundled_configs
from nnlab.config.datasets import AnyDataset
from nnlab.config.load import load_config
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from tests.command import Command, nnlab

UNIONS = {"datasets": AnyDataset, "models": AnyModel, "optimizers": AnyOptimizer}
GOOD = "dataset: {name: xor}\nmodel: {name: logistic}\noptimizer: {name: sgd}\n"
BAD = "dataset: {name: xor}\nmodel: {name: logistik}\noptimizer: {name: sgd, lr: 0}\n"
BAD_MESSAGE = """\
bad.yaml:2:15: model: unknown name "logistik" (did you mean 'logistic'?); \
known: logistic, mlp, fashion_cnn
    2 | model: {name: logistik}
      |               ^^^^^^^^
bad.yaml:3:28: optimizer.lr: should be more than 0.0, not 0
    3 | optimizer: {name: sgd, lr: 0}
      |                            ^
"""


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COLUMNS", raising=False)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)
    return folder


def names_of(kind: str) -> list[str]:
    if kind == "configs":
        return list(bundled_configs())
    members = typing.get_args(typing.get_args(UNIONS[kind])[0])
    return [member.model_fields["name"].default for member in members]


# ---- validate


@pytest.mark.parametrize("path", bundled_configs().values(), ids=bundled_configs().keys())
def test_every_bundled_config_is_valid(path: Path, command: Command) -> None:
    assert command("config", "validate", str(path)) == (0, f"{path}: ok\n", "")


def test_several_files_are_validated_at_once(command: Command) -> None:
    assert command("config", "validate", "good.yaml", "spiral_mlp") == (
        0,
        "good.yaml: ok\nspiral_mlp: ok\n",
        "",
    )


def test_the_problems_of_a_file_end_with_code_2(command: Command) -> None:
    assert command("config", "validate", "bad.yaml") == (2, "", f"error: {BAD_MESSAGE}")


def test_the_problems_of_every_file_are_told_and_good_files_too(command: Command) -> None:
    finished = command("config", "validate", "bad.yaml", "good.yaml", "gone.yaml", "bad.yaml")

    assert finished.code == 2
    assert finished.stdout == "good.yaml: ok\n"
    assert finished.stderr.count("bad.yaml:3:28: optimizer.lr") == 2
    assert "there is no file gone.yaml" in finished.stderr


def test_a_file_is_validated_with_overrides(command: Command) -> None:
    mended = command("config", "validate", "bad.yaml", "model.name=logistic", "optimizer.lr=1e-2")
    broken = command("config", "validate", "good.yaml", "train.epochs=0")

    assert mended == (0, "bad.yaml: ok\n", "")
    assert broken == (
        2,
        "",
        "error: argument 'train.epochs=0': train.epochs: should be at least 1, not 0\n",
    )


def test_a_file_with_an_equals_sign_in_its_name_is_a_file(command: Command) -> None:
    Path("lr=1.yaml").write_text("name: x\n" + GOOD)

    assert command("config", "validate", "lr=1.yaml") == (0, "lr=1.yaml: ok\n", "")


@pytest.mark.parametrize("args", [[], ["train.epochs=3"]], ids=["nothing", "only an override"])
def test_validating_no_file_is_refused(args: list[str], command: Command) -> None:
    finished = command("config", "validate", *args)

    assert finished.code == 2
    assert finished.stderr != ""


def test_a_process_ends_with_the_code_of_its_error(in_own_folder: Path) -> None:
    finished = nnlab("config", "validate", "bad.yaml", cwd=in_own_folder)

    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"error: {BAD_MESSAGE}"


# ---- show


@pytest.mark.parametrize("name", bundled_configs())
def test_a_shown_experiment_is_the_same_experiment(name: str, command: Command) -> None:
    shown = command("config", "show", name)

    Path("shown.yaml").write_text(shown.stdout)
    original = load_config(bundled_configs()[name])
    assert load_config("shown.yaml").model_dump() == original.model_dump()


def test_a_shown_experiment_has_defaults_and_overrides(command: Command) -> None:
    finished = command("config", "show", "good.yaml", "train.epochs=3", "optimizer.momentum=0.5")

    assert (finished.code, finished.stderr) == (0, "")
    assert finished.stdout.startswith("name: good\ndataset:\n  name: xor\n")
    for line in ("  epochs: 3\n", "  momentum: 0.5\n", "  batch_size: 64\n", "  lr: 0.01\n"):
        assert line in finished.stdout


def test_an_experiment_is_shown_as_one_json_object(command: Command) -> None:
    finished = command("config", "show", "good.yaml", "train.epochs=3", "--json")

    value = json.loads(finished.stdout)
    assert (finished.code, finished.stderr) == (0, "")
    assert set(value) == {"schema_version", "config"}
    assert value["schema_version"] == 1
    assert value["config"] == load_config("good.yaml", ["train.epochs=3"]).model_dump(mode="json")


def test_control_characters_of_a_file_do_not_reach_the_terminal(command: Command) -> None:
    Path("evil.yaml").write_text(GOOD + '"\\e[2J\\u202E": 1\n')

    finished = command("config", "show", "evil.yaml")

    assert finished.code == 2
    assert "\\x1b[2J\\u202e: unknown key" in finished.stderr
    assert "\x1b" not in finished.stderr
    assert "\u202e" not in finished.stderr


# ---- schema


def test_the_schema_is_one_json_object(command: Command) -> None:
    finished = command("config", "schema")

    schema = json.loads(finished.stdout)
    assert (finished.code, finished.stderr) == (0, "")
    assert schema["required"] == ["dataset", "model", "optimizer"]


@pytest.mark.parametrize("section", ["dataset", "model", "optimizer"])
def test_the_schema_names_what_is_listed(section: str, command: Command) -> None:
    schema = json.loads(command("config", "schema").stdout)

    mapping = schema["properties"][section]["discriminator"]["mapping"]

    assert sorted(mapping) == sorted(names_of(f"{section}s"))


# ---- init


def test_a_new_experiment_is_a_copy_of_a_bundled_one(command: Command) -> None:
    finished = command("config", "init", "mnist_mlp")

    assert finished == (0, "mnist_mlp.yaml\n", "")
    assert Path("mnist_mlp.yaml").read_text() == bundled_configs()["mnist_mlp"].read_text()


def test_a_new_experiment_is_the_spiral_by_default(command: Command) -> None:
    assert command("config", "init") == (0, "spiral_mlp.yaml\n", "")
    assert command("config", "validate", "./spiral_mlp.yaml") == (0, "./spiral_mlp.yaml: ok\n", "")


def test_a_new_experiment_may_have_another_name(command: Command) -> None:
    assert command("config", "init", "xor_mlp", "-o", "mine.yaml") == (0, "mine.yaml\n", "")
    assert Path("mine.yaml").is_file()


def test_a_new_experiment_overwrites_nothing(command: Command) -> None:
    finished = command("config", "init", "xor_mlp", "-o", "good.yaml")

    assert finished == (2, "", "error: good.yaml exists already; choose another name with -o\n")
    assert Path("good.yaml").read_text() == GOOD


def test_an_unknown_bundled_experiment_is_told_with_the_nearest(
    command: Command, in_own_folder: Path
) -> None:
    finished = command("config", "init", "spiral_mpl")

    assert finished == (
        2,
        "",
        (
            "error: there is no file spiral_mpl (did you mean 'spiral_mlp'?); "
            "'nnlab list configs' shows the bundled experiments\n"
        ),
    )
    assert sorted(path.name for path in in_own_folder.iterdir()) == ["bad.yaml", "good.yaml"]


# ---- list


@pytest.mark.parametrize("kind", ["datasets", "models", "optimizers"])
def test_names_are_listed_with_what_they_are(kind: str, command: Command) -> None:
    finished = command("list", kind)

    lines = [line.split(maxsplit=1) for line in finished.stdout.splitlines() if line.strip()]
    assert (finished.code, finished.stderr) == (0, "")
    assert [line[0] for line in lines[2:]] == names_of(kind)
    assert all(len(line) == 2 for line in lines[2:])


def test_experiments_are_listed_by_folder_on_80_columns(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    finished = command("list", "configs")

    lines = [line.rstrip() for line in finished.stdout.splitlines()]
    assert (finished.code, finished.stderr) == (0, "")
    assert [line for line in lines if line in FOLDERS.values()] == list(FOLDERS.values())
    # The second line of a wrapped summary would be a row, too.
    rows = [line.split() for line in lines if line.startswith(" ") and line.strip(" ─")]
    assert [row[0] for row in rows if row != ["name"]] == names_of("configs")


@pytest.mark.parametrize("kind", ["datasets", "models", "optimizers", "configs"])
def test_names_are_listed_as_one_json_object(kind: str, command: Command) -> None:
    finished = command("list", kind, "--json")

    value = json.loads(finished.stdout)
    assert (finished.code, finished.stderr) == (0, "")
    assert set(value) == {"schema_version", kind}
    assert value["schema_version"] == 1
    assert [entry["name"] for entry in value[kind]] == names_of(kind)
    assert all(entry["summary"] for entry in value[kind])


def test_an_unknown_kind_is_refused_with_the_known_ones(command: Command) -> None:
    finished = command("list", "losses")

    assert (finished.code, finished.stdout) == (2, "")
    assert "'datasets', 'models', 'optimizers', 'configs'" in finished.stderr


# ---- what a mistake leaves behind


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["bad.yaml"], id="wrong file"),
        pytest.param(["gone.yaml"], id="absent file"),
        pytest.param(["good.yaml", "train.epochs=0"], id="wrong override"),
        pytest.param(["good.yaml", "train.epochs"], id="no override"),
        pytest.param(["good.yaml", "train.engine=sklearn"], id="contradiction"),
        pytest.param(["good.yaml", "--seeds", "0"], id="no seeds"),
        pytest.param(["good.yaml", "--seeds", "many"], id="seeds that are no number"),
        pytest.param(["good.yaml", "--device", "abacus"], id="unknown device"),
        pytest.param(["good.yaml", "--nonsense"], id="unknown option"),
        pytest.param([], id="no file"),
    ],
)
def test_a_config_error_ends_with_code_2_and_makes_no_run(
    args: list[str], command: Command, tmp_path: Path, in_own_folder: Path
) -> None:
    finished = command("train", *args)

    assert (finished.code, finished.stdout) == (2, "")
    assert finished.stderr != ""
    assert not (tmp_path / "runs").exists()
    assert sorted(path.name for path in in_own_folder.iterdir()) == ["bad.yaml", "good.yaml"]


def test_missing_data_ends_with_code_3_and_makes_no_run(command: Command, tmp_path: Path) -> None:
    finished = command("train", "good.yaml", "dataset={name: csv, path: gone.csv, target: y}")

    assert (finished.code, finished.stdout) == (3, "")
    assert "gone.csv" in finished.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["x" * 300, "good.yaml/x"], ids=["long name", "in a file"])
def test_a_name_that_no_file_can_have_is_a_config_error(name: str, command: Command) -> None:
    assert command("config", "show", name).code == 2


@pytest.mark.parametrize("args", [["nonsense"], ["config"], ["config", "nonsense"], ["--nonsense"]])
def test_a_wrong_command_ends_with_code_2(args: list[str], command: Command) -> None:
    assert command(*args).code == 2


def test_the_version_is_printed(command: Command) -> None:
    assert command("--version") == (0, f"nnlab {__version__}\n", "")


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["config", "-h"], ["config", "show", "-h"]])
def test_help_is_printed_on_stdout(args: list[str], command: Command) -> None:
    finished = command(*args)

    assert (finished.code, finished.stderr) == (0, "")
    assert "Usage:" in finished.stdout
