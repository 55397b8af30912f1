"""What a pack leaves about its validation examples: which of them each replica gets right.

The luck of a search is in its seeds, and in its validation examples. The second kind is judged from
these scores; see ``nnlab.sweep.optimism``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import safetensors.numpy

from nnlab.data.batches import eval_batches
from nnlab.errors import RunError
from nnlab.storage.atomic import write_atomic
from nnlab.storage.untrusted import read_plain

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from nnlab.storage.run_dir import RunDir
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress

MAX_BYTES = 10**9


def path_of(run: RunDir) -> Path:
    """Return the file of a pack's scores."""
    return run.path / "validation.safetensors"


def write_scores(run: RunDir, job: Job, progress: Progress, active: Collection[int]) -> None:
    """Write which validation examples the replicas that went to the end classify correctly.

    Nothing is written for regression, whose errors are no hits.

    Args:
        run: The run of a pack.
        job: Its job, with the weights that count.
        progress: Its progress.
        active: The trials that went to the end.
    """
    split = job.dataset.val
    if split is None or job.dataset.spec.task != "classification":
        return
    hits = [
        (job.learner.predict(inputs, is_varied=split.is_varied).argmax(-1) == targets).cpu().numpy()
        for inputs, targets in eval_batches(split, job.dtype)
    ]
    went_on = [
        r
        for r, (label, replica) in enumerate(zip(job.labels, progress.replicas, strict=True))
        if label["trial"] in active and not replica.has_diverged
    ]
    packed = np.packbits(np.concatenate(hits, axis=1)[went_on], axis=1)
    tensors: dict[str, np.ndarray] = {
        "hits": packed,  # (K, N / 8), a bit for each example
        "replicas": np.array(went_on, dtype=np.int64),
        "num_examples": np.array(len(split), dtype=np.int64),
    }
    write_atomic(path_of(run), safetensors.numpy.save(tensors))


def read_scores(run: RunDir) -> tuple[np.ndarray, list[int]]:
    """Return which examples are classified correctly, ``(K, N)`` bool, and the K replicas.

    Raises:
        RunError: If the file is missing or damaged.
    """
    try:
        stored = safetensors.numpy.load(read_plain(path_of(run), MAX_BYTES))
        count = int(stored["num_examples"])
        hits = np.unpackbits(stored["hits"], axis=1, count=count).astype(bool)
        replicas = [int(r) for r in stored["replicas"]]
    except (OSError, KeyError, ValueError, TypeError, safetensors.SafetensorError) as error:
        msg = f"{path_of(run)} is missing or damaged: {error}"
        raise RunError(msg) from error
    if len(hits) != len(replicas):
        msg = f"{path_of(run)} is damaged: {len(hits)} rows of {len(replicas)} replicas"
        raise RunError(msg)
    return hits, replicas
