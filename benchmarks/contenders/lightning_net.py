"""Lightning's Trainer with torchvision's data set, as in Lightning's introduction."""

from __future__ import annotations

import warnings

import lightning
import torch
import torchvision
from torch.utils.data import DataLoader

from benchmarks.contenders.common import (
    Spent,
    answer,
    arguments,
    clock,
    torch_model,
    torch_optimizer,
)
from benchmarks.jobs import BATCH_SIZE, data_root

warnings.filterwarnings("ignore")
job, num_epochs = arguments()


class Module(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.model = torch_model(job)
        self.train_epochs: list[Spent] = []
        self.evaluation_seconds: list[float] = []
        self.hits = 0
        self.accuracy = 0.0

    def training_step(self, batch, _index):
        inputs, targets = batch
        return torch.nn.functional.cross_entropy(self.model(inputs), targets)

    def validation_step(self, batch, _index):
        inputs, targets = batch
        self.hits += int((self.model(inputs).argmax(1) == targets).sum())

    def configure_optimizers(self):
        return torch_optimizer(job, self.model)

    def on_train_epoch_start(self) -> None:
        self.start = clock()

    def on_validation_epoch_start(self) -> None:
        self.middle = clock()
        self.hits = 0

    def on_validation_epoch_end(self) -> None:
        self.train_epochs.append(self.middle - self.start)
        self.evaluation_seconds.append((clock() - self.middle).wall)
        self.accuracy = self.hits / 10_000


lightning.seed_everything(0, verbose=False)
source = getattr(torchvision.datasets, job.dataset)
to_tensor = torchvision.transforms.ToTensor()
train_set = source(data_root(), train=True, transform=to_tensor)
test_set = source(data_root(), train=False, transform=to_tensor)
module = Module()
trainer = lightning.Trainer(
    max_epochs=num_epochs,
    limit_train_batches=job.limit_batches,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    num_sanity_val_steps=0,
)
trainer.fit(
    module,
    DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True),
    DataLoader(test_set, batch_size=1000),
)
answer(module.train_epochs, module.evaluation_seconds, module.accuracy)
