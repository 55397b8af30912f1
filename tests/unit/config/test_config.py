from __future__ import annotations

import json
import typing
from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic import ValidationError

from nnlab.config.bundled import bundled_configs, find_config
from nnlab.config.datasets import AnyDataset
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, dump_config, load_config
from nnlab.config.losses import AnyLoss
from nnlab.config.messages import ConfigProblems, did_you_mean
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.config.schedules import AnySchedule
from nnlab.errors import ConfigError

SPIRAL = """\
dataset: {name: spiral}
model: {name: mlp, hidden_sizes: [8, 4]}
optimizer: {name: adam}
"""

# Only keys that every test may misspell, on lines that the tests name.
EVERY_SECTION = """\
name: everything
dataset:
  name: mnist
  split: {test: pooled}
model: {name: mlp}
loss: {name: cross_entropy}
optimizer: {name: sgd}
schedule: {name: step}
train:
  early_stopping: {patience: 3}
"""

UNIONS = {
    "dataset": AnyDataset,
    "model": AnyModel,
    "loss": AnyLoss,
    "optimizer": AnyOptimizer,
    "schedule": AnySchedule,
}
COMPONENTS = [
    (section, member)
    for section, union in UNIONS.items()
    for member in typing.get_args(typing.get_args(union)[0])
]
COMPONENT_IDS = [f"{section}-{member.__name__}" for section, member in COMPONENTS]
DATASETS = [member for section, member in COMPONENTS if section == "dataset"]


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named as in the messages: without a folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


def load(text: str, *overrides: str, name: str = "e.yaml") -> ExperimentConfig:
    Path(name).write_text(text, encoding="utf-8")
    return load_config(name, overrides)


def problems(text: str, *overrides: str) -> str:
    with pytest.raises(ConfigProblems) as caught:
        load(text, *overrides)
    return str(caught.value)


def heads(message: str) -> list[str]:
    """The first line of every problem, without the source lines and carets."""
    return [line for line in message.splitlines() if line[5:8] != " | " and line[6:7] != "|"]


def minimal(dataset: type) -> dict[str, str]:
    needed = {"path": "rows.csv", "target": "kind"} if dataset.__name__ == "CSVConfig" else {}
    return {"name": dataset.model_fields["name"].default, **needed}


def test_an_unknown_key_is_shown_with_its_place() -> None:
    message = problems(SPIRAL + "train:\n  epoch: 3\n")

    assert message == (
        "e.yaml:5:3: train.epoch: unknown key (did you mean 'epochs'?)\n"
        "    5 |   epoch: 3\n"
        "      |   ^^^^^"
    )


def test_an_unknown_key_like_no_other_is_shown_with_the_known_ones() -> None:
    message = problems(SPIRAL + "foo: 1\n")

    assert message == (
        "e.yaml:4:1: foo: unknown key; "
        "known: dataset, ignore, loss, model, name, optimizer, schedule, train\n"
        "    4 | foo: 1\n"
        "      | ^^^"
    )


def test_a_wrong_value_is_shown_with_its_place() -> None:
    message = problems(SPIRAL + "train: {seed: 0, epochs: ten}  # enough\n")

    assert message == (
        'e.yaml:4:26: train.epochs: should be a whole number, not "ten"\n'
        "    4 | train: {seed: 0, epochs: ten}  # enough\n"
        "      |                          ^^^"
    )


def test_a_wrong_item_of_a_list_is_shown_with_its_place() -> None:
    message = problems(SPIRAL.replace("[8, 4]", "[8, 0]"))

    assert message == (
        "e.yaml:2:38: model.hidden_sizes.1: should be at least 1, not 0\n"
        "    2 | model: {name: mlp, hidden_sizes: [8, 0]}\n"
        "      |                                      ^"
    )


def test_an_unknown_component_is_shown_with_the_known_ones() -> None:
    message = problems(SPIRAL.replace("name: mlp", "name: mpl"))

    assert message == (
        "e.yaml:2:15: model: unknown name \"mpl\" (did you mean 'mlp'?); "
        "known: logistic, mlp, fashion_cnn\n"
        "    2 | model: {name: mpl, hidden_sizes: [8, 4]}\n"
        "      |               ^^^"
    )


