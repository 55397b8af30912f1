from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.load import load_config
from nnlab.config.messages import ConfigProblems
from tests.helpers.configs import EVERY_SECTION, SPIRAL, heads, problems


def test_an_unknown_key_is_shown_with_its_place() -> None:
    message = problems(SPIRAL + "train:\n  epoch: 3\n")

    assert message == (
        "e.yaml:5:3: train.epoch: unknown key (did you mean 'epochs'?)\n"
        "    5 |   epoch: 3\n"
        "      |   ^^^^^"
    )


def test_an_unknown_key_without_a_near_match_lists_the_known_keys() -> None:
    message = problems(SPIRAL + "foo: 1\n")

    assert message == (
        "e.yaml:4:1: foo: unknown key; "
        "known: dataset, ignore, loss, metrics, model, name, optimizer, schedule, train\n"
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
        "known: logistic, mlp, fashion_cnn, sklearn\n"
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


def test_a_missing_section_is_reported_at_the_start_of_the_file() -> None:
    message = problems("# mine\nmodel: {name: mlp}\noptimizer: {name: adam}\n")

    assert message == (
        "e.yaml:2:1: dataset: this key is required\n    2 | model: {name: mlp}\n      | ^"
    )


def test_a_missing_key_is_reported_at_its_section() -> None:
    message = problems(SPIRAL.replace("{name: spiral}", "{name: csv, path: rows.csv}"))

    assert message == (
        "e.yaml:1:1: dataset.target: this key is required\n"
        "    1 | dataset: {name: csv, path: rows.csv}\n"
        "      | ^^^^^^^"
    )


def test_a_contradiction_is_reported_at_the_value() -> None:
    message = problems(SPIRAL + "loss: {name: mse}\n")

    assert message == (
        "e.yaml:4:14: loss.name: mse does not support classification, the task of spiral\n"
        "    4 | loss: {name: mse}\n"
        "      |              ^^^"
    )


def test_a_contradiction_with_a_default_is_reported_at_the_nearest_section() -> None:
    message = problems(SPIRAL.replace("adam", "lbfgs") + "train: {epochs: 1}\n")

    assert message == (
        "e.yaml:4:8: train.batch_size: lbfgs needs the full batch; use batch_size: full\n"
        "    4 | train: {epochs: 1}\n"
        "      |        ^^^^^^^^^^^"
    )


def test_a_syntax_error_is_shown_with_its_place() -> None:
    message = problems("dataset:\n\tname: spiral\n")

    assert message == ("e.yaml:2:1: a tab; indent with spaces\n    2 | \tname: spiral\n      | ^")


def test_a_file_that_is_not_a_mapping_is_reported() -> None:
    message = problems("- dataset\n- model\n")

    assert message == (
        "e.yaml:1:1: an experiment must be a mapping with the keys dataset, model, optimizer, ...\n"
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
def test_an_empty_file_is_called_empty(text: str) -> None:
    expected = "e.yaml:1:1: the file is empty; copy an experiment with: nnlab config init"
    assert heads(problems(text)) == [expected]


def test_all_problems_of_a_file_are_reported_in_its_order() -> None:
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
            "e.yaml:1:7: name: should be a name of letters, digits, spaces and . _ - + ( ), "
            'at most 64 characters, not "a/b"'
        ),
        "e.yaml:4:10: dataset.noise: should be at least 0.0, not -1",
        "e.yaml:5:3: dataset.sed: unknown key (did you mean 'seed'?)",
        (
            "e.yaml:6:15: model: unknown name \"mpl\" (did you mean 'mlp'?); "
            "known: logistic, mlp, fashion_cnn, sklearn"
        ),
        "e.yaml:7:29: optimizer.lr: should be more than 0.0, not 0",
        (
            "e.yaml:8:1: foo: unknown key; "
            "known: dataset, ignore, loss, metrics, model, name, optimizer, schedule, train"
        ),
        "e.yaml:10:11: train.epochs: should be at least 1, not 0",
        'e.yaml:11:12: train.shuffle: should be true or false, not "maybe"',
    ]


def test_problems_of_the_file_come_before_those_of_arguments() -> None:
    message = problems(SPIRAL + "foo: 1\n", "train.epochs=0")

    assert [head.partition(" ")[0] for head in heads(message)] == ["e.yaml:4:1:", "argument"]


@pytest.mark.parametrize(
    ("override", "rest"),
    [
        pytest.param(
            "model.hidden_sizes=7", "should be a list such as [7], not 7", id="number for a list"
        ),
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
            "should be 'balanced' or 'inverse_count' or a list of at least 2 or a mapping such as "
            "{key: value}, not [1]",
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
            "train.device=gpu",
            "should be 'auto', 'cpu' or 'cuda', not \"gpu\" (did you mean 'cuda'?)",
            id="choice",
        ),
    ],
)
def test_the_expected_value_is_described_in_one_sentence(override: str, rest: str) -> None:
    message = problems(EVERY_SECTION, override)

    assert len(heads(message)) == 1
    assert message.endswith(f": {rest}")


def test_a_wrong_class_weight_is_the_only_problem_reported() -> None:
    message = problems(SPIRAL, "loss={name: cross_entropy, class_weight: [1, -1]}")

    assert "loss.class_weight.1: should be at least 1e-09, not -1" in message
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
def test_a_list_that_is_too_short_or_too_long_is_reported(override: str, path: str) -> None:
    lines = heads(problems(EVERY_SECTION, override))

    assert [line.startswith(f"argument '{override}': {path}") for line in lines] == [True]


def test_a_line_that_fits_is_shown_from_its_beginning(tmp_path: Path) -> None:
    line = "model: {name: mlp, hidden_sizes: [64, 64], activation: tanh, dropot: 0.5}"
    file = tmp_path / "mine.yaml"
    file.write_text(f"dataset: {{name: spiral}}\n{line}\noptimizer: {{name: adam}}\n")
    with pytest.raises(ConfigProblems) as caught:
        load_config(file)
    assert f"    2 | {line}\n" in str(caught.value)
