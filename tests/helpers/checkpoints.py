"""Small checkpoints that no training wrote."""

from __future__ import annotations

import torch

from nnlab.storage import checkpoint
from nnlab.storage.checkpoint import LogSizes


def make_tensors(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        "weights.a": torch.randn(3, 20, generator=generator),
        "weights.b": torch.randn(50, dtype=torch.float64, generator=generator),
        "weights.count": torch.tensor([7, 8, 9]),
        "state.step": torch.tensor(41),
        "state.empty": torch.empty(0),
        "state.special": torch.tensor([float("nan"), float("inf"), -0.0, 1e-45]),
    }


def make_progress(step, **changes):
    return {"step": step, "epoch": step // 10, "batch": step % 10, "seeds": [0, 1]} | changes


def save(folder, step, **changes):
    """Save a checkpoint whose tensors are drawn from its step."""
    progress = make_progress(step, **changes)
    checkpoint.save(folder, make_tensors(step), progress, LogSizes(100 * step, step))


def name_of(step):
    return f"{step:09d}.safetensors"


def is_same(tensors, expected):
    """Return whether names, types, shapes and every bit are the same."""
    return tensors.keys() == expected.keys() and all(
        tensors[name].dtype == expected[name].dtype
        and tensors[name].shape == expected[name].shape
        and tensors[name].numpy().tobytes() == expected[name].numpy().tobytes()
        for name in expected
    )
