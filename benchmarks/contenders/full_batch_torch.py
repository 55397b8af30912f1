"""The regression as anybody would write it in torch: the whole data set is the batch."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.contenders.common import answer, arguments, clock, torch_optimizer
from nnlab.config.datasets import RegressionConfig
from nnlab.data.toy import build_regression

job, num_epochs = arguments()
torch.manual_seed(0)
examples = build_regression(RegressionConfig(), None)
inputs = torch.tensor(examples.inputs, dtype=torch.float32)
targets = torch.tensor(examples.targets, dtype=torch.float32)[:, None]
model = nn.Sequential(nn.Linear(1, 20), nn.ELU(), nn.Linear(20, 1))
optimizer = torch_optimizer(job, model)
criterion = nn.MSELoss()
start = clock()
for _ in range(num_epochs):
    optimizer.zero_grad()
    loss = criterion(model(inputs), targets)
    loss.backward()
    optimizer.step()
spent = clock() - start
answer([spent / num_epochs], [0.0], loss.item())
