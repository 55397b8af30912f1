"""Controls are made from the schema of experiments: all of it, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.unions import members_of, tags_of
from nnlab.ui.schema import Control, sections

CONTROLS = [control for section in sections() for control in section.fields]


def is_section(info) -> bool:
    return (
        bool(members_of(info.annotation))
        and "tuple[" not in str(info.annotation)
        and "dict[" not in str(info.annotation)
    )


def fields(model: type[BaseModel], above: str = "", tag: str | None = None) -> list:
    """Return each key of a section and all below: its path, its field, and the member it is of."""
    found = []
    for name, info in model.model_fields.items():
        path = f"{above}.{name}" if above else name
        has_one_value = (
            get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1
        )
        members = members_of(info.annotation) if is_section(info) else []
        if not members and not has_one_value and not info.exclude:
            found.append((path, info, tag))
        for member in members:
            found += fields(member, path, tags_of(member)[-1] if len(members) > 1 else tag)
    return found


def controls_of(path: str, tag: str | None) -> list[Control]:
    return [
        control
        for control in CONTROLS
        if control.key == path and (control.when is None or tag in control.when.value)
    ]


EVERY = fields(ExperimentConfig)


def test_the_walk_finds_the_schema() -> None:
    paths = {path for path, _, _ in EVERY}
    assert {"model.hidden_sizes", "dataset.split.vary", "train.early_stopping.patience"} <= paths
    assert len(EVERY) > 200


@pytest.mark.parametrize(("path", "info", "tag"), EVERY, ids=[f"{p}-{t}" for p, _, t in EVERY])
def test_every_key_has_one_control_with_its_help_default_and_words(path, info, tag) -> None:
    (control,) = controls_of(path, tag)
    assert control.help == (info.description or "")
    if isinstance(info.default, str | int | float):
        assert control.default == info.default
    if get_origin(info.annotation) is Literal:
        assert control.options == get_args(info.annotation)


def test_every_control_is_a_key_or_chooses_a_section() -> None:
    paths = {path for path, _, _ in EVERY}
    choosers = {
        c.key for c in CONTROLS if c.key.rpartition(".")[2] in {"name", "estimator"}
    } - paths
    assert {control.key for control in CONTROLS} == paths | choosers
    for control in (c for c in CONTROLS if c.key in choosers):
        section, _, word = control.key.partition(".")
        members = members_of(ExperimentConfig.model_fields[section].annotation)
        depth = ["name", "estimator"].index(word)
        tags = {tags_of(member)[depth] for member in members if len(tags_of(member)) > depth}
        assert {option["value"] for option in control.options} == tags
        assert all(option["help"] for option in control.options)


@pytest.mark.parametrize(
    ("key", "tag", "kind", "minimum", "maximum", "scale"),
    [
        ("optimizer.lr", "adam", "number", 1e-5, 0.03, "log"),
        ("optimizer.lr", "sgd", "number", 1e-4, 1.0, "log"),
        ("model.dropout", "mlp", "number", 0, 0.99, "linear"),
        ("train.epochs", None, "integer", 1, 1000, "log"),
        ("train.batch_size", None, "integer", 1, 6400, "log"),
        ("dataset.noise", "spiral", "number", 0, 1, "linear"),
        ("train.seed", None, "integer", None, None, "linear"),
        ("model.hidden_sizes", "mlp", "list", None, None, "linear"),
        ("optimizer.nesterov", "sgd", "toggle", None, None, "linear"),
    ],
)
def test_ranges(key, tag, kind, minimum, maximum, scale) -> None:
    (control,) = controls_of(key, tag)
    found = (control.kind, control.minimum, control.maximum, control.scale)
    assert found == (kind, minimum, maximum, scale)


def test_sliders_stay_within_what_the_schema_allows() -> None:
    for control in CONTROLS:
        if control.minimum is not None and control.maximum is not None:
            assert control.minimum < control.maximum
            assert control.scale == "linear" or control.minimum > 0


def test_a_word_beside_a_number_is_an_option() -> None:
    assert controls_of("train.batch_size", None)[0].options == ("full",)
    assert controls_of("dataset.standardize", "csv")[0].options == ("auto", True, False)


def test_the_schema_is_json() -> None:
    assert json.loads(json.dumps([asdict(section) for section in sections()]))
