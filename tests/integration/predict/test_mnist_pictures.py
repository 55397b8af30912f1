"""The digits of MNIST's test set, drawn as people draw them, are recognised as they are in eval."""

from __future__ import annotations

import io

import numpy as np
import pytest

import nnlab
from nnlab.api.predicting import as_stored
from nnlab.config.resolve import load_examples
from nnlab.runs.new_pictures import read_picture
from nnlab.runs.predictor import Predictor
from tests.helpers.drawn import DRAWINGS, grey, saved
from tests.helpers.others import OTHERS

NUM_DIGITS = 300
NUM_DRAWN, NUM_OTHERS = 120, 50


@pytest.fixture(scope="module")
def mnist(installed_data, tmp_path_factory):
    """A stored run on MNIST, its first test digits, and its classes for them."""
    run = nnlab.train(
        "mnist_mlp",
        {"model.hidden_sizes": [64], "train.epochs": 1},
        data_dir=installed_data,
        runs_dir=tmp_path_factory.mktemp("runs"),
    )
    stored = as_stored(run, None)
    examples = load_examples(stored.config.dataset, installed_data)
    start = len(examples.targets) - examples.num_official_test
    chosen = slice(start, start + NUM_DIGITS)
    return stored, examples.inputs[chosen, 0], examples.targets[chosen]


def classes(run, pictures) -> np.ndarray:
    return Predictor(run)(np.stack(pictures)[:, None]).argmax(1)


def prepared(run, file: io.BytesIO):
    return read_picture(run, io.BufferedReader(file), "a digit")


def test_a_test_picture_comes_through_byte_for_byte(mnist) -> None:
    run, digits, _ = mnist
    notes = []
    for digit in digits:
        picture = prepared(run, saved(grey(digit)))
        np.testing.assert_array_equal(picture.pixels, digit)
        notes += picture.notes
    assert len(notes) <= 0.02 * NUM_DIGITS
    assert all(note.startswith("unlike the training pictures") for note in notes)


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_digit_is_recognised_however_it_is_drawn(mnist, drawing: str) -> None:
    run, digits, targets = mnist[0], mnist[1][:NUM_DRAWN], mnist[2][:NUM_DRAWN]
    own = (classes(run, digits) == targets).mean()

    pictures = [prepared(run, DRAWINGS[drawing](digit)).pixels for digit in digits]

    assert (classes(run, pictures) == targets).mean() >= 0.95 * own


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_digit_is_noted(mnist, other: str) -> None:
    run, digits, _ = mnist
    noted = 0
    for index in range(NUM_OTHERS):
        pixels = OTHERS[other](digits[index], digits[-index - 1], np.random.default_rng(index))
        picture = prepared(run, saved(grey(255 - pixels)))
        noted += picture.is_empty or "unlike the training pictures" in picture.note

    assert noted >= 0.9 * NUM_OTHERS
