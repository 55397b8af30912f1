"""Learning-rate schedules: pure functions from the step to the learning-rate factor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from nnlab.config.schedules import (
        CosineConfig,
        OneCycleConfig,
        ScheduleConfig,
        StepConfig,
    )

Schedule = Callable[[int], float]


def build_constant(config: ScheduleConfig, num_steps: int, steps_per_epoch: int) -> Schedule:
    """Return the schedule that is always 1; the cuts of a plateau depend on the metrics."""
    return lambda step: 1.0


def build_step(config: StepConfig, num_steps: int, steps_per_epoch: int) -> Schedule:
    """Return gamma to the power of the number of completed periods."""
    period = config.step_epochs * steps_per_epoch
    return lambda step: config.gamma ** (step // period)


def build_cosine(config: CosineConfig, num_steps: int, steps_per_epoch: int) -> Schedule:
    """Return half a cosine wave from 1 to the final factor.

    Source: Loshchilov and Hutter, "SGDR" (2017), equation 5, without restarts.
    """
    return lambda step: _cosine(1.0, config.final_factor, step / num_steps)


def build_one_cycle(config: OneCycleConfig, num_steps: int, steps_per_epoch: int) -> Schedule:
    """Return a rise along a cosine to 1, then a fall to the final factor.

    Source: Smith and Topin, "Super-Convergence" (2018), with cosine annealing in both phases.
    """
    peak = config.rise * num_steps

    def schedule(step: int) -> float:
        if step < peak:
            return _cosine(config.initial_factor, 1.0, step / peak)
        return _cosine(1.0, config.final_factor, (step - peak) / (num_steps - peak))

    return schedule


def build_torch(config: ScheduleConfig, num_steps: int, steps_per_epoch: int) -> Schedule:
    """Return a schedule of torch.optim.lr_scheduler; its options are the fields of the config.

    The factors are computed for an optimizer with learning rate 1, step by step from the start, so
    that they depend only on the step.
    """
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    options = config.model_dump(exclude={"name", "warmup_steps"})
    scheduler = getattr(torch.optim.lr_scheduler, config.torch_name)(optimizer, **options)
    optimizer.step()  # torch warns if a scheduler advances before its optimizer
    factors = [float(scheduler.get_last_lr()[0])]

    def schedule(step: int) -> float:
        while len(factors) <= step:
            scheduler.step()
            factors.append(float(scheduler.get_last_lr()[0]))
        return factors[step]

    return schedule


def with_warmup(schedule: Schedule, warmup_steps: int) -> Schedule:
    """Return a schedule preceded by a linear rise to its first value.

    Source: Goyal et al., "Accurate, Large Minibatch SGD" (2017), section 2.2.
    """
    if not warmup_steps:
        return schedule

    def warmed(step: int) -> float:
        if step < warmup_steps:
            return schedule(0) * (step + 1) / warmup_steps
        return schedule(step - warmup_steps)

    return warmed


def _cosine(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(fraction, 1.0))) / 2