def test_a_section_without_a_name_is_shown_with_the_names() -> None:
    message = problems(SPIRAL + "schedule: {gamma: 0.5}\n")

    assert message == (
        "e.yaml:4:11: schedule: needs a name: {name: ...}, "
        "one of constant, step, cosine, one_cycle, plateau\n"
        "    4 | schedule: {gamma: 0.5}\n"
        "      |           ^^^^^^^^^^^^"
    )


def test_a_word_where_a_section_should_be_is_shown() -> None:
    message = problems("dataset: {name: spiral}\nmodel: mlp\noptimizer: {name: adam}\n")

    assert message == (
        'e.yaml:2:8: model: should be a mapping such as {name: ...}, not "mlp"\n'
        "    2 | model: mlp\n"
        "      |        ^^^"
    )


def test_a_missing_section_is_told_at_the_start_of_the_file() -> None:
    message = problems("# mine\nmodel: {name: mlp}\noptimizer: {name: adam}\n")

    assert message == (
        "e.yaml:2:1: dataset: this key is required\n    2 | model: {name: mlp}\n      | ^"
    )


def test_a_missing_key_is_told_at_its_section() -> None:
    message = problems(SPIRAL.replace("{name: spiral}", "{name: csv, path: rows.csv}"))

    assert message == (
        "e.yaml:1:1: dataset.target: this key is required\n"
        "    1 | dataset: {name: csv, path: rows.csv}\n"
        "      | ^^^^^^^"
    )


def test_a_contradiction_is_told_at_the_value() -> None:
    message = problems(SPIRAL + "loss: {name: mse}\n")

    assert message == (
        "e.yaml:4:14: loss.name: mse is not a loss for classification, which spiral is\n"
        "    4 | loss: {name: mse}\n"
        "      |              ^^^"
    )


def test_a_contradiction_with_a_default_is_told_at_the_nearest_section() -> None:
    message = problems(SPIRAL.replace("adam", "lbfgs") + "train: {epochs: 1}\n")

    assert message == (
        "e.yaml:4:8: train.batch_size: lbfgs needs every example in one step: batch_size: full\n"
        "    4 | train: {epochs: 1}\n"
        "      |        ^^^^^^^^^^^"
    )


def test_a_syntax_error_is_shown_with_its_place() -> None:
    message = problems("dataset:\n\tname: spiral\n")

    assert message == (
        "e.yaml:2:1: found character '\\t' that cannot start any token\n"
        "    2 | \tname: spiral\n"
        "      | ^"
    )


def test_a_file_that_is_no_mapping_is_told() -> None:
    message = problems("- dataset\n- model\n")

    assert message == (
        "e.yaml:1:1: an experiment is a mapping of keys: dataset, model, optimizer, ...\n"
        "    1 | - dataset\n"
        "      | ^"
    )


def test_a_wrong_argument_is_quoted() -> None:
    message = problems(SPIRAL, "train.epochs=0")

    assert message == "argument 'train.epochs=0': train.epochs: should be at least 1, not 0"


def test_a_long_wrong_value_is_cut() -> None:
    message = problems(SPIRAL, f"train.epochs={'x' * 500}")

    assert message.endswith(f'train.epochs: should be a whole number, not "{"x" * 59}...')


