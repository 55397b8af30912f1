"""Predictions of a stored run as records: for a user's rows, or for examples of its own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nnlab.data.batches import eval_batches
from nnlab.errors import RunError
from nnlab.runs.inference import Predictor, load_split, mean_answer
from nnlab.runs.new_rows import Batch, notes_of
from nnlab.training.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np

    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.schemas import SplitName


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
        answers = predictor(batch.raw).numpy()
        rows = zip(answers, notes_of(run, batch), strict=True)
        for index, (answer, note) in enumerate(rows):
            yield {
                **({"file": batch.file} if has_file else {}),
                "row": batch.first + index,
                **({"input": batch.kept[index]} if batch.kept else {}),
                **(_unanswered(class_names) if batch.error else _record(answer, class_names)),
                "note": note,
                **({} if batch.error is None else {"error": batch.error}),
            }


def _unanswered(class_names: tuple[str, ...]) -> dict[str, Any]:
    if not class_names:
        return {"value": None}
    return {"class": None, "probabilities": dict.fromkeys(class_names)}


def _record(prediction: np.ndarray, class_names: tuple[str, ...]) -> dict[str, Any]:
    if not class_names:
        return {"value": float(prediction)}
    probabilities = dict(zip(class_names, prediction.tolist(), strict=True))
    best = max(probabilities, key=lambda name: probabilities[name])
    return {"class": best, "probabilities": probabilities}


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
