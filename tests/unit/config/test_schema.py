from __future__ import annotations

import json
import re
import typing

from nnlab.config.experiment import ExperimentConfig
from tests.helpers.configs import UNIONS


def test_the_json_schema_knows_every_component() -> None:
    schema = ExperimentConfig.model_json_schema()

    for section, union in UNIONS.items():
        mapping = schema["properties"][section]["discriminator"]["mapping"]
        estimators = mapping.pop("sklearn", {"discriminator": {"mapping": {}}})
        assert mapping.pop("none", "#/$defs/NoOptimizerConfig") == "#/$defs/NoOptimizerConfig"
        members = typing.get_args(typing.get_args(union)[0])
        assert set(mapping) == {member.model_fields["name"].default for member in members}
        for name, reference in mapping.items():
            definition = schema["$defs"][reference.rpartition("/")[2]]
            assert definition["properties"]["name"]["const"] == name
        for name, reference in estimators["discriminator"]["mapping"].items():
            definition = schema["$defs"][reference.rpartition("/")[2]]
            assert definition["properties"]["estimator"]["const"] == name


def test_the_json_schema_forbids_unknown_keys_everywhere() -> None:
    schema = ExperimentConfig.model_json_schema()

    sections = [schema, *schema["$defs"].values()]

    assert [s["title"] for s in sections if s["additionalProperties"] is not False] == []


def test_the_json_schema_explains_every_key_but_names() -> None:
    schema = ExperimentConfig.model_json_schema()

    silent = [
        f"{section['title']}.{key}"
        for section in [schema, *schema["$defs"].values()]
        for key, value in section["properties"].items()
        if not {"description", "$ref"} & set(value) and (key != "name" or section is schema)
    ]

    assert silent == []


def test_the_json_schema_is_json() -> None:
    text = json.dumps(ExperimentConfig.model_json_schema(), allow_nan=False)

    assert json.loads(text)["required"] == ["dataset", "model"]


def test_the_json_schema_lets_sections_be_own_code() -> None:
    properties = ExperimentConfig.model_json_schema()["properties"]

    for section in ("dataset", "model", "loss", "optimizer"):
        own = properties[section]["oneOf"][-1]["properties"]["name"]["pattern"]
        assert re.search(own, "my_net.py:MyNet")
        assert not re.search(own, "os:system")
