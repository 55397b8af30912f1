"""Keras with the backend in KERAS_BACKEND."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.contenders.common import arguments, measure
from benchmarks.jobs import BATCH_SIZE, load

job, num_epochs = arguments()
keras.utils.set_random_seed(0)
train_images, train_labels, test_images, test_labels = load(job.dataset)
train_inputs = train_images[..., None] / np.float32(255)
test_inputs = test_images[..., None] / np.float32(255)
layers = keras.layers
if job.sizes:
    hidden = [layers.Dense(size, activation=job.activation) for size in job.sizes[1:-1]]
    stack = [layers.Flatten(), *hidden, layers.Dense(job.sizes[-1])]
else:
    stack = [
        layers.Conv2D(32, 3, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(600),
        layers.Dropout(0.25),
        layers.Dense(120, activation="relu"),
        layers.Dense(10),
    ]
model = keras.Sequential([keras.Input((28, 28, 1)), *stack])
rule = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[job.optimizer]
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(rule(job.lr), loss, metrics=["accuracy"])
measure(
    num_epochs,
    lambda: model.fit(
        train_inputs,
        train_labels,
        batch_size=BATCH_SIZE,
        epochs=1,
        steps_per_epoch=job.limit_batches,
        verbose=0,
    ),
    lambda: float(model.evaluate(test_inputs, test_labels, batch_size=1000, verbose=0)[1]),
)
