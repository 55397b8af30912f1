"""Rules about what holds the steps back: clipping, weight decay, a limit that was left in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.rule import Flaw, rule
from nnlab.config.optimizers import DecayingConfig, LBFGSConfig
from nnlab.formatting import format_fraction

if TYPE_CHECKING:
    from collections.abc import Iterator

from nnlab.check.rule import Subject

# Gradients of networks that still learn are larger.
MIN_CLIP_NORM = 0.01
# Beyond, the penalty is as large as the loss before the weights have reached 1.
MAX_PENALTY, MAX_DECOUPLED = 0.1, 1.0
# Of L-BFGS; the usual grids begin here.
MIN_C = 1e-4
# Classes, or weights, that differ by this much are not meant to be equal.
MIN_IMBALANCE = 1.5
MAX_SMOOTHING = 0.5


@rule(
    "NL309",
    "gradients clipped to nearly nothing",
    why="Clipping is for the rare gradient that is far too large. A limit below every gradient makes "
    "each step as small as the limit, whatever there is to learn.",
    fix="train.clip_norm: 1 or more, or none",
)
def _tiny_clip(subject: Subject) -> Iterator[Flaw]:
    clip_norm = subject.config.train.clip_norm
    if clip_norm is not None and clip_norm < MIN_CLIP_NORM:
        message = f"clip_norm {clip_norm:g} is smaller than nearly every gradient"
        yield Flaw(("train", "clip_norm"), message)


@rule(
    "NL310",
    "a weight decay that outweighs the data",
    why="Weight decay pulls the weights to zero, and the loss pulls them to where they fit. If the decay "
    "is stronger, the model stays near a constant.",
    fix="a smaller optimizer.weight_decay: 1e-5 to 1e-2, and 0.01 to 0.1 of adamw",
)
def _strong_decay(subject: Subject) -> Iterator[Flaw]:
    optimizer = subject.config.optimizer
    if isinstance(optimizer, LBFGSConfig) and optimizer.C is not None and optimizer.C <= MIN_C:
        message = f"C {optimizer.C:g} is the inverse of a penalty that keeps weights near 0"
        yield Flaw(("optimizer", "C"), message)
    if not isinstance(optimizer, DecayingConfig):
        return
    limit = MAX_DECOUPLED if optimizer.decays_directly else MAX_PENALTY
    if optimizer.penalty >= limit:
        message = (
            f"weight_decay {optimizer.penalty:g} of {optimizer.name} is far above the usual; from "
            f"{limit:g}, weights hardly grow"
        )
        yield Flaw(("optimizer", "weight_decay"), message)


@rule(
    "NL311",
    "a limit on the batches that was left in",
    why="limit_batches is for a quick try: an epoch then ends after a few batches. What is called an "
    "epoch is a part of one, and the model has seen far fewer examples than the file says.",
    fix="remove train.limit_batches",
    reads_data=True,
)
def _limited(subject: Subject) -> Iterator[Flaw]:
    train, num_train = subject.config.train, subject.data.num_train
    size = num_train if train.batch_size == "full" else train.batch_size
    num_batches = math.ceil(num_train / size)
    if train.limit_batches is not None and train.limit_batches < num_batches:
        share = format_fraction(min(train.limit_batches * size / num_train, 1.0), 0)
        message = (
            f"an epoch takes {train.limit_batches:,} of {num_batches:,} batches, {share} of the "
            f"training examples"
        )
        yield Flaw(("train", "limit_batches"), message)


@rule(
    "NL312",
    "settings that keep the model from learning",
    why="The experiment is trained once, as it is, if that takes about a second. If it learns far less "
    "than the same model in as many plain steps of Adam, a setting is in the way.",
    fix="the setting that the message names; nnlab check tried it",
    reads_data=True,
    is_fallback=True,
)
def _learns_little(subject: Subject) -> Iterator[Flaw]:
    found = subject.data.trial.obstacle
    if found is not None:
        yield Flaw(found.path, str(found))


@rule(
    "NL313",
    "class weights that favour the large class",
    why="Class weights are for the rare class, which a mean over examples overlooks. Weights the other "
    "way round make it rarer still.",
    fix="loss.class_weight: balanced, or a larger weight for the rare class",
    reads_data=True,
    in_training=True,
)
def _upside_down(subject: Subject) -> Iterator[Flaw]:
    weights, data = subject.data.class_weights, subject.data
    if len(weights) < 2:
        return
    names, targets = data.examples.class_names, data.examples.targets[data.indices.train]
    sizes = np.bincount(targets, minlength=len(names)).tolist()
    counts = {name: size for name, size in zip(names, sizes, strict=True) if size}
    large, rare = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    is_larger = counts[large] > MIN_IMBALANCE * counts[rare]
    if is_larger and weights[large] > MIN_IMBALANCE * weights[rare]:
        message = (
            f"'{large}' has {counts[large]:,} training examples and weighs "
            f"{weights[large] / weights[rare]:.3g} x as much as '{rare}', which has {counts[rare]:,}"
        )
        yield Flaw(("loss", "class_weight"), message)


@rule(
    "NL314",
    "label smoothing that hides the labels",
    why="Label smoothing spreads a part of the target probability over all classes. If most of it is "
    "spread, every class looks nearly the same to the loss.",
    fix="loss.label_smoothing: 0.1 or less",
)
def _smoothed_away(subject: Subject) -> Iterator[Flaw]:
    smoothing = subject.config.loss.smoothing
    if smoothing > MAX_SMOOTHING:
        message = (
            f"only {format_fraction(1 - smoothing, 0)} of the probability tells the classes apart"
        )
        yield Flaw(("loss", "label_smoothing"), message)