@pytest.mark.parametrize("text", ["", "# later\n", "---\n"], ids=["nothing", "comment", "marker"])
def test_an_empty_file_is_named_in_every_problem(text: str) -> None:
    message = problems(text)

    assert [head.partition(" ")[2] for head in heads(message)] == [
        "dataset: this key is required",
        "model: this key is required",
        "optimizer: this key is required",
    ]
    assert all(head.startswith("e.yaml:") for head in heads(message))


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
def test_an_unknown_key_of_any_level_is_told_with_the_nearest(
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
def test_a_key_of_another_library_leads_to_ours(override: str, key: str) -> None:
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


def test_all_problems_of_a_file_are_told_in_its_order() -> None:
    text = """\
name: a/b
dataset:
  name: spiral
  noise: -1
  sed: 3
model: {name: mpl}
optimizer: {name: adam, lr: 0}
foo: 1
train:
  epochs: 0
  shuffle: maybe
"""

    message = problems(text)

    assert heads(message) == [
        (
            "e.yaml:1:7: name: should be text that matches "
            '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$, not "a/b"'
        ),
        "e.yaml:4:10: dataset.noise: should be at least 0.0, not -1",
        "e.yaml:5:3: dataset.sed: unknown key (did you mean 'seed'?)",
        (
            "e.yaml:6:15: model: unknown name \"mpl\" (did you mean 'mlp'?); "
            "known: logistic, mlp, fashion_cnn"
        ),
        "e.yaml:7:29: optimizer.lr: should be more than 0.0, not 0",
        (
            "e.yaml:8:1: foo: unknown key; "
            "known: dataset, ignore, loss, model, name, optimizer, schedule, train"
        ),
        "e.yaml:10:11: train.epochs: should be at least 1, not 0",
        'e.yaml:11:12: train.shuffle: should be true or false, not "maybe"',
    ]


def test_problems_of_the_file_come_before_those_of_arguments() -> None:
    message = problems(SPIRAL + "foo: 1\n", "train.epochs=0")

    assert [head.partition(" ")[0] for head in heads(message)] == ["e.yaml:4:1:", "argument"]


def test_all_contradictions_are_told_at_once() -> None:
    text = SPIRAL.replace("adam", "lbfgs") + "loss: {name: mse}\ntrain: {monitor: val.mse}\n"

    message = problems(text)

    assert [head.split(": ")[1] for head in heads(message)] == [
        "loss.name",
        "train.batch_size",
        "train.monitor",
    ]


@pytest.mark.parametrize(
    ("override", "rest"),
    [
        pytest.param("model.hidden_sizes=7", "should be a list, not 7", id="number for a list"),
        pytest.param(
            "train.batch_size=half",
            "should be a whole number or 'full', not \"half\"",
            id="number or word",
        ),
        pytest.param(
            "dataset.standardize=maybe",
            "should be 'auto' or true or false, not \"maybe\"",
            id="word or bool",
        ),
        pytest.param(
            "dataset.split={test: most}",
            "should be 'official' or 'pooled' or a number, not \"most\"",
            id="word or fraction",
        ),
        pytest.param(
            "loss={name: cross_entropy, class_weight: [1]}",
            "should be 'balanced' or 'inverse_count' or a list of at least 2, not [1]",
            id="list too short",
        ),
        pytest.param("name=", "should be text, not null", id="null for text"),
        pytest.param(
            "train.early_stopping=3",
            "should be a mapping such as {key: value}, not 3",
            id="mapping",
        ),
        pytest.param(
            "dataset=mnist", 'should be a mapping such as {name: ...}, not "mnist"', id="component"
        ),
        pytest.param(
            "train.device=gpu", "should be 'auto', 'cpu' or 'cuda', not \"gpu\"", id="choice"
        ),
    ],
)
def test_what_was_expected_is_told_in_one_sentence(override: str, rest: str) -> None:
    message = problems(EVERY_SECTION, override)

    assert len(heads(message)) == 1
    assert message.endswith(f": {rest}")


def test_a_wrong_class_weight_is_told_and_nothing_that_is_not_so() -> None:
    message = problems(SPIRAL, "loss={name: cross_entropy, class_weight: [1, -1]}")

    assert "loss.class_weight.1: should be more than 0.0, not -1" in message
    assert "a list of at least 2" not in message


@pytest.mark.parametrize(
    ("override", "path"),
    [
        pytest.param("model={name: fashion_cnn, channels: []}", "model.channels", id="no channels"),
        pytest.param("model={name: fashion_cnn, channels: [4]}", "model.channels", id="a channel"),
        pytest.param(
            "model={name: fashion_cnn, channels: [4, 5, 6]}", "model.channels", id="three channels"
        ),
        pytest.param("optimizer={name: adam, betas: [0.9]}", "optimizer.betas", id="one beta"),
        pytest.param(
            "optimizer={name: adam, betas: [0.9, 0.9, 0.9]}", "optimizer.betas", id="three betas"
        ),
    ],
)
def test_a_list_that_is_too_short_or_too_long_is_told(override: str, path: str) -> None:
    lines = heads(problems(EVERY_SECTION, override))

    assert [line.startswith(f"argument '{override}': {path}") for line in lines] == [True]


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("name=other", "name", "other"),
        ("train.epochs=3", "train.epochs", 3),
        ("train.epochs=010", "train.epochs", 10),
        ("optimizer.lr=1e-3", "optimizer.lr", 1e-3),
        ("optimizer.lr=1", "optimizer.lr", 1.0),
        ("train.shuffle=false", "train.shuffle", False),
        ("train.clip_norm=null", "train.clip_norm", None),
        ("train.clip_norm=", "train.clip_norm", None),
        ("model.hidden_sizes=[16, 32]", "model.hidden_sizes", (16, 32)),
        ("model.hidden_sizes=[]", "model.hidden_sizes", ()),
        ("optimizer.betas=[0.5, 0.6]", "optimizer.betas", (0.5, 0.6)),
        ("model={name: mlp, activation: tanh}", "model.hidden_sizes", (64,)),
        ("model={name: mlp, activation: tanh}", "model.activation", "tanh"),
        ("model={name: logistic}", "model.name", "logistic"),
        ("train={epochs: 2}", "train.epochs", 2),
        ("train.early_stopping.patience=2", "train.early_stopping.patience", 2),
        ("dataset.split={test: 0.2, val: 0.1}", "dataset.split.val", 0.1),
    ],
)
def test_an_override_wins(override: str, path: str, value: object) -> None:
    found: object = load(SPIRAL + "train: {epochs: 7, clip_norm: 1.0}\n", override)

    for key in path.split("."):
        found = getattr(found, key)
    assert found == value


