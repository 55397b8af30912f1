from __future__ import annotations

import pytest
from pydantic import ValidationError

from nnlab.config.load import config_from_mapping
from tests.helpers.configs import COMPONENTS, SPIRAL, load, minimal

DATASETS = [member for section, member in COMPONENTS if section == "dataset"]


@pytest.mark.parametrize(
    ("dataset", "loss"),
    [
        ("{name: spiral}", "cross_entropy"),
        ("{name: mnist}", "cross_entropy"),
        ("{name: regression}", "mse"),
        ("{name: csv, path: a.csv, target: y}", "cross_entropy"),
        ("{name: csv, path: a.csv, target: y, task: regression}", "mse"),
    ],
)
def test_the_default_loss_is_that_of_the_task(dataset: str, loss: str) -> None:
    assert load(SPIRAL, f"dataset={dataset}").loss.name == loss


@pytest.mark.parametrize(
    ("overrides", "select"),
    [
        ([], "last"),
        (["train.early_stopping={}"], "best"),
        (["train.early_stopping.patience=3"], "best"),
        (["train.early_stopping=null"], "last"),
        (["train.early_stopping={}", "train.select=last"], "last"),
        (["train.select=best"], "best"),
    ],
    ids=lambda part: "+".join(part) if isinstance(part, list) else part,
)
def test_the_best_weights_are_selected_by_default_with_early_stopping(
    overrides: list[str], select: str
) -> None:
    assert load(SPIRAL, *overrides).train.select == select


def test_the_default_name_is_that_of_the_file() -> None:
    assert load(SPIRAL, name="my.first-run_2.yaml").name == "my.first-run_2"


def test_a_name_in_the_file_wins_over_the_name_of_the_file() -> None:
    assert load("name: chosen\n" + SPIRAL).name == "chosen"


def test_a_mapping_has_a_default_name() -> None:
    mapping = {"dataset": {"name": "xor"}, "model": {"name": "mlp"}, "optimizer": {"name": "sgd"}}

    assert config_from_mapping(mapping).name == "experiment"


@pytest.mark.parametrize(
    ("dataset", "standardizes"),
    [("spiral", True), ("random", True), ("xor", False), ("mnist", False), ("digits", False)],
)
def test_features_are_standardized_by_default_where_it_helps(
    dataset: str, standardizes: bool
) -> None:
    assert load(SPIRAL, f"dataset.name={dataset}").dataset.standardizes is standardizes


@pytest.mark.parametrize("value", [True, False])
def test_standardize_wins_over_the_default(value: bool) -> None:
    config = load(SPIRAL, f"dataset.standardize={str(value).lower()}")

    assert config.dataset.standardizes is value


@pytest.mark.parametrize(
    ("key", "value"), [("val", 0.05), ("test", 0.25), ("seed", 7), ("order", "sequential")]
)
@pytest.mark.parametrize("dataset", DATASETS, ids=lambda member: member.__name__)
def test_one_key_of_the_split_leaves_the_others_at_their_defaults(
    dataset: type, key: str, value: object
) -> None:
    base = {"dataset": minimal(dataset), "model": {"name": "mlp"}, "optimizer": {"name": "sgd"}}
    default = config_from_mapping(base).dataset.split.model_dump()

    split = config_from_mapping(base, [f"dataset.split.{key}={value}"]).dataset.split.model_dump()

    assert split == {**default, key: value}


def test_a_config_cannot_be_changed() -> None:
    config = load(SPIRAL)

    with pytest.raises(ValidationError, match="frozen"):
        config.train.epochs = 3
