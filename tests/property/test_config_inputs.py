from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping
from nnlab.config.messages import SourceText
from nnlab.config.yaml12 import parse
from nnlab.errors import ConfigError
from tests.helpers.config_texts import BASE, few, flow, several, values

PATHS = (
    "name",
    "dataset",
    "dataset.name",
    "dataset.split",
    "dataset.split.test",
    "dataset.split.val",
    "dataset.standardize",
    "model",
    "model.name",
    "model.hidden_sizes",
    "model.channels",
    "model.dropout",
    "loss",
    "loss.name",
    "loss.class_weight",
    "optimizer",
    "optimizer.lr",
    "optimizer.betas",
    "schedule",
    "schedule.gamma",
    "train",
    "train.epochs",
    "train.batch_size",
    "train.early_stopping",
    "train.select",
    "train.monitor",
    "unknown",
)

# Any character, halves of characters too; and text made of what has a meaning in YAML.
any_text = st.text(st.characters(), max_size=60)
yaml_like = st.lists(
    st.sampled_from(
        [
            *"{}[]:,-?&*!|>'\"%@`#~<=+.0123456789eExU\\ \n\t\r",
            "a",
            "name",
            ": ",
            "- ",
            "\n  ",
            "---\n",
            "...\n",
            "null",
            "true",
            ".inf",
            ".nan",
            "1e5",
            "\\x",
            "\\U0011",
            "\ufeff",
            "\x00",
            "\u2028",
        ]
    ),
    max_size=40,
).map("".join)


def refusal(function: Callable[..., object], *args: object) -> str | None:
    """The message of a refusal, or None; any other exception is a failure."""
    try:
        function(*args)
    except ConfigError as error:
        return str(error)
    return None


@several
@given(any_text | yaml_like)
@example('"\\U00110000"')
@example("%YAML " + "9" * 5000 + ".1\n---\n")
@example("[" * 5000)
@example("{a: " * 5000)
@example("- " * 5000)
@example("1" * 5000)
@example("a: \ud800")
@example("? ? ?")
@example("&a [*a]")
def test_any_text_is_parsed_or_refused(text: str) -> None:
    message = refusal(parse, text, SourceText("e.yaml", text))

    assert message is None or message.startswith("e.yaml:")


@several
@given(st.sampled_from(PATHS), any_text | yaml_like | values.map(flow))
@example("model", "{name: fashion_cnn, channels: [1]}")
@example("optimizer.betas", "[0.9]")
@example("dataset", "{name: csv, csv: 1}")
@example("loss", "{name: cross_entropy, class_weight: [1]}")
@example("name." + "a." * 3000 + "b", "1")
@example("train.epochs", "1" * 5000)
def test_any_value_of_a_known_key_is_accepted_or_refused(path: str, text: str) -> None:
    override = f"{path}={text}"

    message = refusal(config_from_mapping, BASE, [override])

    assert message is None or f"argument '{override}'" in message


@several
@given(st.lists(any_text | yaml_like, max_size=3))
@example(["="])
@example(["a" * 200_000])
@example(["." * 5000 + "=1"])
@example(["a=" + "[" * 5000])
def test_any_argument_is_accepted_or_refused(overrides: list[str]) -> None:
    assert refusal(config_from_mapping, BASE, overrides) != ""


@few
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\x00")
@example(b"\xef\xbb\xbf")
@example(b"a: \x1b[2J")
@example(b"\xed\xa0\x80")
def test_any_bytes_are_an_experiment_or_refused(
    load_text: Callable[..., ExperimentConfig], content: bytes
) -> None:
    with pytest.raises(ConfigError):
        load_text(content)


@several
@given(st.dictionaries(st.sampled_from([*BASE, "loss", "train", "schedule", "x"]), values))
@example({"model": {"name": ["mlp"]}})
@example({"dataset": {"name": {"name": "csv"}}})
def test_any_mapping_is_an_experiment_or_refused(mapping: dict[str, object]) -> None:
    assert refusal(config_from_mapping, {**BASE, **mapping}) != ""
