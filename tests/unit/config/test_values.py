from __future__ import annotations

import pytest

from nnlab.config.experiment import ExperimentConfig
from tests.helpers.configs import SPIRAL, load, problems

WHOLE = [
    "train.epochs",
    "train.seed",
    "train.seeds",
    "train.eval_every",
    "dataset.num_samples",
    "dataset.seed",
    "dataset.split.seed",
    "schedule.warmup_steps",
]


@pytest.mark.parametrize("value", ["true", "'3'", "3.0", "1e3", "three", "null", "[3]", ".nan"])
@pytest.mark.parametrize("path", WHOLE)
def test_a_whole_number_accepts_only_whole_numbers(path: str, value: str) -> None:
    message = problems(
        SPIRAL, "schedule={name: constant}", "dataset.split={test: 0.1}", f"{path}={value}"
    )

    assert f"{path}: should be a " in message


@pytest.mark.parametrize("value", ["true", "'1.0'", "null", "[1]", "nan", "one"])
@pytest.mark.parametrize("path", ["optimizer.lr", "optimizer.weight_decay", "dataset.noise"])
def test_a_number_accepts_only_numbers(path: str, value: str) -> None:
    assert f"{path}: should be a number, not " in problems(SPIRAL, f"{path}={value}")


@pytest.mark.parametrize("value", ["1", "0", "'true'", "on", "yes", "null"])
def test_a_boolean_accepts_only_true_or_false(value: str) -> None:
    message = problems(SPIRAL, f"train.shuffle={value}")

    assert "train.shuffle: should be true or false, not " in message


@pytest.mark.parametrize("item", ["true", "'8'", "8.0", "null"])
def test_a_width_is_a_whole_number(item: str) -> None:
    message = problems(SPIRAL, f"model.hidden_sizes=[4, {item}]")

    assert "model.hidden_sizes.1: should be a whole number, not " in message


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "1e400"])
@pytest.mark.parametrize(
    "path", ["optimizer.lr", "optimizer.weight_decay", "dataset.noise", "train.clip_norm"]
)
def test_a_number_is_finite(path: str, value: str) -> None:
    assert f"{path}: should be a finite number, not " in problems(SPIRAL, f"{path}={value}")


