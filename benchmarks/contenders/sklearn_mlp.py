"""scikit-learn's MLPClassifier, epoch by epoch."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.contenders.common import arguments, measure
from benchmarks.jobs import BATCH_SIZE, load

job, num_epochs = arguments()
train_images, train_labels, test_images, test_labels = load(job.dataset)
train_inputs = train_images.reshape(-1, 784) / np.float32(255)
test_inputs = test_images.reshape(-1, 784) / np.float32(255)
model = MLPClassifier(
    job.sizes[1:-1],
    activation=job.activation,
    solver=job.optimizer,
    alpha=0.0,
    batch_size=BATCH_SIZE,
    learning_rate_init=job.lr,
    momentum=0.0,
    random_state=0,
)
classes = np.arange(10)
used = slice(job.num_examples)
measure(
    num_epochs,
    lambda: model.partial_fit(train_inputs[used], train_labels[used], classes=classes),
    lambda: float(model.score(test_inputs, test_labels)),
)
