"""Golden losses: what a dozen tiny experiments gave, to the last digit.

``python -m tests.reference.golden`` trains them and rewrites golden.json. Do so only for a change that
is meant to change results, and say so in its commit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nnlab

GOLDEN_PATH = Path(__file__).parent / "golden.json"
# Kernels that every x86 processor has (NumPy: since 2013), so that digits are the same on all.
PORTABLE = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
TIMES = frozenset({"seconds", "train_seconds", "peak_memory_bytes"})

SPIRAL = {"name": "spiral", "num_samples": 120}
MLP = {"name": "mlp", "hidden_sizes": [8, 8], "activation": "tanh"}
ADAM = {"name": "adam", "lr": 0.01}
LBFGS = {"name": "lbfgs", "C": 1.0, "max_iter": 20}
EPOCHS = {"epochs": 4, "batch_size": 16, "seed": 3}
EXPERIMENTS: dict[str, dict[str, Any]] = {
    "native": {
        "dataset": SPIRAL,
        "model": MLP,
        "optimizer": ADAM,
        "train": {"engine": "native"},
    },
    "native, three seeds": {
        "dataset": SPIRAL,
        "model": {**MLP, "activation": "relu", "dropout": 0.1},
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
        "train": {"seeds": 3, "clip_norm": 0.5, "engine": "native"},
    },
    "native, regression": {
        "dataset": {"name": "regression", "num_samples": 200},
        "model": {"name": "mlp", "hidden_sizes": [10], "activation": "elu"},
        "optimizer": {"name": "rmsprop"},
        "train": {"batch_size": "full", "engine": "native", "precision": "float64"},
    },
    "fused": {"dataset": SPIRAL, "model": MLP, "optimizer": ADAM},
    "fused, three seeds": {
        "dataset": SPIRAL,
        "model": {**MLP, "activation": "gelu", "dropout": 0.1},
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
        "train": {"seeds": 3, "clip_norm": 0.5},
    },
    "fused, RMSprop": {"dataset": SPIRAL, "model": MLP, "optimizer": {"name": "rmsprop"}},
    "fused, Adagrad": {"dataset": SPIRAL, "model": MLP, "optimizer": {"name": "adagrad"}},
    "autograd, convolutions": {
        "dataset": {"name": "digits"},
        "model": {
            "name": "fashion_cnn",
            "channels": [4, 8],
            "hidden_sizes": [16, 8],
            "dropout": 0.2,
        },
        "optimizer": ADAM,
        "train": {"epochs": 2, "batch_size": 64, "engine": "autograd"},
    },
    "NumPy": {"dataset": SPIRAL, "model": MLP, "optimizer": ADAM, "train": {"engine": "numpy"}},
    "scikit-learn": {
        "dataset": {"name": "digits"},
        "model": {"name": "logistic"},
        "optimizer": LBFGS,
        "train": {"epochs": 1, "batch_size": "full", "engine": "sklearn"},
    },
    "L-BFGS": {
        "dataset": {"name": "digits"},
        "model": {"name": "logistic"},
        "optimizer": LBFGS,
        "train": {"epochs": 1, "batch_size": "full", "engine": "autograd"},
    },
    "plateau and early stopping": {
        "dataset": SPIRAL,
        "model": MLP,
        "optimizer": {"name": "sgd", "lr": 0.5, "momentum": 0.9},
        "schedule": {"name": "plateau", "patience": 1, "factor": 0.5},
        "train": {"epochs": 30, "seeds": 2, "early_stopping": {"patience": 3}},
    },
    "one cycle with warm-up": {
        "dataset": SPIRAL,
        "model": MLP,
        "optimizer": {"name": "sgd", "lr": 0.3, "momentum": 0.9, "nesterov": True},
        "schedule": {"name": "one_cycle", "warmup_steps": 5},
    },
    "class weights": {
        "dataset": SPIRAL,
        "model": {"name": "logistic"},
        "loss": {"name": "cross_entropy", "class_weight": [1.0, 2.0, 0.5]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"engine": "autograd"},
    },
    "regression": {
        "dataset": {"name": "regression", "num_samples": 200},
        "model": {"name": "mlp", "hidden_sizes": [10], "activation": "elu"},
        "optimizer": ADAM,
        "train": {"batch_size": "full"},
    },
}


def measure(runs_dir: Path) -> dict[str, Any]:
    """Train every experiment and return its records and its summary, without times."""
    found = {}
    for name, experiment in EXPERIMENTS.items():
        train = {**EPOCHS, "engine": "fused", **experiment.get("train", {}), "threads": 1}
        run = nnlab.train({**experiment, "train": train}, runs_dir=runs_dir)
        found[name] = _without_times({"records": run.metrics, "summary": run.summary})
    return found


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key not in TIMES}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def measure_portably() -> dict[str, Any]:
    """Return ``measure`` of a process that computes with kernels of every x86 processor."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.reference.golden", "--print"],
        env={**os.environ, **PORTABLE},
        stdout=subprocess.PIPE,
        check=True,
    )
    value: dict[str, Any] = json.loads(finished.stdout)
    return value


if __name__ == "__main__":
    if "--print" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(Path(folder))))
    else:
        import torch

        lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in measure_portably().items()]
        experiments = "{\n" + ",\n".join(lines) + "\n}"
        GOLDEN_PATH.write_text(
            f'{{"torch": "{torch.__version__}", "experiments": {experiments}}}\n'
        )
