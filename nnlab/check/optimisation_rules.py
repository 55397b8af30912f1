"""Rules about the optimizer: step size, number of steps, weight decay, batch size and precision."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.rule import Flaw, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

MIN_BUDGET = 10


@rule(
    "NL301",
    "learning rate outside the usual range",
    why="Far above the optimizer's usual range, training diverges or oscillates; far below it, "
    "training hardly progresses. A mistyped exponent looks just like this.",
    fix="optimizer.lr within the range; start with the optimizer's default",
)
def _unusual_lr(subject: Subject) -> Iterator[Flaw]:
    optimizer = subject.config.optimizer
    if optimizer.usual_lr is None:
        return
    lowest, highest = optimizer.usual_lr
    if not lowest <= optimizer.lr <= highest:
        message = (
            f"lr {optimizer.lr:g} is outside the usual range of {optimizer.name}, "
            f"{lowest:g} to {highest:g}"
        )
        yield Flaw(("optimizer", "lr"), message)


@rule(
    "NL302",
    "too few steps for the learning rate",
    why="Each step of gradient descent moves by at most the learning rate times the gradient. If "
    "steps times learning rate is small, training ends near its start and the model looks bad.",
    fix="a larger optimizer.lr, more train.epochs, or optimizer: {name: adam}",
    reads_data=True,
)
def _small_budget(subject: Subject) -> Iterator[Flaw]:
    optimizer, train = subject.config.optimizer, subject.config.train
    if optimizer.gradient_factor is None:
        return
    num_train = subject.data.num_train
    size = num_train if train.batch_size == "full" else train.batch_size
    num_batches = math.ceil(num_train / size)
    num_steps = train.epochs * min(num_batches, train.limit_batches or num_batches)
    budget = num_steps * optimizer.gradient_factor
    if budget < MIN_BUDGET:
        per_step = "lr" if optimizer.gradient_factor == optimizer.lr else "lr / (1 - momentum)"
        message = (
            f"{num_steps:,} steps x {per_step} is {budget:.3g}: {optimizer.name} needs "
            f"{MIN_BUDGET} or more"
        )
        yield Flaw(("optimizer", "lr"), message)


@rule(
    "NL303",
    "weight decay through Adam's moments",
    why="Adam adds the penalty to the gradient and divides both by the gradient's magnitude, so "
    "weights with large gradients hardly decay. AdamW decays the weights directly (Loshchilov and "
    "Hutter 2019).",
    fix="optimizer.name: adamw; its weight_decay is larger, 0.01 by default",
)
def _adam_decay(subject: Subject) -> Iterator[Flaw]:
    optimizer = subject.config.optimizer
    if optimizer.decoupled is not None and optimizer.penalty:
        message = (
            f"{optimizer.name} rescales the weight decay of {optimizer.penalty:g}; "
            f"{optimizer.decoupled} does not"
        )
        edits = ((("optimizer", "name"), optimizer.decoupled),)
        yield Flaw(("optimizer", "weight_decay"), message, edits)


@rule(
    "NL304",
    "batch larger than the training split",
    why="A batch cannot hold more examples than there are, so every step uses all of them. The "
    "file says mini-batches, but the run is full-batch descent with one step per epoch.",
    fix="a smaller train.batch_size, or train.batch_size: full if that is intended",
    reads_data=True,
)
def _oversized_batch(subject: Subject) -> Iterator[Flaw]:
    size, num_train = subject.config.train.batch_size, subject.data.num_train
    if size != "full" and size > num_train:
        message = f"batches of {size:,} from {num_train:,} training examples: one step per epoch"
        yield Flaw(("train", "batch_size"), message)


@rule(
    "NL305",
    "float64 on a GPU",
    why="Most GPUs compute float64 at 1/32 or 1/64 of the speed of float32. Networks do not "
    "benefit: gradient noise is far larger than float32's rounding errors.",
    fix="train.precision: float32, or train.device: cpu",
)
def _float64_on_gpu(subject: Subject) -> Iterator[Flaw]:
    train = subject.config.train
    if train.precision == "float64" and train.device == "cuda":
        yield Flaw(("train", "precision"), "float64 on cuda, which is built for float32")
