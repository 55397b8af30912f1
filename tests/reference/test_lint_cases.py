"""The linter finds the flaws of labelled experiments, and leaves sound ones alone."""

from __future__ import annotations

import pytest

from tests.reference.lint_cases import FLAWED, SOUND
from tests.reference.lint_cases.scores import (
    RULES_OF_KIND,
    Judged,
    blamed,
    judge_all,
    missed,
    report,
)


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    results = judge_all()
    print("\n".join(report(results)))
    return results


def test_at_least_85_percent_of_the_flaws_are_found(judged) -> None:
    wrong = [(one.name, one.case.kind, sorted(one.codes)) for one in missed(judged)]
    recall = 1 - len(wrong) / len(FLAWED)
    assert recall >= 0.85, wrong


def test_at_most_5_percent_of_the_sound_are_blamed(judged) -> None:
    wrong = [(one.name, sorted(one.warnings)) for one in blamed(judged)]
    share = len(wrong) / len(SOUND)
    assert share <= 0.05, wrong


def test_the_data_of_every_case_are_read(judged) -> None:
    assert {one.name: one.skipped for one in judged if one.skipped} == {}


def test_a_third_of_the_cases_were_written_without_the_rules() -> None:
    for cases in (FLAWED, SOUND):
        assert len(cases) >= 60
        assert sum(case.blind for case in cases.values()) >= len(cases) / 3


def test_every_kind_of_flaw_has_its_rules() -> None:
    assert {case.kind for case in FLAWED.values()} == set(RULES_OF_KIND)
