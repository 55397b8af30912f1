"""Answers are compared with numbers, and classes only where one is clearly the best."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nnlab.errors import CheckFailedError
from nnlab.export.checking import Answered, Expected, compare

PROBS = np.array([[0.2, 0.8], [0.5, 0.5 - 1e-7], [0.9, 0.1]])
EXPECTED = Expected("the stored outputs", PROBS, 1e-5)


def test_equal_answers_and_classes_pass() -> None:
    compare(Answered(PROBS + 1e-6, np.array([1, 0, 0])), EXPECTED, "3 rows")


def test_two_classes_as_good_as_equal_may_be_exchanged() -> None:
    compare(Answered(PROBS + 1e-6, np.array([1, 1, 0])), EXPECTED, "3 rows")


def test_a_clear_class_must_be_the_same() -> None:
    with pytest.raises(CheckFailedError, match=re.escape("1 classes of 3 rows differ from those")):
        compare(Answered(PROBS + 1e-6, np.array([1, 0, 1])), EXPECTED, "3 rows")


@pytest.mark.parametrize("wrong", [2e-5, np.nan])
def test_a_larger_difference_than_allowed_fails_with_the_numbers(wrong: float) -> None:
    answers = PROBS.copy()
    answers[1, 1] += wrong
    message = f"3 rows differ from those of the stored outputs by up to {wrong:.2g}, where 1e-05"
    with pytest.raises(CheckFailedError, match=re.escape(message)):
        compare(Answered(answers, np.array([1, 0, 0])), EXPECTED, "3 rows")
