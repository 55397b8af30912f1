from __future__ import annotations

import math
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, dump_config
from nnlab.config.messages import SourceText
from nnlab.config.yaml12 import parse
from tests.helpers.config_texts import BASE, few, flow, several, values


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
def test_json_is_read_as_the_value_it_encodes(value: object) -> None:
    text = flow(value)

    found = parse(text, SourceText("e.yaml", text)).value

    assert _same(found, value)


widths = st.lists(st.integers(1, 10**6), min_size=1, max_size=4)
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
@example({**BASE, "model": {"name": "mlp", "hidden_sizes": []}}, {})
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
def test_overrides_give_the_same_experiment_as_the_file(
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
