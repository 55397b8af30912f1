"""Runs with a known illness get its name first, and healthy ones none."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnlab
from nnlab.check.remedies import MAX_SUGGESTIONS
from tests.helpers.idx_files import bars, write_set
from tests.helpers.ill_runs import HEALTHY, ILL, LOW, WELL, Case

NOISE_LIMITED = {"bayes_limit", "noisy_numbers", "well_diabetes"}


@pytest.mark.parametrize("case", [*ILL, *WELL], ids=lambda case: case.name)
def test_the_first_cause_is_right(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # tables are read below the current folder only
    run = nnlab.train(case.experiment(tmp_path), on_warning=lambda _: None)

    report = nnlab.check(run)
    found = report.diagnosis

    assert [diagnosis.name for diagnosis in found[:1]] == [case.expected] * (
        case.expected != HEALTHY
    )
    assert sum(len(diagnosis.suggestions) for diagnosis in found) <= MAX_SUGGESTIONS
    assert [text.partition(":")[0] for text in report.limits] == ["noise limit, no fault"] * (
        case.name in NOISE_LIMITED
    )


def test_pixels_are_judged_as_the_model_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_set(tmp_path / "bars", bars(300))
    parts = {"model": {"name": "logistic"}, "optimizer": {"name": "sgd", "lr": 1e-5}}
    dataset = {"name": "idx", "path": str(tmp_path / "bars")}
    run = nnlab.train({"dataset": dataset, **parts}, on_warning=lambda _: None)

    assert [diagnosis.name for diagnosis in nnlab.check(run).diagnosis] == [LOW]