def test_an_override_leaves_the_rest_of_its_section() -> None:
    config = load(SPIRAL, "model.activation=tanh")

    assert config.model.hidden_sizes == (8, 4)


def test_the_last_override_of_a_key_wins() -> None:
    config = load(SPIRAL, "train.epochs=3", "train={epochs: 4, seed: 9}", "train.epochs=5")

    assert (config.train.epochs, config.train.seed) == (5, 9)


def test_an_override_mends_what_is_wrong_in_the_file() -> None:
    config = load(SPIRAL + "train: {epochs: none}\n", "train.epochs=3")

    assert config.train.epochs == 3


@pytest.mark.parametrize("section", ["train:", "train: 5", "train: []"], ids=["null", "5", "list"])
def test_an_override_makes_the_section_it_needs(section: str) -> None:
    config = load(f"{SPIRAL}{section}\n", "train.epochs=3")

    assert config.train.epochs == 3


@pytest.mark.parametrize(
    "override",
    ["train.epochs", "", "=", "=3", "a..b=1", ".a=1", "a.=1", ".=1", "train.epochs:3"],
)
def test_an_argument_without_a_key_and_a_value_is_told(override: str) -> None:
    assert problems(SPIRAL, override) == (f"argument '{override}': should look like key.path=value")


@pytest.mark.parametrize(
    ("override", "rest"),
    [
        pytest.param(
            "model.hidden_sizes=[1",
            "model.hidden_sizes: expected ',' or ']', but got '<stream end>'",
            id="open list",
        ),
        pytest.param(
            "train={seed: 1, seed: 2}",
            "train.seed: the key is there twice, first in line 1",
            id="duplicate key",
        ),
        pytest.param(
            "train.seed=&a 1", "train.seed: anchors and aliases are not allowed", id="anchor"
        ),
        pytest.param("train.seed=!!int 1", "train.seed: tags are not allowed", id="tag"),
        pytest.param("foo.x=1", "foo: unknown key; known: dataset, ", id="unknown section"),
        pytest.param("train.sed=1", "train.sed: unknown key (did you mean 'seed'?)", id="unknown"),
        pytest.param(
            "model.hidden_sizes.0=5",
            'model.hidden_sizes: should be a list, not {"0": 5}',
            id="item of a list",
        ),
        pytest.param(
            "train.seed.x=1", 'train.seed: should be a whole number, not {"x": 1}', id="too deep"
        ),
        pytest.param(
            "model={}", "model: needs a name: {name: ...}, one of logistic, ", id="no name"
        ),
        pytest.param("dataset={name: csv}", "dataset.path: this key is required", id="missing"),
        pytest.param(
            "train.monitor=val.acuracy",
            "train.monitor: unknown metric 'acuracy' (did you mean 'accuracy'?); ",
            id="contradiction",
        ),
        pytest.param(
            f"train.seed={'[' * 30}", "train.seed: nested deeper than 20 levels", id="nested"
        ),
        pytest.param(
            f"train.seed={'x' * 50_001}", "train.seed: longer than 50,000 characters", id="long"
        ),
    ],
)
def test_a_problem_of_an_argument_names_it(override: str, rest: str) -> None:
    assert heads(problems(SPIRAL, override))[0].startswith(f"argument '{override}': {rest}")


