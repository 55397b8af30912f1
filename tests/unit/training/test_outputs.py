"""Outputs are collected from batches of any size."""

from __future__ import annotations

import torch

from nnlab.training.outputs import Outputs


def test_the_outputs_of_batches_are_put_together_in_order() -> None:
    outputs = torch.arange(2 * 5 * 3.0).view(2, 5, 3)
    collected = Outputs(5)
    for batch in outputs.split([2, 2, 1], dim=1):
        collected.add(batch)
    assert torch.equal(collected.all, outputs)


def test_a_batch_can_be_overwritten_after_it_was_added() -> None:
    batch, collected = torch.ones(1, 2, 3), Outputs(4)
    for value in (1.0, 2.0):
        collected.add(batch.fill_(value))
    assert collected.all[0, :, 0].tolist() == [1.0, 1.0, 2.0, 2.0]
