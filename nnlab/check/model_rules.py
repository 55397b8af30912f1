"""Rules about the model: what it computes, how it begins, and how large it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.rule import Flaw, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.models import ModelConfig

VANISHING_STD = 1e-3
# Largest slope of a saturating activation, at 0, where small initial weights keep it.
SLOPES = {"sigmoid": 0.25, "tanh": 1.0}
LOST_GRADIENT = 0.01
HIGH_DROPOUT = 0.8
PARAMETERS_PER_EXAMPLE = 10
MIN_NORMALISED = 8


@rule(
    "NL201",
    "softmax before cross-entropy",
    why="Cross-entropy applies softmax itself, so the outputs are squashed twice. The loss then "
    "has a floor above zero (1.46 for ten classes), and gradients fade as the model gets sure.",
    fix="model.output_activation: none; predictions are probabilities all the same",
)
def _squashed_twice(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if subject.config.loss.applies_softmax and model.output_squashing != "none":
        path = ("model", "output_activation")
        message = f"cross-entropy applies softmax to what {model.output_squashing} has squashed"
        yield Flaw(path, message, ((path, "none"),))


@rule(
    "NL202",
    "a linear model in disguise",
    why="Linear layers without an activation between them are one linear layer. The hidden units "
    "cost parameters and time and can express nothing more.",
    fix="model.activation: relu, or model: {name: logistic}",
)
def _identity_stack(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if model.hidden_activation == "identity" and model.hidden_widths:
        message = (
            f"{len(model.hidden_widths) + 1} linear layers with nothing between them are one layer"
        )
        yield Flaw(("model", "activation"), message)


@rule(
    "NL203",
    "hidden layers begin at zero",
    why="Hidden units that begin equal get equal gradients and stay equal: a layer of them is one "
    "unit. Weights this close to zero also let almost no gradient through to the layers below.",
    fix="model.init: kaiming for ReLU, xavier for tanh and sigmoid, or a larger model.init_std",
)
def _vanishing_init(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if not model.hidden_widths or model.normal_std is None:
        return
    if model.normal_std < VANISHING_STD:
        message = (
            f"hidden weights begin with deviation {model.normal_std:g}, which is as good as zero"
        )
        yield Flaw(("model", "init_std"), message)


@rule(
    "NL204",
    "deep sigmoid or tanh layers without a matching initialisation",
    why="A sigmoid passes on at most a quarter of a gradient and initial weights less than all of "
    "it, layer after layer. The first layers of a deep stack then hardly move.",
    fix="model.init: xavier, fewer hidden layers, or model.activation: relu",
)
def _lost_gradient(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    slope = SLOPES.get(model.hidden_activation or "")
    if slope is None:
        return
    share = math.prod(slope * _gain(model, width, slope) for width in model.hidden_widths)
    if share < LOST_GRADIENT:
        message = (
            f"through {len(model.hidden_widths)} {model.hidden_activation} layers with init "
            f"{model.init_scheme} about {share:.1g} of the gradient reaches the first"
        )
        yield Flaw(("model", "init"), message)


def _gain(model: ModelConfig, width: int, slope: float) -> float:
    """Return by what factor initial weights scale what passes a hidden layer of a width."""
    if model.normal_std is not None:
        return model.normal_std * math.sqrt(width)
    # torch draws from U(-1/sqrt(width), 1/sqrt(width)), of deviation 1/sqrt(3 width).
    return 1 / math.sqrt(3) if model.init_scheme == "default" else 1 / slope


@rule(
    "NL205",
    "an initialisation that is never used",
    why="init_std belongs to init: normal; with any other scheme it is read and never used. The "
    "model that trains is not the one the file describes.",
    fix="model.init: normal, or leave model.init_std out",
)
def _unused_init(subject: Subject) -> Iterator[Flaw]:
    for field, message in subject.config.model.unused_fields():
        yield Flaw(("model", field), message)


@rule(
    "NL206",
    "very high dropout",
    why="With so few units left in a step the network that trains is a different and much smaller "
    "one each time. It underfits, and the noise of the gradient hides what there is to learn.",
    fix="model.dropout between 0.1 and 0.5",
)
def _high_dropout(subject: Subject) -> Iterator[Flaw]:
    dropout = subject.config.model.dropout_rate
    if dropout >= HIGH_DROPOUT:
        message = f"only {1 - dropout:.0%} of the hidden units are left in a training step"
        yield Flaw(("model", "dropout"), message)


@rule(
    "NL207",
    "dropout before the output of a regression",
    why="Dropout before the last layer changes the variance of a predicted number between training "
    "and use. A class is still the largest output; a number is simply off.",
    fix="model.dropout: 0, with optimizer.weight_decay or early stopping instead",
)
def _dropout_before_number(subject: Subject) -> Iterator[Flaw]:
    config = subject.config
    if config.dataset.task == "regression" and (dropout := config.model.dropout_rate):
        message = f"dropout {dropout:g} stands right before the predicted number"
        yield Flaw(("model", "dropout"), message)


@rule(
    "NL208",
    "many more parameters than examples, nothing to hold them",
    why="So many parameters can store every training example, and nothing here asks for less. "
    "Whether that generalises is left to luck: the gap between training and test shows it.",
    fix="optimizer.weight_decay, model.dropout, train.early_stopping, or a smaller model",
    level="note",
    reads_data=True,
)
def _unregularised(subject: Subject) -> Iterator[Flaw]:
    num_parameters, num_train = subject.data.num_parameters, subject.data.num_train
    is_large = num_parameters > PARAMETERS_PER_EXAMPLE * num_train
    if is_large and not _is_regularised(subject.config):
        message = (
            f"{num_parameters:,} parameters for {num_train:,} training examples, without weight "
            "decay, dropout or early stopping"
        )
        yield Flaw(("model",), message)


def _is_regularised(config: ExperimentConfig) -> bool:
    return any([config.optimizer.penalty, config.model.dropout_rate, config.train.early_stopping])


@rule(
    "NL209",
    "a tiny batch meets batch norm",
    why="Batch norm takes mean and variance from the batch; of a handful of examples they are "
    "noise. They also enter the running statistics that the model is tested with.",
    fix="another train.batch_size, so that the last batch of an epoch is not much smaller",
    reads_data=True,
)
def _tiny_norm_batch(subject: Subject) -> Iterator[Flaw]:
    size, num_train = subject.config.train.batch_size, subject.data.num_train
    if not subject.data.has_batch_norm:
        return
    last = num_train if size == "full" else num_train % size or min(size, num_train)
    if last < MIN_NORMALISED:
        message = f"batch norm is given {last} of {num_train:,} examples in the last batch"
        yield Flaw(("train", "batch_size"), message)
