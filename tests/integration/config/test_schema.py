from __future__ import annotations

import json

import pytest

from nnlab.config.bundled import ESTIMATORS
from tests.helpers.command import Command
from tests.helpers.config_files import names_of


def test_the_schema_is_one_json_object(command: Command) -> None:
    finished = command("config", "schema")

    schema = json.loads(finished.stdout)
    assert (finished.code, finished.stderr) == (0, "")
    assert schema["required"] == ["dataset", "model"]


@pytest.mark.parametrize("section", ["dataset", "model", "optimizer"])
def test_the_schema_names_every_listed_component(section: str, command: Command) -> None:
    schema = json.loads(command("config", "schema").stdout)

    mapping = schema["properties"][section]["discriminator"]["mapping"]

    others = {"model": {"sklearn"}, "optimizer": {"none"}}.get(section, set())
    assert set(mapping) == {*names_of(f"{section}s"), *others} - set(ESTIMATORS)
