"""skorch's NeuralNetClassifier on arrays in memory."""

from __future__ import annotations

import numpy as np
import torch
from skorch import NeuralNetClassifier

from benchmarks.contenders.common import arguments, measure, torch_model
from benchmarks.jobs import BATCH_SIZE, load

job, num_epochs = arguments()
torch.manual_seed(0)
train_images, train_labels, test_images, test_labels = load(job.dataset)
train_inputs = (train_images[:, None] / np.float32(255)).astype(np.float32)
test_inputs = (test_images[:, None] / np.float32(255)).astype(np.float32)
net = NeuralNetClassifier(
    torch_model(job),
    criterion=torch.nn.CrossEntropyLoss,
    optimizer={"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[job.optimizer],
    lr=job.lr,
    batch_size=BATCH_SIZE,
    train_split=None,
    iterator_train__shuffle=True,
    verbose=0,
    max_epochs=1,
).initialize()
used = slice(job.num_examples)
measure(
    num_epochs,
    lambda: net.partial_fit(train_inputs[used], train_labels[used]),
    lambda: float((net.predict(test_inputs) == test_labels).mean()),
)
