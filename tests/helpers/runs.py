"""What must be the same of two runs, and the runs that are compared."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from nnlab.storage import checkpoint
from nnlab.storage.run_dir import RunDir

MEASURED = {"seconds", "train_seconds", "peak_memory_bytes"}
SPIRAL = ["dataset.num_samples=240", "train.batch_size=16", "train.threads=1"]
SAVES = ["train.checkpoint_every.steps=9"]
KILLED = {
    "MLP, fused, R = 4": ["spiral_mlp", *SPIRAL, "train.epochs=16", "train.seeds=4"],
    "MLP, autograd": ["spiral_mlp", *SPIRAL, "train.epochs=12", "train.engine=autograd"],
    "CNN, batch norm, dropout": [
        *("digits_cnn", "model.channels=[2, 3]", "model.hidden_sizes=[6, 5]"),
        *("train.epochs=6", "train.limit_batches=8", "train.threads=1"),
    ],
    "plateau": [
        *("spiral_mlp", *SPIRAL, "train.epochs=16"),
        "schedule={name: plateau, patience: 1, factor: 0.5}",
    ],
    "one cycle": ["spiral_mlp", *SPIRAL, "train.epochs=16", "schedule={name: one_cycle}"],
}


def fingerprint(path: Path) -> dict[str, object]:
    """Return every byte of a finished run that must not depend on interruptions."""
    run = RunDir(path)
    found = checkpoint.load(run.checkpoints_dir)
    assert found is not None
    assert run.status == "finished", run.status
    return {
        "tensors": {
            name: (str(tensor.dtype), tuple(tensor.shape), tensor.numpy().tobytes())
            for name, tensor in found.tensors.items()
        },
        "predictions": _digest(run.predictions_path),
        "metrics": [
            without_measured(json.loads(line))
            for line in run.metrics_path.read_bytes().splitlines()
        ],
        "summary": without_measured(run.summary),
    }


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file; None where an experiment without a test part has none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def without_measured(record: dict) -> dict:
    return {key: value for key, value in record.items() if key not in MEASURED}


def only_run(folder: Path) -> Path | None:
    """Return the one run in a folder that has an experiment to go on with, or None."""
    found = list(folder.glob("*/meta.json"))
    assert len(found) <= 1
    return found[0].parent if found else None
