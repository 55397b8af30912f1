"""Predictions of a stored run for a user's rows, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.columns.new_rows import are_good
from nnlab.runs.new_rows import Batch, notes_of
from nnlab.runs.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnlab.runs.load import StoredRun


def answer_batches(
    run: StoredRun, batches: Iterable[Batch], which: str | None = None, *, has_file: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield one record per row: its number, class and probabilities, or value, and a note.

    Args:
        run: The run.
        batches: The rows.
        which: ``last`` or ``best`` weights; default: those the experiment selects.
        has_file: Whether records begin with the name of their file.
    """
    predictor, class_names = Predictor(run, which), run.preprocessing.class_names
    for batch in batches:
        answers = iter(_answers(predictor, batch))
        for index, note in enumerate(notes_of(run, batch)):
            answer = None if index in batch.faults else next(answers)
            yield {
                **({"file": batch.file} if has_file else {}),
                "row": batch.first + index,
                **({"input": batch.kept[index]} if batch.kept else {}),
                **record_of(answer, class_names),
                "note": note,
            }


def _answers(predictor: Predictor, batch: Batch) -> np.ndarray:
    """Return the predictions for the rows of a batch that can be used."""
    good = batch.raw[are_good(len(batch.raw), batch.faults)] if batch.faults else batch.raw
    return predictor(good) if len(good) or not batch.faults else np.empty(0)


def record_of(prediction: np.ndarray | None, class_names: tuple[str, ...]) -> dict[str, Any]:
    """Return a prediction by its names, or None for each of them."""
    if prediction is None:
        nothing = {"class": None, "probabilities": dict.fromkeys(class_names)}
        return nothing if class_names else {"value": None}
    if not class_names:
        return {"value": float(prediction)}
    probabilities = dict(zip(class_names, prediction.tolist(), strict=True))
    best = max(probabilities, key=lambda name: probabilities[name])
    return {"class": best, "probabilities": probabilities}