def test_what_an_argument_took_away_is_told_at_the_argument() -> None:
    text = SPIRAL.replace("{name: spiral}", "{name: csv, path: rows.csv, target: kind}")

    message = problems(text, "dataset={name: csv, path: rows.csv}")

    assert message == (
        "argument 'dataset={name: csv, path: rows.csv}': dataset.target: this key is required"
    )


def test_problems_of_all_arguments_are_told() -> None:
    message = problems(SPIRAL, "train.epochs", "train.seed=[1", "model=!x 1")

    assert len(heads(message)) == 3


@pytest.mark.parametrize("levels", [21, 30, 3000])
def test_a_very_deep_argument_is_a_problem_as_any_other(levels: int) -> None:
    override = "a." * levels + "b=1"

    assert problems(SPIRAL, override).startswith(f"argument '{override}': ")


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
def test_a_whole_number_is_nothing_else(path: str, value: str) -> None:
    message = problems(
        SPIRAL, "schedule={name: constant}", "dataset.split={test: 0.1}", f"{path}={value}"
    )

    assert f"{path}: should be a " in message


@pytest.mark.parametrize("value", ["true", "'1.0'", "null", "[1]", "nan", "one"])
@pytest.mark.parametrize("path", ["optimizer.lr", "optimizer.weight_decay", "dataset.noise"])
def test_a_number_is_nothing_else(path: str, value: str) -> None:
    assert f"{path}: should be a number, not " in problems(SPIRAL, f"{path}={value}")


@pytest.mark.parametrize("value", ["1", "0", "'true'", "on", "yes", "null"])
def test_true_or_false_is_nothing_else(value: str) -> None:
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
def test_a_value_out_of_bounds_is_told_with_the_bound(override: str, rest: str) -> None:
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
    ["a/b", "..", "../x", ".hidden", "-x", "a b", "a\\b", "\u00e4", "''", "x" * 65, '"a\\n"', "~x"],
)
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    assert "name: should be text that matches " in problems(SPIRAL, f"name={name}")


@pytest.mark.parametrize("delimiter", ["''", "', '", '"\\n"', '"\\r"', "'\"'", '"\\0"'])
def test_a_delimiter_is_one_character_that_can_part_cells(delimiter: str) -> None:
    message = problems(SPIRAL, f"dataset={{name: csv, path: a, target: b, delimiter: {delimiter}}}")

    assert "dataset.delimiter: should be " in message


@pytest.mark.parametrize("monitor", ["loss", "train.loss", "val.", "val.Loss", "val.loss.x", "val"])
def test_a_monitor_is_a_part_and_a_metric(monitor: str) -> None:
    assert "train.monitor: should be text that matches " in problems(
        SPIRAL, f"train.monitor={monitor}"
    )


REGRESSION = "dataset={name: regression}"
MNIST = "dataset={name: mnist}"
FUSED = "train.engine=fused"
NUMPY = "train.engine=numpy"
SKLEARN = ["train.engine=sklearn", "model={name: logistic}", "train.batch_size=full"]
LBFGS = "optimizer={name: lbfgs}"
NO_VAL = "dataset.split={test: 0.2, val: 0}"
NO_TEST = "dataset.split={test: 0, val: 0.2}"

