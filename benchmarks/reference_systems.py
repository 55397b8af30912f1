"""The systems of five teaching documents, trained; ``nnlab.ui.lessons.table`` lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import nnlab
from nnlab.assembly.job import build_job
from nnlab.runs.load import open_run
from nnlab.runs.predictor import Predictor
from nnlab.storage.folders import Folders
from nnlab.ui.lessons.systems import Measure, System

Reader = Callable[[nnlab.RunDir], list[float]]


def results(system: System, seeds: Sequence[int], **folders: Path) -> list[list[float]]:
    """Train and return, for each measure, the value of each seed.

    Args:
        system: The system.
        seeds: Consecutive seeds.
        folders: ``data_dir`` and ``runs_dir``, as in ``nnlab.train``.
    """
    step = 1 if system.is_split_by_seed else len(seeds)
    runs = [
        nnlab.train(system.config, [*system.overrides, f"train.seed={seed}"], seeds=step, **folders)
        for seed in seeds[::step]
    ]
    return [[v for run in runs for v in read(measure, run)] for measure in system.measures]


def read(measure: Measure, run: nnlab.RunDir) -> list[float]:
    """Return the value of each replica of a run."""
    return READERS[measure.name](run) if measure.needs_model else measure.read(run)


def probability_of_c1(run: nnlab.RunDir) -> list[float]:
    """Return the probability of class c1 at (0.1, 0.1), in raw features."""
    column = run.preprocessing["class_names"].index("c1")
    return [float(Predictor(open_run(run))(np.array([[0.1, 0.1]]))[0, column])]


def distance_from_sklearn(run: nnlab.RunDir) -> list[float]:
    """Return the largest difference in probability from scikit-learn over the plane."""
    train = build_job(run.config, Folders.choose().data).dataset.train
    fitted = LogisticRegression(C=1, tol=1e-8, max_iter=1000).fit(train.inputs, train.targets)
    rows = _plane() if train.inputs.shape[1] == 2 else np.eye(4)  # or the four quadrants
    return [float(np.abs(Predictor(open_run(run))(rows) - fitted.predict_proba(rows)).max())]


def indecision(run: nnlab.RunDir) -> list[float]:
    """Return the largest distance of a probability from 1/2 over the plane."""
    return [float(np.abs(Predictor(open_run(run))(_plane()) - 0.5).max())]


def _plane() -> np.ndarray:
    """Return a grid over the clusters, ``(N, 2)``."""
    axis = np.linspace(-6, 6, 49)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


# By name of the measure.
READERS: dict[str, Reader] = {
    "P(c1) at (0.1, 0.1)": probability_of_c1,
    "largest abs(P - 1/2)": indecision,
    "largest difference of a probability from scikit-learn's": distance_from_sklearn,
}
