"""How the weights of convolutions lie in memory."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from nnlab.assembly.layout import in_layout

CPU = torch.device("cpu")
# A heap that is damaged ends the process, sooner or later.
STEPS = """
import torch
from torch import nn
from nnlab.assembly.layout import in_layout
torch.set_num_threads(1)
model = in_layout(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 8, 1, stride=2)), torch.device("cpu"))
others = []
for step in range(60):
    model(torch.ones(16, 3, 16, 16)).square().sum().backward()
    others = [*others[-20:], torch.ones(1000 + 7 * step)]
"""


def has_channels_last(model: nn.Sequential) -> bool:
    weight = model[0].weight
    return weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()


@pytest.mark.parametrize(
    ("last", "is_last"),
    [
        (nn.Conv2d(4, 8, 1), True),
        (nn.Conv2d(4, 8, 3, stride=2), True),
        (nn.Conv2d(4, 8, 1, stride=2), False),
        (nn.Conv2d(16, 8, 1, stride=2), True),
    ],
    ids=["1x1", "strided 3x3", "strided 1x1, few channels", "strided 1x1, many channels"],
)
def test_channels_are_last_where_torch_can_compute_so(last: nn.Conv2d, is_last: bool) -> None:
    model = nn.Sequential(nn.Conv2d(3, last.in_channels, 3), last)
    assert has_channels_last(in_layout(model, CPU)) is is_last


def test_a_shortcut_of_few_channels_does_not_damage_the_heap() -> None:
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
