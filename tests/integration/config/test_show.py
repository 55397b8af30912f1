from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnlab.config.bundled import bundled_configs
from nnlab.config.load import load_config
from tests.helpers.command import Command
from tests.helpers.config_files import GOOD


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