@pytest.mark.parametrize(
    ("override", "rest"),
    [
        ("train.epochs=0", "at least 1"),
        ("train.epochs=-1", "at least 1"),
        ("train.epochs=1000000001", "at most 1000000000"),
        ("train.batch_size=0", "at least 1 or 'full'"),
        ("train.seed=-1", "at least 0"),
        ("train.seed=4294967296", "less than 4294967296"),
        ("train.seeds=0", "at least 1"),
        ("train.seeds=10001", "at most 10000"),
        ("train.eval_every=0", "at least 1"),
        ("loss={name: cross_entropy, class_weight: {a: 1e308}}", "at most 1000000000.0"),
        ("loss={name: cross_entropy, class_weight: {a: 1e-300}}", "at least 1e-09"),
        ("loss={name: cross_entropy, class_weight: [1, 0]}", "at least 1e-09"),
        ("train.limit_batches=0", "at least 1"),
        ("train.clip_norm=0", "more than 0.0"),
        ("train.max_minutes=0", "more than 0.0"),
        ("train.early_stopping.patience=0", "at least 1"),
        ("train.early_stopping.min_delta=-1e-9", "at least 0.0"),
        ("dataset.num_samples=0", "at least 1"),
        ("dataset.noise=-0.1", "at least 0.0"),
        ("dataset.split={test: 0.1, val: 1}", "less than 1.0"),
        ("dataset.split={test: 0.1, val: -0.1}", "at least 0.0"),
        ("dataset={name: random, num_classes: 1}", "at least 2"),
        ("dataset={name: random, num_classes: 1001}", "at most 1000"),
        ("dataset={name: random, num_features: 0}", "at least 1"),
        ("dataset={name: csv, path: '', target: b}", "at least 1 characters long"),
        ("dataset={name: csv, path: a, target: b, features: []}", "a list of at least 1"),
        ("model.hidden_sizes=[0]", "at least 1"),
        ("model.hidden_sizes=[-8]", "at least 1"),
        ("model.hidden_sizes=[1000001]", "at most 1000000"),
        (f"model.hidden_sizes={[1] * 101}", "a list of at most 100"),
        ("model.dropout=1", "less than 1.0"),
        ("model.dropout=-0.5", "at least 0.0"),
        ("model.init_std=0", "more than 0.0"),
        ("optimizer.lr=0", "more than 0.0"),
        ("optimizer.lr=-1", "more than 0.0"),
        ("optimizer.weight_decay=-1", "at least 0.0"),
        ("optimizer.betas=[0.9, 1]", "less than 1.0"),
        ("optimizer.eps=0", "more than 0.0"),
        ("optimizer={name: sgd, momentum: 1}", "less than 1.0"),
        ("optimizer={name: lbfgs, C: 0}", "more than 0.0"),
        ("schedule={name: step, gamma: 0}", "more than 0.0"),
        ("schedule={name: step, gamma: 1.5}", "at most 1.0"),
        ("schedule={name: one_cycle, rise: 1}", "less than 1.0"),
        ("schedule={name: plateau, factor: 1}", "less than 1.0"),
        ("schedule={name: constant, warmup_steps: -1}", "at least 0"),
    ],
    ids=lambda part: part[:50],
)
def test_a_value_out_of_bounds_is_reported_with_the_bound(override: str, rest: str) -> None:
    message = problems(SPIRAL, override)

    assert f": should be {rest}, not " in message


@pytest.mark.parametrize(
    "override",
    [
        "train.seed=0",
        "train.seed=4294967295",
        "train.epochs=1000000000",
        "train.seeds=10000",
        "train.batch_size=full",
        "model.dropout=0",
        "model.dropout=0.999",
        "model.hidden_sizes=[1, 1000000]",
        "optimizer.lr=5e-324",
        "optimizer.weight_decay=0",
        "dataset.noise=0",
        "dataset.split={test: 0, val: 0}",
        "schedule={name: step, gamma: 1}",
        "name=x",
        f"name={'x' * 64}",
    ],
    ids=lambda text: text[:40],
)
def test_a_value_at_its_bound_is_accepted(override: str) -> None:
    assert isinstance(load(SPIRAL, override), ExperimentConfig)


@pytest.mark.parametrize(
    "name",
    ["a/b", "..", "../x", ".hidden", "-x", "a\\b", "''", "x" * 65, '"a\\n"', "~x", '"\u202ea"'],
)
def test_a_name_that_is_not_a_folder_name_is_refused(name: str) -> None:
    assert "name: should be a name of letters, " in problems(SPIRAL, f"name={name}")


@pytest.mark.parametrize("name", ["hw 1", "Übung 3 (Anna)", "lr+0.1", "实验"])
def test_a_name_is_in_any_script_and_may_have_spaces(name: str) -> None:
    assert load(SPIRAL, f"name={name}").name == name


@pytest.mark.parametrize("delimiter", ["''", "', '", '"\\n"', '"\\r"', "'\"'", '"\\0"'])
def test_a_delimiter_is_one_character_that_can_part_cells(delimiter: str) -> None:
    message = problems(SPIRAL, f"dataset={{name: csv, path: a, target: b, delimiter: {delimiter}}}")

    assert "dataset.delimiter: should be " in message


@pytest.mark.parametrize("monitor", ["loss", "train.loss", "val.", "val.Loss", "val.loss.x", "val"])
def test_a_monitor_is_a_split_and_a_metric(monitor: str) -> None:
    assert "train.monitor: should be val or test and a metric, such as val.loss" in problems(
        SPIRAL, f"train.monitor={monitor}"
    )
