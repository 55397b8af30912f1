from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.bundled import bundled_configs, bundled_sweeps
from tests.helpers.command import Command, nnlab
from tests.helpers.config_files import GOOD

BAD_MESSAGE = """\
bad.yaml:2:15: model: unknown name "logistik" (did you mean 'logistic'?); \
known: logistic, mlp, fashion_cnn, sklearn
    2 | model: {name: logistik}
      |               ^^^^^^^^
bad.yaml:3:28: optimizer.lr: should be more than 0.0, not 0
    3 | optimizer: {name: sgd, lr: 0}
      |                            ^
"""


BUNDLED = bundled_configs() | bundled_sweeps()


@pytest.mark.parametrize("path", BUNDLED.values(), ids=BUNDLED.keys())
def test_every_bundled_config_is_valid(path: Path, command: Command) -> None:
    assert command("config", "validate", str(path)) == (0, f"{path}: ok\n", "")


def test_several_files_are_validated_at_once(command: Command) -> None:
    assert command("config", "validate", "good.yaml", "spiral_mlp") == (
        0,
        "good.yaml: ok\nspiral_mlp: ok\n",
        "",
    )


def test_the_problems_of_a_file_exit_with_2(command: Command) -> None:
    assert command("config", "validate", "bad.yaml") == (2, "", f"error: {BAD_MESSAGE}")


def test_the_problems_of_every_file_are_reported_and_good_files_too(command: Command) -> None:
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
def test_validating_without_a_file_is_refused(args: list[str], command: Command) -> None:
    finished = command("config", "validate", *args)

    assert finished.code == 2
    assert finished.stderr != ""


def test_a_process_ends_with_the_code_of_its_error(in_own_folder: Path) -> None:
    finished = nnlab("config", "validate", "bad.yaml", cwd=in_own_folder)

    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"error: {BAD_MESSAGE}"
