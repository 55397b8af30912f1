"""Plain torch with the whole data set as tensors in memory."""

from __future__ import annotations

import torch

from benchmarks.contenders.common import (
    arguments,
    measure,
    torch_device,
    torch_model,
    torch_optimizer,
)
from benchmarks.jobs import BATCH_SIZE, load

job, num_epochs = arguments()
torch.manual_seed(0)
device = torch_device()
train_images, train_labels, test_images, test_labels = (
    torch.tensor(array, device=device) for array in load(job.dataset)
)
train_images = train_images[:, None] / 255
test_images = test_images[:, None] / 255
model = torch_model(job).to(device)
optimizer = torch_optimizer(job, model)
criterion = torch.nn.CrossEntropyLoss()


def train_epoch() -> None:
    model.train()
    order = torch.randperm(len(train_labels), device=device)[: job.num_examples]
    for chosen in order.split(BATCH_SIZE):
        optimizer.zero_grad()
        loss = criterion(model(train_images[chosen]), train_labels[chosen])
        loss.backward()
        optimizer.step()
    if device == "cuda":
        torch.cuda.synchronize()


@torch.no_grad()
def evaluate() -> float:
    model.eval()
    preds = torch.cat([model(batch).argmax(1) for batch in test_images.split(1000)])
    return (preds == test_labels).double().mean().item()


measure(num_epochs, train_epoch, evaluate)
