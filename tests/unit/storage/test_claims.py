"""A list of runs compares what a summary claims with the predictions, and never fails at a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch

from nnlab.storage.claims import contradiction

LOGITS = torch.tensor([[[2.0, 1.0], [0.0, 1.0], [3.0, 0.0], [0.0, 5.0]]])
CLASSES = torch.tensor([0, 1, 1, 1])
VALUES = torch.tensor([[1.0, 2.0, 4.0]])
NUMBERS = torch.tensor([1.0, 2.0, 3.0])


def stored(folder: Path, logits: torch.Tensor, targets: torch.Tensor) -> Path:
    path = folder / "predictions.safetensors"
    safetensors.torch.save_file({"logits": logits, "targets": targets}, path)
    return path


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_the_accuracy_is_that_of_the_predictions(dtype: torch.dtype, tmp_path: Path) -> None:
    path = stored(tmp_path, LOGITS.to(dtype), CLASSES)

    assert contradiction(path, {"test": {"accuracy": 0.75}, "train_seconds": 1.0}) is None
    forged = contradiction(path, {"test": {"accuracy": 0.991}, "train_seconds": 1.0})
    assert forged == "summary.json says accuracy 99.10 %, its stored predictions say 75.00 %"


@pytest.mark.parametrize("claimed", [{"mse": 0.1, "r2": 0.5}, {"mse": 1 / 3, "r2": 0.9}, {}])
def test_both_numbers_of_a_regression_are_compared(claimed: dict, tmp_path: Path) -> None:
    path = stored(tmp_path, VALUES, NUMBERS)

    honest = {"test": {"mse": 1 / 3, "r2": 0.5}, "train_seconds": 1.0}
    forged = {"test": claimed, "train_seconds": 1.0}
    assert contradiction(path, honest) is None
    assert bool(contradiction(path, forged)) == bool(claimed)


def test_an_example_between_two_classes_may_count_as_either(tmp_path: Path) -> None:
    path = stored(tmp_path, torch.zeros(1, 4, 2), CLASSES)

    for accuracy in (0.25, 0.75):
        assert contradiction(path, {"test": {"accuracy": accuracy}, "train_seconds": 1.0}) is None


def test_predictions_that_are_not_finite_agree_with_no_claim(tmp_path: Path) -> None:
    path = stored(tmp_path, LOGITS * float("inf"), CLASSES)

    assert contradiction(path, {"test": {"accuracy": 0.75}, "train_seconds": 1.0})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 200,
        b"\x10\0\0\0\0\0\0\0[1,2,3]         ",
        b"\x10\x27\0\0\0\0\0\0" + b"[" * 10_000,
        b'\x20\0\0\0\0\0\0\0{"logits": {}, "targets": null} ',
    ],
    ids=["empty", "junk", "list", "deep", "no fields"],
)
def test_damaged_predictions_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "predictions.safetensors"
    summary = {"test": {"accuracy": 0.5}, "train_seconds": 1.0}
    assert contradiction(path, summary) == "there is no predictions.safetensors"

    path.write_bytes(content)

    assert contradiction(path, summary) == "predictions.safetensors is damaged"


def test_what_is_behind_the_examples_of_a_fold_counts_for_nothing(tmp_path: Path) -> None:
    values = torch.tensor([[1.0, 2.0, 4.0], [1.0, 3.0, 0.0]])
    targets = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 0.0]])
    tensors = {"logits": values, "targets": targets, "sizes": torch.tensor([3, 2])}
    path = tmp_path / "predictions.safetensors"
    safetensors.torch.save_file(tensors, path)

    honest = {"test": {"mse": (1 / 3 + 1 / 2) / 2, "r2": (0.5 - 1.0) / 2}, "train_seconds": 1.0}
    assert contradiction(path, honest) is None
    padded = {"test": {"mse": 1 / 3, "r2": -0.25}, "train_seconds": 1.0}
    assert contradiction(path, padded) is not None
