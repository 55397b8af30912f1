from __future__ import annotations

import torch

from nnlab.models.logistic import Logistic
from tests.helpers.models import count


def test_logistic_begins_at_zero():
    model = Logistic(64, 10)

    assert not model(torch.rand(3, 1, 8, 8)).any()
    assert count(model) == 650
