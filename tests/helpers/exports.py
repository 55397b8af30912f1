"""Small runs of every kind that can be exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import nnlab
from nnlab.storage import checkpoint
from nnlab.storage.run_dir import RunDir
from tests.helpers.idx_files import bars, write_set
from tests.helpers.messy_table import write_messy

SPIRAL = {"name": "spiral", "num_samples": 301}
DIGITS = {"name": "digits"}
ADAM = {"name": "adam", "lr": 0.01}
TRAIN = {"epochs": 2, "batch_size": 33, "limit_batches": 9, "device": "cpu", "seed": 4}
PICTURES = {"name": "idx", "path": "bars"}
CNN = {"name": "fashion_cnn", "channels": [4, 8], "hidden_sizes": [16, 12]}
MESSY = {
    "name": "csv",
    "path": "messy.csv",
    "target": "Antwort",
    "kinds": ["number", "boolean", "category", "date"],
    "drop": ["Kunden-Nr", "Notiz", "leer"],
    "columns": {
        "geboren": {
            "date_format": "%d.%m.%Y",
            "date_parts": ["days", "year", "month", "day", "weekday", "hour"],
        },
        "Stadt": {"missing": "most_frequent"},
    },
    "missing": "median",
}
VARIED = {**SPIRAL, "split": {"vary": True}}
EXPERIMENTS = {
    "logistic, three seeds": {
        "dataset": SPIRAL,
        "model": {"name": "logistic"},
        "train": {**TRAIN, "seeds": 3},
    },
    "mlp, pixels, best weights": {
        "dataset": {**PICTURES, "standardize": True},
        "model": {"name": "mlp", "hidden_sizes": [16, 8], "activation": "tanh", "dropout": 0.2},
        "train": {**TRAIN, "select": "best"},
    },
    "mlp, float64": {
        "dataset": {**DIGITS, "standardize": True},
        "model": {"name": "mlp", "hidden_sizes": [9]},
        "train": {**TRAIN, "precision": "float64"},
    },
    "logistic, pixels": {
        "dataset": PICTURES,
        "model": {"name": "logistic"},
        "train": TRAIN,
    },
    "mlp, bf16": {
        "dataset": SPIRAL,
        "model": {"name": "mlp", "hidden_sizes": [9], "activation": "gelu"},
        "train": {**TRAIN, "precision": "bf16"},
    },
    "cnn": {"dataset": DIGITS, "model": CNN, "train": TRAIN},
    "regression of a table": {
        "dataset": {"name": "csv", "path": "houses.csv", "target": "price", "task": "regression"},
        "model": {"name": "mlp", "hidden_sizes": [8], "activation": "elu"},
        "train": {**TRAIN, "seeds": 2},
    },
    "regression of points": {
        "dataset": {"name": "regression", "num_samples": 203},
        "model": {"name": "mlp", "hidden_sizes": [8], "activation": "leaky_relu"},
        "train": TRAIN,
    },
    "messy table": {
        "dataset": MESSY,
        "model": {"name": "mlp", "hidden_sizes": [6]},
        "train": {**TRAIN, "seeds": 2},
    },
    "varied split": {
        "dataset": VARIED,
        "model": {"name": "mlp", "hidden_sizes": [6], "output_activation": "sigmoid"},
        "train": {**TRAIN, "seeds": 2},
    },
}


def train(name: str, *, runs_dir: Path | None = None, **changes: object) -> nnlab.Run:
    """Train an experiment in the current folder, where its table is written."""
    write_messy(Path("messy.csv"), 300)
    write_houses(Path("houses.csv"))
    write_set(Path("bars"), bars(120, classes=3))
    experiment = {"name": "small", "optimizer": ADAM, **EXPERIMENTS[name], **changes}
    return nnlab.train(experiment, runs_dir=runs_dir)


def write_houses(path: Path) -> None:
    """Write a table whose target has a large mean, and a feature that float32 cannot hold."""
    draw = np.random.default_rng(0)
    size, built = draw.normal(120, 30, 200), 1_700_000_000 + draw.integers(0, 50, 200)
    price = 2_000_000 + 900 * size + draw.normal(0, 500, 200)
    rows = [f"{s:.2f},{b},{p:.1f}" for s, b, p in zip(size, built, price, strict=True)]
    path.write_text("\n".join(["size,built,price", *rows]) + "\n")


def tamper(run: RunDir) -> None:
    """Add a checkpoint that differs in one weight of each replica; its digests are right."""
    found = checkpoint.load(run.checkpoints_dir)
    assert found is not None
    names = [name for name in found.tensors if name.endswith("weight")]
    for name in names:
        found.tensors[name].flatten(1)[:, 0] += 0.5
    checkpoint.save(run.checkpoints_dir, found.tensors, found.progress, found.log_sizes)


def raw_rows(run: RunDir, count: int) -> np.ndarray:
    """Return raw rows that a run can answer: pixels, points, or cells of its table with gaps."""
    draw, shape = np.random.default_rng(1), (count, *run.preprocessing["input_shape"])
    if run.config.dataset.name == "idx":
        return draw.integers(0, 256, shape, dtype=np.uint8)
    if len(shape) == 4:
        return draw.random(shape)
    if columns := run.preprocessing.get("columns"):
        return np.stack([_cells(column, count, draw) for column in columns], axis=1)
    if run.preprocessing["feature_names"] == ["size", "built"]:
        return np.stack([draw.normal(120, 30, count), 1_700_000_000 + 50 * draw.random(count)], 1)
    return draw.normal(0, 2, shape)


def _cells(column: dict, count: int, draw: np.random.Generator) -> np.ndarray:
    """Return cells of a column: known and unknown categories, dates with times, gaps."""
    match column["kind"]:
        case "category":
            cells = draw.integers(-1, len(column["categories"]), count).astype(float)
        case "date":
            cells = draw.uniform(-30_000, 30_000, count)
        case "boolean":
            cells = draw.integers(0, 2, count).astype(float)
        case _:
            cells = draw.normal(100, 30, count)
    if column["fill"] is not None:
        cells[::4] = np.nan
    return cells
