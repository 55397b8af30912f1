from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from nnlab.config.bundled import bundled_configs
from nnlab.config.load import config_from_mapping, dump_config, load_config
from nnlab.config.messages import ConfigProblems
from nnlab.errors import ConfigError
from tests.helpers.configs import COMPONENT_IDS, COMPONENTS, SPIRAL, load, minimal


@pytest.mark.parametrize("name", bundled_configs())
def test_a_bundled_config_is_the_same_after_writing_and_reading(name: str) -> None:
    config = load_config(bundled_configs()[name])

    again = load(dump_config(config))

    assert again == config
    assert dump_config(again) == dump_config(config)


@pytest.mark.parametrize("name", bundled_configs())
def test_a_bundled_config_is_the_same_as_a_mapping(name: str) -> None:
    config = load_config(bundled_configs()[name])

    assert config_from_mapping(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(("section", "member"), COMPONENTS, ids=COMPONENT_IDS)
def test_every_component_is_the_same_after_writing_and_reading(section: str, member: type) -> None:
    value = {"name": member.model_fields["name"].default}
    if section == "dataset":
        value = minimal(member)
    base = {"dataset": {"name": "mnist"}, "model": {"name": "mlp"}, "optimizer": {"name": "sgd"}}
    full_batch = ["train.batch_size=full"]
    if value["name"] == "mse":
        base["dataset"] = {"name": "regression"}
    config = config_from_mapping({**base, section: value}, full_batch)

    again = load(dump_config(config))

    assert again == config


@pytest.mark.parametrize(
    "word",
    [
        "1e3",
        "09",
        "018",
        "1.5e3",
        "12e-1",
        "on",
        "null",
        "010",
        "0x1F",
        "1_0",
        "true",
        "1.0",
        "2026-01-01",
    ],
)
def test_a_name_that_looks_like_something_else_stays_text(word: str) -> None:
    config = load(SPIRAL, f"name='{word}'")

    assert load(dump_config(config)).name == word


@pytest.mark.parametrize(
    "word", ["1e3", "09", "on", "null", "", " a", "a: b", "\u00e4\u2028b", "\t", "#"]
)
def test_columns_of_a_table_keep_their_names(word: str) -> None:
    mapping = {
        "dataset": {"name": "csv", "path": "a.csv", "target": "y", "features": ["x", word]},
        "model": {"name": "mlp"},
        "optimizer": {"name": "sgd"},
    }

    config = config_from_mapping(mapping)

    assert config.dataset.features == ("x", word)
    assert load(dump_config(config)) == config


@pytest.mark.parametrize("lr", [1e-5, 1e16, 5e-324, 0.1 + 0.2, 1e-3, 123456789.0])
def test_a_number_keeps_every_bit(lr: float) -> None:
    config = load(SPIRAL, f"optimizer.lr={lr!r}")

    assert config.optimizer.lr == lr
    assert load(dump_config(config)).optimizer.lr == lr


def test_a_written_config_begins_with_names() -> None:
    lines = dump_config(load(SPIRAL)).splitlines()

    assert lines[:3] == ["name: e", "dataset:", "  name: spiral"]


def test_a_mapping_may_use_one_list_twice() -> None:
    sizes = [4, 8]
    mapping = {
        "dataset": {"name": "mnist"},
        "model": {"name": "fashion_cnn", "channels": sizes, "hidden_sizes": sizes},
        "optimizer": {"name": "sgd"},
    }

    model = config_from_mapping(mapping).model

    assert (model.channels, model.hidden_sizes) == ((4, 8), (4, 8))


def test_a_mapping_may_hold_tuples() -> None:
    mapping = {
        "dataset": {"name": "xor"},
        "model": {"name": "mlp", "hidden_sizes": (4, 8)},
        "optimizer": {"name": "sgd"},
    }

    assert config_from_mapping(mapping).model.hidden_sizes == (4, 8)


@pytest.mark.parametrize(
    "value",
    [
        Path("a.csv"),
        object(),
        {1, 2},
        b"a",
        1j,
        (n for n in (1, 2)),
        MappingProxyType({"a": 1}),
    ],
    ids=["path", "object", "set", "bytes", "complex", "generator", "proxy"],
)
def test_a_mapping_with_what_yaml_cannot_say_is_refused(value: object) -> None:
    mapping = {
        "dataset": {"name": "xor"},
        "model": {"name": "mlp", "hidden_sizes": value},
        "optimizer": {"name": "sgd"},
    }

    with pytest.raises(ConfigError):
        config_from_mapping(mapping)


def test_a_mapping_key_that_is_not_text_is_reported() -> None:
    mapping = {
        "dataset": {"name": "xor"},
        "model": {"name": "mlp", 3: 1},
        "optimizer": {"name": "sgd"},
    }

    with pytest.raises(ConfigProblems) as caught:
        config_from_mapping(mapping)

    message = str(caught.value)
    assert message.startswith("model.3: ")
    assert "should be Keys should be" not in message


def test_a_mapping_is_not_changed_by_overrides() -> None:
    mapping = {
        "dataset": {"name": "xor"},
        "model": {"name": "mlp", "hidden_sizes": [4]},
        "optimizer": {"name": "sgd"},
    }

    config_from_mapping(mapping, ["model.hidden_sizes=[8]", "name=x"])

    assert mapping["model"] == {"name": "mlp", "hidden_sizes": [4]}
    assert "name" not in mapping


def test_problems_of_a_mapping_are_reported() -> None:
    with pytest.raises(ConfigProblems, match="dataset: this key is required"):
        config_from_mapping({"model": {"name": "mlp"}})
