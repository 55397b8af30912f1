"""Editing a text: one key changes, everything else stays."""

from __future__ import annotations

import pytest

from nnlab.config.editing import put, remove_key, set_key
from nnlab.errors import ConfigError

TEXT = """\
# An experiment.
name: mine  # its name

dataset: {name: spiral, noise: 0.2}  # three arms
model:
  name: mlp
  hidden_sizes: [8, 8]  # two layers
  # none so far
  dropout: 0.0

train:  # short
  epochs: 10  # few
# the end
"""

EDITS = [
    ("model.dropout", 0.5, "  dropout: 0.0\n", "  dropout: 0.5\n"),
    ("model.hidden_sizes", [4], "[8, 8]  # two", "[4]  # two"),
    ("dataset.noise", 0.1, "noise: 0.2}", "noise: 0.1}"),
    ("dataset.seed", 3, "noise: 0.2}", "noise: 0.2, seed: 3}"),
    ("model.init", "normal", "dropout: 0.0\n", "dropout: 0.0\n  init: normal\n"),
    ("train.seeds", 10, "# few\n", "# few\n  seeds: 10\n"),
    ("schedule.name", "cosine", "# few\n", "# few\nschedule: {name: cosine}\n"),
    ("train", {"epochs": 3}, "train:  # short\n  epochs: 10  # few", "train: {epochs: 3}  # short  # few"),
    ("name", "on", "mine  #", "on  #"),
    ("name", "12", "mine  #", "'12'  #"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "before", "after"), EDITS, ids=lambda value: str(value))
def test_one_place_changes(key: str, value: object, before: str, after: str) -> None:
    assert TEXT.count(before) == 1
    assert set_key(TEXT, tuple(key.split(".")), value) == TEXT.replace(before, after)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("model.dropout", "  dropout: 0.0\n", ""),
        ("dataset.noise", ", noise: 0.2", ""),
        ("dataset.name", "name: spiral, ", ""),
        ("train.epochs", "train:  # short\n  epochs: 10  # few", "train: {}  # short  # few"),
        ("name", "name: mine  # its name\n", ""),
        ("nowhere.at.all", "", ""),
    ],
)
def test_a_key_goes(key: str, before: str, after: str) -> None:
    assert remove_key(TEXT, tuple(key.split("."))) == TEXT.replace(before, after)


@pytest.mark.parametrize(
    ("text", "key", "after"),
    [
        ("", "a.b", "a: {b: 1}\n"),
        ("# only a comment", "a", "# only a comment\na: 1\n"),
        ("a:\n", "a", "a: 1\n"),
        ("a:  # empty\n", "a.b", "a: {b: 1}  # empty\n"),
        ("a: 3", "a.b", "a: {b: 1}"),
        ("a: {}", "a.b", "a: {b: 1}"),
        ("a: {b: 0,}", "a.c", "a: {b: 0, c: 1,}"),
        ("a: {b: 0 # x, y\n  , d: 2}", "a.b", "a: {b: 1 # x, y\n  , d: 2}"),
        ("a:\r\n  b: 0\r\n", "a.c", "a:\r\n  b: 0\r\n  c: 1\r\n"),
        ("a: |\n  text\nb: 2\n", "a", "a: 1\nb: 2\n"),
        ("a: |\n  text\n", "b", "a: |\n  text\nb: 1\n"),
        ("a: 'x\n  y'\nb: 2\n", "a", "a: 1\nb: 2\n"),
        ('a: {"x.y": 0}', "a.z", 'a: {"x.y": 0, z: 1}'),
        ("a:\n  b: 0", "c", "a:\n  b: 0\nc: 1\n"),
    ],
)
def test_layouts(text: str, key: str, after: str) -> None:
    assert set_key(text, tuple(key.split(".")), 1) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: {b: 0 # x, y\n  , c: 2}", "a: {b: 0 # x, y\n}"),
        ("a: {c: 0, # why\n  d: 2}", "a: {# why\n  d: 2}"),
        ("a:\n  b: 1\n  c: 2", "a:\n  b: 1\n"),
        ("a:\n  c: |\n    x\n  d: 1\n", "a:\n  d: 1\n"),
    ],
)
def test_layouts_without_a_key(text: str, after: str) -> None:
    assert remove_key(text, ("a", "c")) == after


def test_an_item_of_a_list_changes_if_it_is_there() -> None:
    text = "metrics:\n- name: a\n  beta: 2\n- b\n"
    assert set_key(text, ("metrics", 1), "c") == "metrics:\n- name: a\n  beta: 2\n- c\n"
    assert set_key(text, ("metrics", 0, "beta"), 3) == "metrics:\n- name: a\n  beta: 3\n- b\n"
    assert remove_key(text, ("metrics", 0, "name")) == "metrics:\n- beta: 2\n- b\n"
    with pytest.raises(ConfigError, match=r"metrics\.2 is not there; a list is changed as a whole"):
        set_key(text, ("metrics", 2), "c")


def test_a_text_that_would_mean_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match="a is written so that it cannot be changed alone"):
        remove_key("? a\n: 1\nb: 2\n", ("a",))
    assert put("a: 1", ("a",), "2e-3") == "a: 2e-3"
