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
        "frame.1.layers.0.bias",
        "frame.12.layers.0.bias",
    ]
    assert Snapshot.from_tensors(tensors) == snapshot


def test_tensors_of_an_unknown_group_are_left_out() -> None:
    assert Snapshot.from_tensors({"other.a": torch.ones(1)}) == Snapshot({})


def test_a_frame_without_an_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Snapshot.from_tensors({"frame.first.a": torch.ones(1)})
