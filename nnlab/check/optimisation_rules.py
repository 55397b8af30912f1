"""Rules about the optimizer: step size, number of steps, weight decay, batch size and precision."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.rule import Flaw, rule
from nnlab.formatting import format_fraction, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

MIN_BUDGET = 10
# The share of the steps above which a warm-up leaves no time for training.
MAX_WARMUP = 0.5
# An example that moves the weights this many times as far as an average step does.
MAX_PULL = 10


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
    optimizer = subject.config.optimizer
    if optimizer.gradient_factor is None:
        return
    num_steps = subject.config.train.epochs * _steps_per_epoch(subject)
    budget = num_steps * optimizer.gradient_factor
    if budget < MIN_BUDGET:
        per_step = "lr" if optimizer.gradient_factor == optimizer.lr else "lr / (1 - momentum)"
        message = (
            f"{num_steps:,} steps x {per_step} is {budget:.3g}: {optimizer.name} needs "
            f"{MIN_BUDGET} or more"
        )
        yield Flaw(("optimizer", "lr"), message)


def _steps_per_epoch(subject: Subject) -> int:
    train, num_train = subject.config.train, subject.data.num_train
    size = num_train if train.batch_size == "full" else train.batch_size
    num_batches = math.ceil(num_train / size)
    return min(num_batches, train.limit_batches or num_batches)


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


@rule(
    "NL306",
    "warm-up that takes most of the training",
    why="During a warm-up the learning rate rises from almost 0. If training ends before it does, or "
    "soon after, most steps are too small, and the schedule after it hardly acts.",
    fix="fewer schedule.warmup_steps (5 to 10 % of the steps are usual), or more train.epochs",
    reads_data=True,
)
def _long_warmup(subject: Subject) -> Iterator[Flaw]:
    warmup = subject.config.schedule.warmup_steps
    num_steps = subject.config.train.epochs * _steps_per_epoch(subject)
    if warmup <= MAX_WARMUP * num_steps:
        return
    reached = format_fraction(min(num_steps / warmup, 1.0), 0)
    message = f"the warm-up takes {warmup:,} steps, and training has {num_steps:,}"
    if warmup > num_steps:
        message += f": the learning rate only reaches {reached} of its value"
    yield Flaw(("schedule", "warmup_steps"), message)


@rule(
    "NL307",
    "a schedule that never acts",
    why="A change that would come after the last epoch never comes. The learning rate stays what it "
    "is, although the file says otherwise.",
    fix="a smaller schedule.step_epochs or schedule.patience, or more train.epochs",
)
def _never_acts(subject: Subject) -> Iterator[Flaw]:
    schedule, train = subject.config.schedule, subject.config.train
    if schedule.period_epochs is not None and schedule.period_epochs >= train.epochs:
        message = (
            f"the learning rate changes after {pluralize(schedule.period_epochs, 'epoch')}, and "
            f"training has {train.epochs:,}"
        )
        yield Flaw(("schedule", "step_epochs"), message)
    # The first evaluation is the best so far; only those after it can be without improvement.
    num_chances = math.ceil(train.epochs / train.eval_every) - 1
    if schedule.plateau is not None and schedule.plateau.patience > num_chances:
        message = (
            f"a cut needs {pluralize(schedule.plateau.patience, 'evaluation')} after the best one, "
            f"and training has {num_chances + 1:,}"
        )
        yield Flaw(("schedule", "patience"), message)


@rule(
    "NL308",
    "class weights of few examples per batch",
    why="In a small batch, a single example of a rare class moves the weights many times as far as "
    "a usual step. The mean of the steps is right for every batch size, but training is noisy.",
    fix="a larger train.batch_size, or train.clip_norm",
    reads_data=True,
)
def _heavy_examples(subject: Subject) -> Iterator[Flaw]:
    train, weights = subject.config.train, subject.data.class_weights
    if not weights or train.batch_size == "full" or train.clip_norm is not None:
        return
    name, weight = max(weights.items(), key=lambda item: item[1])
    pull = weight / min(train.batch_size, subject.data.num_train)
    if pull >= MAX_PULL:
        message = (
            f"an example of '{name}' weighs {weight:.3g} x the mean; in a batch of "
            f"{train.batch_size:,} it moves the weights {pull:.3g} x as far as a usual step"
        )
        yield Flaw(("train", "batch_size"), message)
