"""Shared by the contenders of logistic regression: data, options and the float64 objective."""

from __future__ import annotations

import sys

import numpy as np
import torch

from benchmarks.jobs import Job, data_root
from nnlab import api
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.optimizers import LBFGSConfig
from nnlab.data.prepare import prepare
from nnlab.data.vision import build


def options(job: Job) -> LBFGSConfig:
    """Return the solver's options."""
    return config_of(job).optimizer


def config_of(job: Job) -> ExperimentConfig:
    """Return the experiment, with the overrides of the command line."""
    return api.as_config(job.config[0], [*job.config[1:], *sys.argv[3:]])


def load_parts(job: Job) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs (float64 in [0, 1]) and targets of the training and test splits."""
    config = config_of(job).dataset
    examples = build(config, data_root())
    dataset = prepare(examples, config, device=torch.device("cpu"), dtype=torch.float32)
    return tuple(
        array
        for part in (dataset.train, dataset.test)
        for array in (part.inputs.flatten(1).numpy() / 255, part.targets.numpy())
    )


def objective(
    weight: np.ndarray, bias: np.ndarray, inputs: np.ndarray, targets: np.ndarray, C: float
) -> float:
    """Return the mean cross-entropy plus |W|^2 / (2 C N), in float64."""
    logits = inputs @ weight.astype(np.float64).T + bias
    logits -= logits.max(1, keepdims=True)
    log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    penalty = np.square(weight.astype(np.float64)).sum() / (2 * C * len(targets))
    return float(-log_probs[np.arange(len(targets)), targets].mean() + penalty)