CONTRADICTIONS = {
    "mse for classes": (
        ["loss={name: mse}"],
        "loss.name: mse is not a loss for classification, which spiral is",
    ),
    "cross-entropy for numbers": (
        [REGRESSION, "loss={name: cross_entropy}"],
        "loss.name: cross_entropy is not a loss for regression, which regression is",
    ),
    "cnn without images": (
        ["model={name: fashion_cnn}"],
        "model.name: fashion_cnn needs images, and spiral has none; try mlp",
    ),
    "softmax of numbers": (
        [REGRESSION, "model.output_activation=softmax"],
        "model.output_activation: is for classification; use none",
    ),
    "unknown metric": (
        ["train.monitor=val.acuracy"],
        (
            "train.monitor: unknown metric 'acuracy' (did you mean 'accuracy'?); "
            "classification has loss, accuracy, precision, recall, f1, ece"
        ),
    ),
    "metric of numbers for classes": (
        ["train.monitor=val.r2"],
        (
            "train.monitor: unknown metric 'r2'; "
            "classification has loss, accuracy, precision, recall, f1, ece"
        ),
    ),
    "metric of classes for numbers": (
        [REGRESSION, "train.monitor=test.accuracy"],
        "train.monitor: unknown metric 'accuracy'; regression has loss, mse, mae, r2",
    ),
    "best without validation": (
        [NO_VAL, "train.select=best"],
        "train.monitor: there is no val part to monitor; see dataset.split.val",
    ),
    "early stopping without validation": (
        [NO_VAL, "train.early_stopping={}", "train.select=last"],
        "train.monitor: there is no val part to monitor; see dataset.split.val",
    ),
    "plateau without validation": (
        [NO_VAL, "schedule={name: plateau}"],
        "train.monitor: there is no val part to monitor; see dataset.split.val",
    ),
    "best of a test that is not there": (
        [NO_TEST, "train.select=best", "train.monitor=test.loss"],
        "train.monitor: there is no test part to monitor; see dataset.split.test",
    ),
    "nothing left to train on": (
        ["dataset.split={test: 0.5, val: 0.5}"],
        "dataset.split: test and val take all examples (0.5 + 0.5)",
    ),
    "nothing left beside the pooled test": (
        [MNIST, "dataset.split={test: pooled, val: 0.9}"],
        "dataset.split: test and val take all examples (0.143 + 0.9)",
    ),
    "official test of generated points": (
        ["dataset.split={test: official, val: 0.1}"],
        "dataset.split.test: ",
    ),
    "lbfgs in batches": (
        [LBFGS],
        "train.batch_size: lbfgs needs every example in one step: batch_size: full",
    ),
    "lbfgs with clipping": (
        [LBFGS, "train.batch_size=full", "train.clip_norm=1"],
        "train.clip_norm: lbfgs chooses its own step length; leave clip_norm out",
    ),
    "nesterov without momentum": (
        ["optimizer={name: sgd, nesterov: true}"],
        "optimizer.nesterov: needs momentum above 0",
    ),
    "fused with a cnn": (
        [FUSED, MNIST, "model={name: fashion_cnn}"],
        "train.engine: fused cannot train this: fashion_cnn",
    ),
    "fused with lbfgs": (
        [FUSED, LBFGS, "train.batch_size=full"],
        "train.engine: fused cannot train this: lbfgs",
    ),
    "fused in bf16": (
        [FUSED, "train.precision=bf16"],
        "train.engine: fused cannot train this: bf16",
    ),
    "numpy in bf16": (
        [NUMPY, "train.precision=bf16"],
        "train.precision: the numpy engine has float32 and float64",
    ),
    "sklearn in bf16": (
        [*SKLEARN, LBFGS, "train.epochs=1", "train.precision=bf16"],
        "train.precision: the sklearn engine has float32 and float64",
    ),
    "numpy with a cnn": (
        [NUMPY, MNIST, "model={name: fashion_cnn}"],
        "train.engine: numpy trains logistic and mlp, not fashion_cnn",
    ),
    "numpy with dropout": (
        [NUMPY, "model.dropout=0.5"],
        "model.dropout: the numpy engine has no dropout",
    ),
    "numpy with mse": (
        [NUMPY, REGRESSION],
        "loss.name: the numpy engine has cross_entropy and quadratic",
    ),
    "numpy with adamw": (
        [NUMPY, "optimizer={name: adamw}"],
        "optimizer.name: the numpy engine has sgd and adam",
    ),
    "numpy with lbfgs": (
        [NUMPY, LBFGS, "train.batch_size=full"],
        "optimizer.name: the numpy engine has sgd and adam",
    ),
    "numpy with clipping": (
        [NUMPY, "train.clip_norm=1"],
        "train.clip_norm: the numpy engine does not clip gradients",
    ),
    "numpy on a gpu": (
        [NUMPY, "train.device=cuda"],
        "train.device: the numpy engine computes on the CPU",
    ),
    "sklearn with an mlp": (
        [*SKLEARN, LBFGS, "train.epochs=1", "model={name: mlp}"],
        "train.engine: sklearn trains logistic, not mlp",
    ),
    "sklearn with quadratic": (
        [*SKLEARN, LBFGS, "train.epochs=1", "loss={name: quadratic}"],
        "loss.name: the sklearn engine has cross_entropy",
    ),
    "sklearn with adam": (
        [*SKLEARN, "train.epochs=1"],
        "optimizer.name: the sklearn engine has lbfgs",
    ),
    "sklearn in ten epochs": (
        [*SKLEARN, LBFGS, "train.epochs=10"],
        "train.epochs: the sklearn engine solves in one epoch: epochs: 1",
    ),
    "sklearn on a gpu": (
        [*SKLEARN, LBFGS, "train.epochs=1", "train.device=cuda"],
        "train.device: the sklearn engine computes on the CPU",
    ),
}


