from __future__ import annotations

import pytest

from nnlab.formatting import did_you_mean
from tests.helpers.configs import (
    COMPONENT_IDS,
    COMPONENTS,
    EVERY_SECTION,
    SPIRAL,
    UNIONS,
    heads,
    problems,
)


@pytest.mark.parametrize(
    ("old", "new", "head"),
    [
        pytest.param("model:", "modle:", "5:1: modle: {} 'model'", id="top"),
        pytest.param(
            "  split:", "  splits: 1\n  split:", "4:3: dataset.splits: {} 'split'", id="dataset"
        ),
        pytest.param("test:", "tets: 1, test:", "4:11: dataset.split.tets: {} 'test'", id="split"),
        pytest.param("mlp", "mlp, dropuot: 0", "5:20: model.dropuot: {} 'dropout'", id="model"),
        pytest.param(
            "cross_entropy",
            "cross_entropy, class_weights: balanced",
            "6:29: loss.class_weights: {} 'class_weight'",
            id="loss",
        ),
        pytest.param(
            "sgd", "sgd, momentun: 0", "7:24: optimizer.momentun: {} 'momentum'", id="optimizer"
        ),
        pytest.param("step}", "step, gama: 1}", "8:24: schedule.gama: {} 'gamma'", id="schedule"),
        pytest.param(
            "  early", "  epoch: 1\n  early", "10:3: train.epoch: {} 'epochs'", id="train"
        ),
        pytest.param(
            "patience", "patienc", "10:20: train.early_stopping.patienc: {} 'patience'", id="early"
        ),
    ],
)
def test_an_unknown_key_at_any_level_is_reported_with_the_nearest_key(
    old: str, new: str, head: str
) -> None:
    message = problems(EVERY_SECTION.replace(old, new, 1))

    assert f"e.yaml:{head.format('unknown key (did you mean')}?)" in heads(message)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("train.num_epochs=3", "epochs"),
        ("train.max_epochs=3", "epochs"),
        ("train.random_state=3", "seed"),
        ("optimizer.learning_rate=0.1", "lr"),
        ("optimizer.l2=0.1", "weight_decay"),
        ("model.hidden_dims=[3]", "hidden_sizes"),
        ("model.hidden_layer_sizes=[3]", "hidden_sizes"),
    ],
)
def test_a_key_of_another_library_suggests_ours(override: str, key: str) -> None:
    assert problems(SPIRAL, override).endswith(f"unknown key (did you mean '{key}'?)")


def test_a_synonym_is_not_offered_where_its_key_is_unknown() -> None:
    assert did_you_mean("learning_rate", ["epochs", "batch_size"]) == ""


@pytest.mark.parametrize(("section", "member"), COMPONENTS, ids=COMPONENT_IDS)
def test_every_component_refuses_unknown_keys(section: str, member: type) -> None:
    name = member.model_fields["name"].default

    message = problems(EVERY_SECTION, f"{section}={{name: {name}, surprise: 1}}")

    assert f"{section}.surprise: unknown key" in message


@pytest.mark.parametrize("section", UNIONS)
def test_a_file_cannot_say_what_builds_a_component(section: str) -> None:
    message = problems(EVERY_SECTION, f"{section}.builder=os:system")

    assert f"{section}.builder: unknown key" in message


def test_a_merge_key_is_an_unknown_key() -> None:
    assert "4:1: <<: unknown key" in problems(SPIRAL + "<<: {name: x}\n")


def test_a_key_named_like_its_component_does_not_hide_what_is_missing() -> None:
    message = problems(SPIRAL.replace("{name: spiral}", "{name: csv, csv: rows.csv}"))

    told = "\n".join(heads(message))
    assert "dataset.csv: unknown key" in told
    assert "dataset.path: this key is required" in told
    assert "dataset.target: this key is required" in told
