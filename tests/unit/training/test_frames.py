"""Kept frames: at which epochs, and of how many replicas."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from nnlab.training.frames import Frames, num_kept


def job(task: str, shape: tuple[int, ...], parameters: int, seeds: int) -> SimpleNamespace:
    spec = SimpleNamespace(task=task, input_shape=shape)
    dataset = SimpleNamespace(spec=spec)
    return SimpleNamespace(dataset=dataset, num_parameters=parameters, seeds=tuple(range(seeds)))


@pytest.mark.parametrize(
    ("task", "shape", "parameters", "seeds", "kept"),
    [
        ("classification", (2,), 600, 10, 10),
        ("regression", (1,), 600, 10, 10),
        ("classification", (2,), 20_000, 10, 5),
        ("classification", (2,), 20_001, 1, 0),
        ("classification", (2,), 600, 10_000, 166),
        ("classification", (1,), 600, 10, 0),
        ("classification", (1, 28, 28), 600, 10, 0),
        ("regression", (2,), 600, 10, 0),
        ("classification", (2,), 0, 10, 0),
    ],
)
def test_so_many_replicas_are_kept(task, shape, parameters, seeds, kept) -> None:
    assert num_kept(job(task, shape, parameters, seeds)) == kept


def test_a_replica_that_is_not_finite_is_kept_as_zeros() -> None:
    frames = Frames(job("classification", (2,), 4, 3))
    weights = torch.tensor([[1.0, 2.0], [float("nan"), 1.0], [3.0, 4.0]])
    frames.keep(1, {"a": weights})
    assert frames.kept[1]["a"].tolist() == [[1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]


def test_the_last_frame_of_a_shorter_training_is_forgotten_by_a_longer_one() -> None:
    kept = {epoch: {"a": torch.ones(1, 1)} for epoch in (1, 2, 3, 4, 5, 6)}
    frames = Frames(job("classification", (2,), 4, 1))
    frames.restore(dict(kept), is_over=True)
    assert [*frames.kept] == [1, 2, 3, 4, 5, 6]
    frames.restore(dict(kept), is_over=False)
    assert [*frames.kept] == [1, 2, 3, 4, 5]
    assert [e for e in range(6, 10) if frames.is_due(e, is_last=False)] == [7, 8, 9]
