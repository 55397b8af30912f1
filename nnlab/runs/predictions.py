"""Predictions of a stored run for a user's file, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.data.image_file import SUFFIXES, read_image
from nnlab.data.tabular import read_table
from nnlab.errors import DataError
from nnlab.runs.inference import predict_rows

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike

    from nnlab.runs.load import StoredRun


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
    """Return the raw features in a file: a table's columns by name, or an image.

    Raises:
        DataError: If the file cannot be read, or is not the kind of file the run takes.
    """
    if run.preprocessing.feature_names:
        separator = run.config.dataset.column_separator
        return read_table(path, separator).matrix(run.preprocessing.feature_names)
    if path.suffix.lower() not in SUFFIXES:
        msg = f"run {run.id} takes images ({', '.join(SUFFIXES)}), and {path} is not one"
        raise DataError(msg)
    return read_image(path, (run.spec.input_shape[1], run.spec.input_shape[2]))
