"""Estimators of scikit-learn, which a run does not store: they are fitted again from its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.learners.estimators import EstimatorLearner
from nnlab.storage.folders import Folders
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.models.estimators import Estimator
    from nnlab.runs.load import StoredRun


def fit_again(run: StoredRun) -> Sequence[Estimator]:
    """Return the estimator of each seed.

    Raises:
        RunError: If the data are elsewhere or have changed, or the predictions are not the same.
    """
    folders = run.folders or Folders.choose()
    found = run.with_table(folders.table).with_recorded_threads()
    with deterministic():
        job = found.build_job(found.config, folders.data)
        assert isinstance(job.learner, EstimatorLearner), "no other model is fitted again"
        with threads(job.num_threads):
            job.learner.load_weights(found.weights())
    return job.learner.models
