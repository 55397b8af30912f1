"""Mistakes that beginners make in an experiment file, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.load import load_config
from nnlab.errors import ConfigError
from tests.helpers.configs import heads, problems

CASES = {
    "tab": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n\tepochs: 2\n",
        [
            "e.yaml:5:1: a tab; indent with spaces",
        ],
    ),
    "tab2": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n  epochs: 2\n\tseed: 1\n",
        [
            "e.yaml:6:1: a tab; indent with spaces",
        ],
    ),
    "space": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs:2}\n",
        [
            "e.yaml:4:9: train.epochs:2: a space is missing after the colon: epochs: 2",
        ],
    ),
    "space block": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n  epochs:2\n",
        [
            'e.yaml:5:3: train: should be a mapping such as {key: value}, not "epochs:2"; a space is missing after the colon: epochs: 2',
        ],
    ),
    "space block2": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n  epochs:2\n  seed: 1\n",
        [
            "e.yaml:6:7: in the line above, 'epochs:2' needs a colon and a space: key: value",
        ],
    ),
    "unclosed list": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:2:39: '[' in line 2 is not closed by ']'",
        ],
    ),
    "unclosed map": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2\n",
        [
            "e.yaml:5:1: '{' in line 4 is not closed by '}'",
        ],
    ),
    "unclosed map middle": (
        "dataset: {name: spiral\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:2:6: '{' in line 1 is not closed by '}'",
        ],
    ),
    "MLP": (
        "dataset: {name: spiral}\nmodel: {name: MLP, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:2:15: model: unknown name \"MLP\" (did you mean 'mlp'?); known: logistic, mlp, fashion_cnn, sklearn",
        ],
    ),
    "indent": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n  epochs: 2\n    seed: 1\n",
        [
            "e.yaml:6:9: this line is indented further than 'epochs: 2', which has a value already",
        ],
    ),
    "dedent": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n   epochs: 2\n  seed: 1\n",
        [
            "e.yaml:6:3: indented by 2 spaces, unlike the keys above it",
        ],
    ),
    "number for list": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: 64}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:2:34: model.hidden_sizes: should be a list such as [64], not 64",
        ],
    ),
    "comma": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0,001}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:3:29: optimizer.lr: should be more than 0.0, not 0",
            "e.yaml:3:31: optimizer.001: decimals are written with a point, such as 0.001",
        ],
    ),
    "comma block": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer:\n  name: adam\n  lr: 0,001\ntrain: {epochs: 2}\n",
        [
            'e.yaml:5:7: optimizer.lr: should be a number, not "0,001"; write 0.001',
        ],
    ),
    "elsewhere": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01, epochs: 3}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:3:35: optimizer.epochs: unknown key here; did you mean train.epochs?",
        ],
    ),
    "elsewhere2": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2, dropout: 0.3}\n",
        [
            "e.yaml:4:20: train.dropout: unknown key here; did you mean model.dropout?",
        ],
    ),
    "top": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\nepochs: 3\n",
        [
            "e.yaml:5:1: epochs: unknown key here; did you mean train.epochs?",
        ],
    ),
    "quotes": (
        "name: \u201chw 1\u201d\ndataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            'e.yaml:1:7: name: should be a name of letters, digits, spaces and . _ - + ( ), at most 64 characters, not "\u201chw 1\u201d"',
            "e.yaml:1:7: a curly quote; write \" or ' (U+201C)",
            "e.yaml:1:12: a curly quote; write \" or ' (U+201D)",
        ],
    ),
    "nbsp": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name:\u00a0adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:3:12: optimizer: needs a name: {name: ...}, one of sgd, adam, adamw, rmsprop, adagrad, lbfgs, none",
            "e.yaml:3:18: not an ordinary space; replace it (U+00A0)",
        ],
    ),
    "nbsp2": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs:\u00a02}\n",
        [
            "e.yaml:4:9: train.epochs:\u00a02: a space is missing after the colon: epochs: 2",
            "e.yaml:4:16: not an ordinary space; replace it (U+00A0)",
        ],
    ),
    "zwsp": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epo\u200bchs: 2}\n",
        [
            "e.yaml:4:9: train.epo\u200bchs: unknown key (did you mean 'epochs'?)",
            "e.yaml:4:12: an invisible character; delete it (U+200B)",
        ],
    ),
    "tuple": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: (64, 64)}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\n",
        [
            'e.yaml:2:34: model.hidden_sizes: should be a list, not "(64"; lists are written in square brackets, such as [64, 64]',
            "e.yaml:2:39: model.64): lists are written in square brackets, such as [64, 64]",
        ],
    ),
    "python dict": (
        "{'dataset': {'name': 'spiral'}, 'model': {'name': 'mlp', 'hidden_sizes': (64, 64)}}",
        [
            "e.yaml:1:1: optimizer: this key is required",
            'e.yaml:1:74: model.hidden_sizes: should be a list, not "(64"; lists are written in square brackets, such as [64, 64]',
            "e.yaml:1:79: model.64): lists are written in square brackets, such as [64, 64]",
        ],
    ),
    "empty": (
        "",
        [
            "e.yaml:1:1: the file is empty; copy an experiment with: nnlab config init",
        ],
    ),
    "comments": (
        "# nothing\n",
        [
            "e.yaml:1:1: the file is empty; copy an experiment with: nnlab config init",
        ],
    ),
    "two colons": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: epochs: 2\n",
        [
            "e.yaml:4:14: a second ': ' in one line; quote the text, or begin a new line",
        ],
    ),
    "list dash": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n  - epochs: 2\n",
        [
            'e.yaml:5:3: train: should be a mapping such as {key: value}, not [{"epochs": 2}]; leave out the dashes',
        ],
    ),
    "no colon": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain:\n  epochs 2\n  seed: 1\n",
        [
            "e.yaml:6:7: in the line above, 'epochs 2' needs a colon and a space: key: value",
        ],
    ),
    "percent": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 1%}\ntrain: {epochs: 2}\n",
        [
            'e.yaml:3:29: optimizer.lr: should be a number, not "1%"; write 0.01',
        ],
    ),
    "fullwidth": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr\uff1a 0.01}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:3:25: optimizer.lr\uff1a 0.01: unknown key; known: betas, eps, lr, name, weight_decay",
            "e.yaml:3:27: a full-width character; write the ordinary one (U+FF1A)",
        ],
    ),
    "string number": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: '2'}\n",
        [
            'e.yaml:4:17: train.epochs: should be a whole number, not "2"; write 2, without quotes',
        ],
    ),
    "monitor": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2, monitor: accuracy}\n",
        [
            'e.yaml:4:29: train.monitor: should be val or test and a metric, such as val.loss, not "accuracy"',
        ],
    ),
    "equals": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs = 2}\n",
        [
            "e.yaml:4:9: train.epochs = 2: write a colon and a space: epochs: 2",
        ],
    ),
    "none": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2, clip_norm: None}\n",
        [
            'e.yaml:4:31: train.clip_norm: should be a number, not "None"; write null',
        ],
    ),
    "call": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: Adam(lr=1e-3)\ntrain: {epochs: 2}\n",
        [
            'e.yaml:3:12: optimizer: should be a mapping such as {name: ...}, not "Adam(lr=1e-3)"; write {name: adam, lr: 1e-3}',
        ],
    ),
    "semicolon": (
        "dataset: {name: spiral}\nmodel: {name: mlp, hidden_sizes: [8, 4]}\noptimizer: {name: adam, lr: 0.01; betas: [0.9, 0.99]}\ntrain: {epochs: 2}\n",
        [
            "e.yaml:3:40: entries are separated by commas, not by semicolons",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_beginner_learns_what_to_write(name: str) -> None:
    text, expected = CASES[name]
    assert heads(problems(text)) == expected


def test_odd_characters_in_quotes_and_comments_are_left_alone() -> None:
    text = "# \u201cmine\u201d\ndataset: {name: csv, path: \"a\u00a0b.csv\", target: 'x\u200b', sed: 1}\n"
    assert not any("quotes" in head or "U+" in head for head in heads(problems(text)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: x\n".encode("utf-16"), "is not UTF-8 text, but UTF-16; save it as UTF-8"),
        (b"name: caf\xe9\n", "is not UTF-8 text at byte 9 (0xe9); save it as UTF-8"),
    ],
    ids=["UTF-16", "Latin-1"],
)
def test_a_file_in_another_encoding_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path} {message}"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("epochs=3", "epochs: unknown key here; did you mean train.epochs?"),
        ("lr=3", "lr: unknown key here; did you mean optimizer.lr?"),
        ("optimizer.lr=0,1", 'optimizer.lr: should be a number, not "0,1"; write 0.1'),
        ("model.activation=ReLU", "(did you mean 'relu'?)"),
        ("model.hidden_sizes=(8,)", "lists are written in square brackets"),
        ("train.engine=\u201cauto\u201d", "a curly quote; write"),
    ],
)
def test_an_argument_is_explained_too(argument: str, message: str) -> None:
    assert message in problems(CASES["percent"][0].replace("1%", "0.1"), argument)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("dataset: {name: csv, path: Anna\u2019s \u2013 table.csv, target: y, sed: 1}", "U+20"),
        ("train: {epochs: '12:30'}", "a space is missing"),
        ("train: {engine: '2'}", "without quotes"),
        ("train: {epochs: int(3)}", "write {name"),
    ],
    ids=["apostrophe and dash", "time", "number for a word", "call for a number"],
)
def test_nobody_is_sent_in_a_wrong_direction(text: str, hint: str) -> None:
    assert hint not in problems(text + "\n")
