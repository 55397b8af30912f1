"""Predictions of a stored run as records: for a user's rows, or for examples of its own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nnlab.data.batches import eval_batches
from nnlab.data.image_file import SUFFIXES, read_image
from nnlab.data.new_rows import fault_of, read_new_rows
from nnlab.data.tables.reader import read_table
from nnlab.data.tables.table import Table
from nnlab.errors import DataError, RunError
from nnlab.formatting import did_you_mean
from nnlab.runs.inference import load_split, mean_answer, predict_rows
from nnlab.training.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike

    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.schemas import SplitName


def predict_records(
    run: StoredRun, raw: ArrayLike, which: str | None = None
) -> list[dict[str, Any]]:
    """Return one record per row: its number, and class and probabilities, or value.

    Args:
        run: The run.
        raw: Features as in the run's data, before standardisation, ``(N, ...)``.
        which: ``last`` or ``best`` weights; default: those the experiment selects.
    """
    class_names = run.preprocessing.class_names
    predictions = predict_rows(run, raw, which).numpy()
    return [
        {"row": number, **_record(prediction, class_names)}
        for number, prediction in enumerate(predictions, start=1)
    ]


def _record(prediction: np.ndarray, class_names: tuple[str, ...]) -> dict[str, Any]:
    if not class_names:
        return {"value": float(prediction)}
    probabilities = dict(zip(class_names, prediction.tolist(), strict=True))
    best = max(probabilities, key=lambda name: probabilities[name])
    return {"class": best, "probabilities": probabilities}


def read_rows(run: StoredRun, path: Path) -> np.ndarray:
    """Return the raw features in a file: a table's columns by name (case is ignored), or an image.

    Raises:
        DataError: If the file cannot be read, or is not the kind of file the run takes.
    """
    if run.preprocessing.feature_names:
        return read_features(run, read_table(path, run.config.dataset.table_format))
    if path.suffix.lower() not in SUFFIXES:
        msg = f"run {run.id} takes images ({', '.join(SUFFIXES)}), and {path} is not one"
        raise DataError(msg)
    return read_image(path, (run.spec.input_shape[1], run.spec.input_shape[2]))


def read_features(run: StoredRun, table: Table) -> np.ndarray:
    """Return the raw features in a table, found by the names of its columns; case is ignored.

    Raises:
        DataError: If a column is missing, or a cell cannot be used.
    """
    return read_new_rows(table, run.preprocessing).values


def row_of(run: StoredRun, values: Mapping[str, float | str]) -> np.ndarray:
    """Return one row of raw features, given by name; case is ignored.

    Raises:
        DataError: If the run does not take a table, or a value is missing, unknown or not a number.
    """
    columns = run.preprocessing.table_columns
    names = [column.name for column in columns]
    if not names:
        msg = f"run {run.id} takes images ({', '.join(SUFFIXES)}), not values"
        raise DataError(msg)
    given = Table.of_rows("the values", list(values), [[str(v) for v in values.values()]])
    matches = given.matching(names)
    if missing := [name for name, match in zip(names, matches, strict=True) if match not in values]:
        msg = f"no value is given for {', '.join(missing)}; write {missing[0]}=VALUE"
        raise DataError(msg)
    for name in values:
        if name not in matches:
            hint = did_you_mean(name, names)
            msg = f"run {run.id} has no feature '{name}'{hint}; features: {', '.join(names)}"
            raise DataError(msg)
    for name, column in zip(matches, columns, strict=True):
        if fault := fault_of(str(values[name]), column):
            msg = f"{name}={values[name]}: the value {fault}"
            raise DataError(msg)
    return read_new_rows(given, run.preprocessing).values


def example_records(
    run: StoredRun,
    folders: Folders,
    split: SplitName,
    *,
    examples: Sequence[int] | None = None,
    which: str | None = None,
) -> list[dict[str, Any]]:
    """Return the truth and the prediction for examples of a split, averaged over the replicas.

    Args:
        run: The run.
        folders: Where to find its data.
        split: ``test``, ``val`` or ``train``.
        examples: Indices in the split; default: all.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If the run has no such split or weights, or its data have changed.
        DataError: If there is no such example.
    """
    job, chosen = load_split(run, folders, split, which=which)
    if chosen.is_varied and run.config.train.seeds > 1:
        msg = f"run {run.id} has a {split} split for each seed (split.vary): they share no examples"
        raise RunError(msg)
    chosen = chosen.of(0)
    indices = range(len(chosen)) if examples is None else examples
    picked = chosen.pick(indices, split)
    with threads(job.num_threads):
        parts = [job.learner.predict(inputs) for inputs, _ in eval_batches(picked, job.dtype)]
    answers = mean_answer(run, torch.cat(parts, dim=1)).cpu().numpy()
    class_names = run.preprocessing.class_names
    return [
        {
            "example": index,
            "true": class_names[target] if class_names else target,
            **_record(answer, class_names),
        }
        for index, target, answer in zip(indices, picked.targets.tolist(), answers, strict=True)
    ]
