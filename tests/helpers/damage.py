"""No damaged checkpoint is ever taken for a good one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import torch

from nnlab.storage import checkpoint
from nnlab.storage.checkpoint import LogSizes

NEWEST, BEFORE = 20, 10


def save_two(folder: Path) -> Path:
    """Save two checkpoints, and return the file of the newest."""
    for step in (BEFORE, NEWEST):
        tensors = {"weights.a": tensor_of(step)}
        progress = {"step": step, "epoch": 1, "batch": 0}
        checkpoint.save(folder, tensors, progress, LogSizes(step, 0))
    return folder / f"{NEWEST:09d}.safetensors"


def tensor_of(step: int) -> torch.Tensor:
    """Return what the checkpoint of a step holds."""
    return torch.randn(3, 20, generator=torch.Generator().manual_seed(step))


def accepted_flips(folder: Path, count: int, seed: int = 0) -> int:
    """Return how many of so many flipped bits, each alone, went unnoticed."""
    newest = save_two(folder)
    content = newest.read_bytes()
    draw = random.Random(seed)

    def flips() -> Iterator[bytes]:
        for _ in range(count):
            flipped = bytearray(content)
            bit = draw.randrange(8 * len(content))
            flipped[bit // 8] ^= 1 << bit % 8
            yield bytes(flipped)

    return _accepted(newest, flips())


def accepted_truncations(folder: Path, stride: int = 1) -> tuple[int, int]:
    """Return how many shorter versions of a checkpoint went unnoticed, and how many there were."""
    newest = save_two(folder)
    content = newest.read_bytes()
    lengths = range(0, len(content), stride)
    return _accepted(newest, (content[:length] for length in lengths)), len(lengths)


def _accepted(newest: Path, versions: Iterator[bytes]) -> int:
    accepted = 0
    for version in versions:
        newest.write_bytes(version)
        found = checkpoint.load(newest.parent)
        accepted += found.damaged != (newest.name,) or found.progress["step"] != BEFORE
    return accepted
