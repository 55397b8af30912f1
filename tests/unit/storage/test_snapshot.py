from __future__ import annotations

import pytest
import torch

from nnlab.storage.snapshot import Snapshot


def test_a_snapshot_comes_back_from_its_tensors() -> None:
    one, two = torch.ones(2), torch.zeros(3)
    snapshot = Snapshot(
        weights={"layers.0.bias": one},
        learner_state={"momentum.0": two},
        losses={"total": one},
        best={"layers.0.bias": two},
        frames={1: {"layers.0.bias": one}, 12: {"layers.0.bias": two}},
    )

    tensors = snapshot.to_tensors()

    assert list(tensors) == [
        "weights.layers.0.bias",
        "state.momentum.0",
        "loss.total",
        "best.layers.0.bias",
        "frames.1.layers.0.bias",
        "frames.12.layers.0.bias",
    ]
    assert Snapshot.from_tensors(tensors) == snapshot


def test_frames_of_older_runs_are_those_of_one_replica() -> None:
    (frame,) = Snapshot.from_tensors({"frame.3.a": torch.ones(2)}).frames.items()
    assert frame == (3, {"a": frame[1]["a"]})
    assert frame[1]["a"].shape == (1, 2)


def test_tensors_of_an_unknown_group_are_left_out() -> None:
    assert Snapshot.from_tensors({"other.a": torch.ones(1)}) == Snapshot({})


def test_a_frame_without_an_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Snapshot.from_tensors({"frames.first.a": torch.ones(1)})
