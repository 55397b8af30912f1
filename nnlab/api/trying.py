"""Trying what a diagnosis suggests: train it on the same seeds, and compare on the validation split."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnlab.api.judging import compare
from nnlab.api.training import read_experiment
from nnlab.errors import ConfigError
from nnlab.metrics import COMPARED

if TYPE_CHECKING:
    from nnlab.check.target import CheckReport
    from nnlab.comparison.result import Comparison
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.execute import Watcher
    from nnlab.storage.folders import Folders


def with_trial(report: CheckReport, folders: Folders, watch: Watcher | None) -> CheckReport:
    """Return the report of a finished run with the trial of its first suggestion.

    Raises:
        ConfigError: If it is not about a run.
        RunError: If nothing is suggested, or there is no validation split.
    """
    from nnlab.check.tried import TriedSuggestion, require_suggestion
    from nnlab.comparison.contenders import Contender
    from nnlab.runs.load import open_run

    if report.target.run is None:
        msg = (
            f"{report.target.reference} is an experiment; only a suggestion for a run can be tried"
        )
        raise ConfigError(msg)
    stored = open_run(report.target.run).with_table(folders.table)
    problem, suggestion = require_suggestion(stored.id, report.diagnosis, stored.summary)
    tried = read_experiment(stored.config, suggestion.overrides).config
    metric = problem.judged_by or COMPARED[stored.config.dataset.task]
    comparison = compare(
        [Contender(stored.id, stored.config, stored), Contender(suggestion.text, tried)],
        seeds=stored.config.train.seeds,
        metric=f"val.{metric}",
        data_dir=folders.data,
        runs_dir=folders.runs,
        watch=watch,
    )
    (run, *_) = next(row.runs for row in comparison.rows if row.name == suggestion.text)
    trial = TriedSuggestion(
        suggestion.overrides,
        run,
        comparison.id,
        metric,
        comparison.verdicts[0],
        _is_better(comparison, suggestion.text),
        _note(tried),
    )
    return replace(report, trial=trial)


def _is_better(comparison: Comparison, name: str) -> bool | None:
    (pair,) = comparison.pairs
    return pair.first == name if pair.is_decided else None


def _note(tried: ExperimentConfig) -> str:
    """Return what limits a verdict on the validation split."""
    if tried.train.select == "best" and tried.train.monitor.startswith("val."):
        return (
            "the validation split has also chosen the epoch of its weights, which flatters it a "
            "little; only new data, or the test split once at the end, is fair to both"
        )
    return ""
