from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, dump_config, load_config
from nnlab.config.messages import SourceText
from nnlab.config.yaml12 import parse
from nnlab.errors import ConfigError

BASE = {
    "name": "base",
    "dataset": {"name": "mnist"},
    "model": {"name": "mlp"},
    "optimizer": {"name": "adam"},
}
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

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(unhurried, max_examples=40)
several = settings(unhurried, max_examples=100)

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
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "test", "val", "x", "csv", "mlp"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def load_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ExperimentConfig]:
    path = tmp_path_factory.mktemp("config") / "e.yaml"

    def load(content: str | bytes, *overrides: str) -> ExperimentConfig:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_config(path, overrides)

    return load


def flow(value: object) -> str:
    """A value in YAML's flow style, as an argument has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return json.dumps(value, ensure_ascii=False)


def refusal(function: Callable[..., object], *args: object) -> str | None:
    """The message of a refusal, or None; any other exception is a failure."""
    try:
        function(*args)
    except ConfigError as error:
        return str(error)
    return None


# ---- anything may be typed


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


# ---- what is said is what is meant


def _same(found: object, value: object) -> bool:
    if isinstance(value, list):
        return isinstance(found, list) and all(map(_same, found, value))
    if isinstance(value, dict):
        return isinstance(found, dict) and all(_same(found[key], value[key]) for key in value)
    return found == value and type(found) is type(value)


@several
@given(values)
@example([1e-5, 1e16, -0.0, math.inf, 5e-324])
@example({"name": "1e3", "x": ["on", "null", "~", "", " ", "010"]})
def test_json_is_read_as_what_it_says(value: object) -> None:
    text = flow(value)

    found = parse(text, SourceText("e.yaml", text)).value

    assert _same(found, value)


widths = st.lists(st.integers(1, 10**6), max_size=4)
fractions = st.floats(0, 1, exclude_max=True, allow_subnormal=True)
positive = st.floats(0, exclude_min=True, allow_infinity=False)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1)

mlps = st.fixed_dictionaries(
    {"name": st.just("mlp")},
    optional={
        "hidden_sizes": widths,
        "activation": st.sampled_from(["relu", "tanh", "identity"]),
        "dropout": fractions,
        "init_std": positive,
    },
)
cnns = st.fixed_dictionaries(
    {"name": st.just("fashion_cnn")},
    optional={"channels": st.lists(st.integers(1, 512), min_size=2, max_size=2)},
)
adams = st.fixed_dictionaries(
    {"name": st.sampled_from(["adam", "adamw"])},
    optional={"lr": positive, "betas": st.lists(fractions, min_size=2, max_size=2)},
)
sgds = st.fixed_dictionaries(
    {"name": st.just("sgd")}, optional={"lr": positive, "momentum": fractions}
)
schedules = st.fixed_dictionaries(
    {"name": st.sampled_from(["constant", "cosine"])}, optional={"warmup_steps": st.integers(0, 99)}
)
trains = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 10**9),
        "batch_size": st.integers(1, 10**9) | st.just("full"),
        "seed": st.integers(0, 2**32 - 1),
        "shuffle": st.booleans(),
        "clip_norm": st.none() | positive,
        "early_stopping": st.none() | st.fixed_dictionaries({"patience": st.integers(1, 100)}),
        "monitor": st.sampled_from(["val.loss", "val.accuracy", "test.f1"]),
    },
)
images = st.fixed_dictionaries(
    {"name": st.sampled_from(["mnist", "fashion_mnist"])},
    optional={"standardize": st.booleans() | st.just("auto")},
)
tables = st.fixed_dictionaries(
    {"name": st.just("csv"), "path": words, "target": words},
    optional={"features": st.lists(words, min_size=1, max_size=3)},
)
points = st.fixed_dictionaries(
    {"name": st.just("spiral")},
    optional={
        "noise": st.just(0) | positive,
        "split": st.fixed_dictionaries({"test": st.floats(0.05, 0.3)}),
    },
)
experiments = st.fixed_dictionaries(
    {"dataset": images | tables | points, "model": mlps, "optimizer": adams | sgds}
) | st.fixed_dictionaries({"dataset": images, "model": cnns, "optimizer": adams | sgds})
optional_sections = st.fixed_dictionaries(
    {}, optional={"name": names, "schedule": schedules, "train": trains}
)


@several
@given(experiments, optional_sections)
@example({**BASE, "name": "1e3"}, {})
@example({**BASE, "name": "09"}, {})
@example({**BASE, "dataset": {"name": "csv", "path": "1.5e3", "target": "08"}}, {})
@example({**BASE, "dataset": {"name": "spiral"}}, {})
def test_an_experiment_is_the_same_after_writing_and_reading(
    load_text: Callable[..., ExperimentConfig],
    experiment: dict[str, object],
    sections: dict[str, object],
) -> None:
    config = config_from_mapping({**experiment, **sections})

    again = load_text(dump_config(config))

    assert again == config
    assert dump_config(again) == dump_config(config)


@few
@given(experiments, optional_sections)
def test_overrides_say_the_same_as_the_file(
    load_text: Callable[..., ExperimentConfig],
    experiment: dict[str, object],
    sections: dict[str, object],
) -> None:
    mapping = {**experiment, "name": "same", **sections}
    overrides = [f"{key}={flow(value)}" for key, value in mapping.items()]

    config = load_text("name: other\ntrain: {epochs: 3}\nmodel: {name: none}\n", *overrides)

    expected = load_text("\n".join(f"{key}: {flow(value)}" for key, value in mapping.items()))
    if "train" not in mapping:
        expected = load_text(dump_config(expected), "train.epochs=3")
    assert config.model_dump() == expected.model_dump()


@few
@given(mlps, st.data())
def test_an_override_of_one_key_changes_that_key_alone(
    model: dict[str, object], data: st.DataObject
) -> None:
    before = config_from_mapping({**BASE, "model": model})
    key, value = data.draw(
        st.sampled_from([("epochs", 77), ("seed", 78), ("eval_every", 79), ("seeds", 80)])
    )

    after = config_from_mapping({**BASE, "model": model}, [f"train.{key}={value}"])

    train = {**before.train.model_dump(), key: value}
    assert after.model_dump() == {**before.model_dump(), "train": train}
