"""The tutorial: torchvision's data set and transform, DataLoader, one loop."""

from __future__ import annotations

import itertools

import torch
import torchvision
from torch.utils.data import DataLoader

from benchmarks.contenders.common import arguments, measure, torch_model, torch_optimizer
from benchmarks.jobs import BATCH_SIZE, data_root

job, num_epochs = arguments()
torch.manual_seed(0)
source = getattr(torchvision.datasets, job.dataset)
to_tensor = torchvision.transforms.ToTensor()
train_set = source(data_root(), train=True, transform=to_tensor)
test_set = source(data_root(), train=False, transform=to_tensor)
train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
test_loader = DataLoader(test_set, batch_size=BATCH_SIZE)
model = torch_model(job)
optimizer = torch_optimizer(job, model)
criterion = torch.nn.CrossEntropyLoss()


def train_epoch() -> None:
    model.train()
    for inputs, targets in itertools.islice(train_loader, job.limit_batches):
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()


@torch.no_grad()
def evaluate() -> float:
    model.eval()
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    return hits / len(test_set)


measure(num_epochs, train_epoch, evaluate)
