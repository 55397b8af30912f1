"""Rules about the optimizer: step size, number of steps, weight decay, batch size and precision."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.rule import Flaw, rule
from nnlab.config.optimizers import LBFGSConfig, MomentsConfig
from nnlab.formatting import format_fraction, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject

# Least sum of learning rates: times gradients, and of an optimizer that rescales them.
MIN_BUDGET, MIN_TRAVEL = 10, 0.03
ALMOST, MAX_SUMMANDS = 0.9, 1000
# Momentum may add up steps to this many times the largest usual learning rate.
MAX_SUMMED = 5
# A squashed output has a slope of at most 1/4, and a convex loss is forgiving.
TOLERANT = 10
MIN_ITERATIONS = 10
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
    config, optimizer = subject.config, subject.config.optimizer
    if optimizer.usual_lr is None:
        return
    lowest, highest = optimizer.usual_lr
    has_flat_loss = config.loss.name == "quadratic" and config.model.output_squashing != "none"
    has_no_valleys = config.model.is_linear and optimizer.gradient_factor is None
    if has_flat_loss or has_no_valleys:
        highest *= TOLERANT
    usual = f"{lowest:g} to {highest:g}"
    factor = optimizer.gradient_factor
    if not lowest <= optimizer.lr <= highest:
        message = f"lr {optimizer.lr:g} is outside the usual range of {optimizer.name}, {usual}"
        yield Flaw(("optimizer", "lr"), message)
    elif factor is not None and factor > MAX_SUMMED * highest:
        message = (
            f"momentum adds up the steps of lr {optimizer.lr:g} to lr / (1 - momentum) = {factor:.3g}; "
            f"the usual range of {optimizer.name} is {usual}"
        )
        yield Flaw(("optimizer", "momentum"), message)


@rule(
    "NL302",
    "too few steps for the learning rate",
    why="A step of gradient descent moves by the learning rate times the gradient, one of Adam by about "
    "the learning rate. If the sum over all steps is small, training ends near its start.",
    fix="a larger optimizer.lr, more train.epochs, or optimizer: {name: adam}",
    reads_data=True,
)
def _small_budget(subject: Subject) -> Iterator[Flaw]:
    optimizer = subject.config.optimizer
    if isinstance(optimizer, LBFGSConfig):
        num_iterations = optimizer.max_iter * subject.config.train.epochs
        if num_iterations < MIN_ITERATIONS:
            message = f"{pluralize(num_iterations, 'iteration')} of lbfgs: it needs {MIN_ITERATIONS} or more"
            yield Flaw(("optimizer", "max_iter"), message)
        return
    if optimizer.usual_lr is None:
        return
    factor = optimizer.gradient_factor
    least: float = MIN_TRAVEL if factor is None else MIN_BUDGET
    factor = optimizer.lr if factor is None else factor
    num_steps = subject.config.train.epochs * _steps_per_epoch(subject)
    scheduled = _scheduled_steps(subject, num_steps)
    if scheduled * factor < least:
        steps = f"{num_steps:,} steps"
        if scheduled < ALMOST * num_steps:
            steps += f", by the schedule like {scheduled:.3g},"
        per_step = "lr" if factor == optimizer.lr else "lr / (1 - momentum)"
        message = (
            f"{steps} x {per_step} is {scheduled * factor:.3g}: {optimizer.name} needs "
            f"{least:g} or more"
        )
        yield Flaw(("optimizer", "lr"), message)


def _scheduled_steps(subject: Subject, num_steps: int) -> float:
    """Return the sum of the schedule's factors over the steps of training."""
    from nnlab.config.resolve import build_schedule
    from nnlab.optim.schedules import with_warmup

    config = subject.config.schedule
    after = max(num_steps - config.warmup_steps, 1)
    schedule = with_warmup(
        build_schedule(config, after, _steps_per_epoch(subject)), config.warmup_steps
    )
    stride = max(1, num_steps // MAX_SUMMANDS)
    summed = range(0, num_steps, stride)
    return num_steps * sum(map(schedule, summed)) / len(summed)


def _steps_per_epoch(subject: Subject) -> int:
    train, num_train = subject.config.train, subject.data.num_train
    size = num_train if train.batch_size == "full" else train.batch_size
    num_batches = math.ceil(num_train / size)
    return min(num_batches, train.limit_batches or num_batches)


@rule(
    "NL303",
    "weight decay through moments of the gradient",
    why="Adam and RMSprop add the penalty to the gradient and divide both by its magnitude, so "
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
        # AdamW has all keys of Adam; other optimizers have keys of their own.
        is_like_it = isinstance(optimizer, MomentsConfig)
        edits = ((("optimizer", "name"), optimizer.decoupled),) if is_like_it else ()
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
    elif schedule.plateau is not None and train.early_stopping is not None:
        cut, stop = schedule.plateau.patience, train.early_stopping.patience
        if cut >= stop:
            message = f"training stops {pluralize(stop, 'evaluation')} after the best one, a cut needs {cut:,}"
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