@pytest.mark.parametrize(("overrides", "text"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_sections_that_contradict_each_other_are_told(overrides: list[str], text: str) -> None:
    lines = heads(problems(SPIRAL, *overrides))

    assert len(lines) == 1
    assert text in lines[0]


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param([REGRESSION, "loss={name: quadratic}"], id="quadratic for numbers"),
        pytest.param(["loss={name: quadratic}"], id="quadratic for classes"),
        pytest.param([MNIST, "model={name: fashion_cnn}"], id="cnn for mnist"),
        pytest.param(["dataset={name: digits}", "model={name: fashion_cnn}"], id="cnn for digits"),
        pytest.param(["model.output_activation=softmax"], id="softmax of classes"),
        pytest.param([NO_VAL], id="no validation and nothing that needs it"),
        pytest.param([NO_TEST], id="no test"),
        pytest.param([NO_VAL, "train.select=best", "train.monitor=test.loss"], id="watch test"),
        pytest.param([REGRESSION, "train.monitor=val.r2"], id="metric of numbers"),
        pytest.param(["train.monitor=val.ece"], id="metric of classes"),
        pytest.param(["dataset.split={test: 0.5, val: 0.49}"], id="a little left"),
        pytest.param([MNIST, "dataset.split={val: 0.9}"], id="official beside validation"),
        pytest.param([LBFGS, "train.batch_size=full"], id="lbfgs in full"),
        pytest.param(
            ["optimizer={name: sgd, nesterov: true, momentum: 0.9}"], id="nesterov with momentum"
        ),
        pytest.param([FUSED], id="fused with an mlp"),
        pytest.param([FUSED, REGRESSION, "model={name: logistic}"], id="fused with numbers"),
        pytest.param(["train.precision=bf16"], id="autograd in bf16"),
        pytest.param([NUMPY], id="numpy with adam"),
        pytest.param([NUMPY, "optimizer={name: sgd}"], id="numpy with sgd"),
        pytest.param([NUMPY, REGRESSION, "loss={name: quadratic}"], id="numpy with quadratic"),
        pytest.param([*SKLEARN, LBFGS, "train.epochs=1"], id="sklearn as it should be"),
        pytest.param(["train.device=cuda"], id="autograd on a gpu"),
    ],
)
def test_sections_that_agree_are_accepted(overrides: list[str]) -> None:
    assert isinstance(load(SPIRAL, *overrides), ExperimentConfig)


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


def test_a_key_of_a_mapping_that_is_not_text_is_told() -> None:
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


