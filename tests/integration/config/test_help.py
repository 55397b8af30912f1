"""``nnlab help``: what the keys of experiment files mean."""

from __future__ import annotations

import pytest

from docs.make_reference import pages
from nnlab.config.reference import Reference, meaning
from tests.helpers.command import Command


def words_of(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("key", ["train.monitor", "monitor"])
def test_a_key_is_explained_with_or_without_its_section(key: str, command: Command) -> None:
    shown = command("help", key).stdout

    assert shown == (
        "train.monitor\n"
        "    The metric that decides which epoch is best: val.loss, val.accuracy, ...\n"
        "    string; default: val.loss\n"
    )


def test_a_section_lists_its_keys(command: Command) -> None:
    shown = command("help", "train").stdout

    assert (
        "\n  epochs\n    Passes over the training examples.\n    integer >= 1; default: 10\n"
        in shown
    )
    assert shown.endswith("The command: nnlab train --help\n")


def test_a_choice_lists_what_there_is(command: Command) -> None:
    shown = command("help", "optimizer").stdout

    assert "\n  sgd\n    Stochastic gradient descent.\n" in shown
    assert shown.endswith("The keys of one: nnlab help optimizer.sgd\n")


def test_components_that_differ_in_a_key_are_told_apart(command: Command) -> None:
    shown = command("help", "optimizer.lr").stdout

    assert (
        "  of adam, adamw:\n    Learning rate, per step.\n    number > 0; default: 0.001\n" in shown
    )
    assert "  of lbfgs:\n" in shown


def test_a_component_is_found_by_its_name(command: Command) -> None:
    assert command("help", "adam").stdout == command("help", "optimizer.adam").stdout


def test_pooled_is_explained_here_and_in_the_documents(command: Command) -> None:
    text = "pooled: training and test images are joined, and a random 1/7 of all is held out"

    assert text in words_of(command("help", "dataset.split.test").stdout)
    assert text in pages()["config.md"]


def test_every_path_leads_to_a_meaning() -> None:
    reference = Reference()
    paths = list(dict.fromkeys(reference.paths()))

    assert len(paths) > 80
    for path in paths:
        keys, sections = reference.find(path) or ([], [])
        values = [key.value for key in keys] + [section.definition for section in sections]
        assert any(map(meaning, values)) or path.endswith(".name"), path


def test_lines_fit_a_narrow_screen(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")

    for key in ("", "train", "dataset.split", "optimizer"):
        assert max(map(len, command("help", key).stdout.splitlines())) <= 50


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("train.epoch", "no key 'train.epoch' (did you mean 'train.epochs'?)"),
        ("num_epochs", "no key 'num_epochs' (did you mean 'epochs'?)"),
        ("xyzzy", "no key 'xyzzy'; 'nnlab help' lists the sections"),
        ("seed", "which seed? "),
    ],
)
def test_an_unknown_key_is_refused(key: str, message: str, command: Command) -> None:
    refused = command("help", key)

    assert refused.code == 2
    assert message in refused.stderr
