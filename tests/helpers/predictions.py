"""Call ``nnlab predict``, and compute its answers by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from nnlab.cli.predict import predict
from nnlab.errors import DataError

LABELS = ("gro\u00df", "klein", "mittel, fast gro\u00df")
FLOAT32 = 2e-5  # how far float32 may be from float64 arithmetic in these small networks


def tell(run, file, *, checkpoint=None, output=None, as_json=False) -> None:
    predict(
        str(run.path),
        [str(file)],
        checkpoint=checkpoint,
        output=output,
        runs_dir=None,
        as_json=as_json,
    )


def refusal(run, file) -> str:
    with pytest.raises(DataError) as caught:
        tell(run, file)
    assert caught.value.exit_code == 3
    return str(caught.value)


def by_hand(run, raw: np.ndarray, weights: str = "weights") -> np.ndarray:
    """Return the mean probabilities, or values, of a run's replicas from its files alone."""
    stored = json.loads((run.path / "preprocessing.json").read_text())
    manifest = json.loads((run.path / "checkpoints" / "manifest.json").read_text())
    newest = run.path / "checkpoints" / manifest["checkpoints"][-1]["file"]
    tensors = safetensors.numpy.load_file(newest)
    inputs = raw.reshape(len(raw), -1)
    if stored["mean"] is not None:
        inputs = (inputs - np.array(stored["mean"])) / np.array(stored["std"])
    first, first_bias, last, last_bias = (
        tensors[f"{weights}.layers.{layer}.{kind}"].astype(np.float64)
        for layer in (0, 1)
        for kind in ("weight", "bias")
    )
    replicas = []
    for r in range(len(first)):
        hidden = np.maximum(inputs @ first[r].T + first_bias[r], 0)
        outputs = hidden @ last[r].T + last_bias[r]
        exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        is_classes = stored["task"] == "classification"
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        replicas.append(probabilities if is_classes else outputs[:, 0])
    return np.mean(replicas, axis=0)


def probabilities_of(predictions: list[dict]) -> np.ndarray:
    return np.array([list(row["probabilities"].values()) for row in predictions])


def digit_pictures(folder: Path, numbers) -> list[Path]:
    """Write some of scikit-learn's digits as grey pictures of 28 x 28 pixels."""
    from sklearn.datasets import load_digits

    paths = []
    for number in numbers:
        pixels = np.round(load_digits().images[number] / 16 * 255).astype(np.uint8)
        path = folder / f"digit{number}.png"
        Image.fromarray(pixels).resize((28, 28), Image.Resampling.BICUBIC).save(path)
        paths.append(path)
    return paths
