"""The data sets of replicas, each with a split of its own, as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.data.columns.seen import joined
from nnlab.data.types import Dataset, Split
from nnlab.target_scale import TargetScale

if TYPE_CHECKING:
    from collections.abc import Sequence


def stacked(datasets: Sequence[Dataset]) -> Dataset:
    """Return the data sets of replicas as one."""
    first = datasets[0]
    fitted = [dataset.preprocessing for dataset in datasets]
    means = [p.mean for p in fitted if p.mean is not None]
    stds = [p.std for p in fitted if p.std is not None]
    scales = [p.target for p in fitted if p.target is not None]
    return replace(
        first,
        train=Split.stack([dataset.train for dataset in datasets]),
        val=first.val and Split.stack([d.val for d in datasets if d.val is not None]),
        test=first.test and _stack_splits([d.test for d in datasets if d.test is not None]),
        preprocessing=replace(
            first.preprocessing,
            mean=np.stack(means) if means else None,
            std=np.stack(stds) if stds else None,
            is_varied=True,
            varied_columns=tuple(p.columns for p in fitted if p.columns),
            seen=joined([p.seen for p in fitted]),
            target=_stack_scales(scales) if scales else None,
        ),
    )


def _stack_scales(scales: Sequence[TargetScale]) -> TargetScale:
    """Return the scales of replicas as one, ``(R, 1)``."""
    return TargetScale(np.stack([s.mean for s in scales]), np.stack([s.std for s in scales]))


def _stack_splits(splits: Sequence[Split]) -> Split:
    """Return the splits of replicas as one; equal ones, as official test images, once."""
    first = splits[0]
    are_equal = all(
        torch.equal(split.inputs, first.inputs) and torch.equal(split.targets, first.targets)
        for split in splits[1:]
    )
    return first if are_equal and len(splits) > 1 else Split.stack(splits)