def test_problems_of_a_mapping_are_told() -> None:
    with pytest.raises(ConfigProblems, match="dataset: this key is required"):
        config_from_mapping({"model": {"name": "mlp"}})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gone.yaml", "there is no file gone.yaml; 'nnlab list configs' shows the bundled"),
        ("folder", "folder is a folder, not an experiment file"),
        ("binary.yaml", "binary.yaml is not UTF-8 text"),
        ("utf16.yaml", "utf16.yaml is not UTF-8 text"),
        ("plain/e.yaml", "plain/e.yaml"),
        ("x" * 300, "x" * 300),
    ],
    ids=["absent", "folder", "binary", "utf-16", "in a file", "long name"],
)
def test_a_file_that_cannot_be_read_is_told(name: str, text: str) -> None:
    Path("folder").mkdir()
    Path("binary.yaml").write_bytes(b"\x80\x02}q\x00.")
    Path("utf16.yaml").write_bytes(SPIRAL.encode("utf-16"))
    Path("plain").write_text("a file\n")

    with pytest.raises(ConfigError) as caught:
        load_config(name)

    assert text in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [SPIRAL.encode("utf-8-sig"), SPIRAL.replace("\n", "\r\n").encode(), SPIRAL.rstrip().encode()],
    ids=["byte order mark", "windows lines", "no last newline"],
)
def test_a_file_may_come_from_any_editor(content: bytes) -> None:
    Path("e.yaml").write_bytes(content)

    assert load_config("e.yaml") == load(SPIRAL)


def test_columns_are_counted_right_after_a_byte_order_mark() -> None:
    Path("e.yaml").write_bytes(("foo: 1\n" + SPIRAL).encode("utf-8-sig"))

    with pytest.raises(ConfigProblems) as caught:
        load_config("e.yaml")

    assert str(caught.value).endswith("\n    1 | foo: 1\n      | ^^^")


def test_lines_are_counted_right_with_windows_line_ends() -> None:
    Path("e.yaml").write_bytes((SPIRAL + "foo: 1\n").replace("\n", "\r\n").encode())

    with pytest.raises(ConfigProblems, match=r"^e\.yaml:4:1: foo: unknown key"):
        load_config("e.yaml")


def test_a_file_is_found_before_a_bundled_experiment() -> None:
    Path("spiral_mlp").write_text(SPIRAL)

    assert find_config("spiral_mlp") == Path("spiral_mlp")


@pytest.mark.parametrize("reference", ["spiral_mlp", "spiral_mlp.yaml", "configs/spiral_mlp.yaml"])
def test_a_bundled_experiment_is_found_by_name(reference: str) -> None:
    assert find_config(reference) == bundled_configs()["spiral_mlp"]


def test_a_folder_does_not_hide_a_bundled_experiment() -> None:
    Path("spiral_mlp").mkdir()

    assert find_config("spiral_mlp") == bundled_configs()["spiral_mlp"]


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("spiral_mpl", " (did you mean 'spiral_mlp'?)"),
        ("nothing like it", ""),
        ("../spiral_mlp.yaml", " (did you mean 'spiral_mlp'?)"),
        ("x" * 300, ""),
        ("a\0b", ""),
    ],
    ids=["misspelled", "unknown", "elsewhere", "long name", "null character"],
)
def test_an_experiment_that_is_not_there_is_told_with_the_nearest(
    reference: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config(reference)

    assert str(caught.value) == (
        f"there is no file {reference}{hint}; 'nnlab list configs' shows the bundled experiments"
    )


def test_the_json_schema_knows_every_component() -> None:
    schema = ExperimentConfig.model_json_schema()

    for section, union in UNIONS.items():
        mapping = schema["properties"][section]["discriminator"]["mapping"]
        members = typing.get_args(typing.get_args(union)[0])
        assert set(mapping) == {member.model_fields["name"].default for member in members}
        for name, reference in mapping.items():
            definition = schema["$defs"][reference.rpartition("/")[2]]
            assert definition["properties"]["name"]["const"] == name


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

    assert json.loads(text)["required"] == ["dataset", "model", "optimizer"]


def test_a_line_that_fits_is_shown_from_its_beginning(tmp_path: Path) -> None:
    line = "model: {name: mlp, hidden_sizes: [64, 64], activation: tanh, dropot: 0.5}"
    file = tmp_path / "mine.yaml"
    file.write_text(f"dataset: {{name: spiral}}\n{line}\noptimizer: {{name: adam}}\n")
    with pytest.raises(ConfigProblems) as caught:
        load_config(file)
    assert f"    2 | {line}\n" in str(caught.value)
