"""The name that an experiment takes from its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.files import name_of
from nnlab.config.load import load_config
from tests.helpers.configs import SPIRAL


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("mine", "mine"),
        ("my experiment (2)", "my experiment (2)"),
        ("data [1]", "data _1_"),
        ("it's & co", "it_s _ co"),
        ("a,b", "a_b"),
        ("t@2=x", "t_2_x"),
        (".hidden", "hidden"),
        ("-t", "t"),
        ("größe", "größe"),
        ("gro\u0308ße", "größe"),
        ("実験", "実験"),
        ("x" * 80, "x" * 64),
        ("---", "experiment"),
    ],
)
def test_what_a_name_cannot_have_is_replaced(stem: str, name: str) -> None:
    assert name_of(stem) == name


@pytest.mark.parametrize(
    "stem", ["data [1]", "it's & co", "a,b", "t@2", ".hidden", "x" * 80, "100 %"]
)
def test_an_experiment_in_a_file_of_any_name_is_read(stem: str, tmp_path: Path) -> None:
    path = tmp_path / f"{stem}.yaml"
    path.write_text(SPIRAL, encoding="utf-8")

    assert load_config(path).name == name_of(path.stem)
