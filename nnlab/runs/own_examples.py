"""Predictions of a stored run for examples of its own data, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nnlab.data.batches import eval_batches
from nnlab.errors import RunError
from nnlab.runs.inference import load_split
from nnlab.runs.predictions import record_of
from nnlab.runs.predictor import mean_answer
from nnlab.training.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.schemas import SplitName


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
    answers = mean_answer(run, torch.cat(parts, dim=1).double().cpu().numpy())
    class_names = run.preprocessing.class_names
    return [
        {
            "example": index,
            "true": class_names[target] if class_names else target,
            **record_of(answer, class_names),
        }
        for index, target, answer in zip(indices, picked.targets.tolist(), answers, strict=True)
    ]
