from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nnlab
from tests.helpers.predictions import LABELS, digit_pictures, tell
from tests.helpers.tables import write_table


@pytest.fixture(scope="package")
def runs_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="package")
def spiral_run(runs_dir):
    """A float32 run of two replicas whose best weights are not its last ones."""
    experiment = {
        "name": "spiral",
        "dataset": {"name": "spiral", "num_samples": 300},
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "adam", "lr": 0.5},
        "train": {"epochs": 12, "seeds": 2, "batch_size": 32},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


@pytest.fixture(scope="package")
def table_run(runs_dir, tmp_path_factory):
    """A float64 run on a table with columns it does not use and labels that are text."""
    generator = np.random.default_rng(0)
    rows = []
    for i, (width, height) in enumerate(generator.normal([10, -200], [2, 50], (120, 2)).tolist()):
        label = LABELS[int(width > 10) + int(height > -200)]
        rows.append([f"n{i}", width, "", height, label])
    path = tmp_path_factory.mktemp("tables") / "sizes.csv"
    write_table(path, ["id", "width", "note", "height", "size"], rows)
    experiment = {
        "name": "sizes",
        "dataset": {
            "name": "csv",
            "path": str(path),
            "target": "size",
            "features": ["height", "width"],
        },
        "model": {"name": "mlp", "hidden_sizes": [5]},
        "optimizer": {"name": "adam", "lr": 0.02},
        "train": {"epochs": 10, "precision": "float64"},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


@pytest.fixture(scope="package")
def picture_run(runs_dir):
    """A run on scikit-learn's digits, which are pictures of 8 x 8 pixels."""
    experiment = {
        "name": "digits",
        "dataset": {"name": "digits"},
        "model": {"name": "mlp", "hidden_sizes": [32]},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {"epochs": 15},
    }
    return nnlab.train(experiment, runs_dir=runs_dir)


@pytest.fixture
def answers(capsys):
    """Predict and return the list of predictions."""

    def of(run, file, **options) -> list[dict]:
        tell(run, file, as_json=True, **options)
        return json.loads(capsys.readouterr().out)["predictions"]

    return of


@pytest.fixture
def picture(tmp_path) -> Path:
    """A picture of 28 x 28 pixels with a dark border."""
    return digit_pictures(tmp_path, [3])[0]
