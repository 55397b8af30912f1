from __future__ import annotations

from pathlib import Path

from nnlab.config.bundled import bundled_configs
from tests.helpers.command import Command
from tests.helpers.config_files import GOOD


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

    assert finished == (2, "", "error: good.yaml already exists; choose another name with -o\n")
    assert Path("good.yaml").read_text() == GOOD


def test_an_unknown_bundled_experiment_is_reported_with_the_nearest_name(
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
