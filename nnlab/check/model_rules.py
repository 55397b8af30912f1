"""Rules about the model: its layers, initialisation and size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.check.rule import Flaw, rule
from nnlab.formatting import format_fraction, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.rule import Subject
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.models import ModelConfig

VANISHING_STD, EXPLODING_STD = 1e-3, 2
# Largest slope of a saturating activation: at 0, where small initial weights keep its input.
SLOPES = {"sigmoid": 0.25, "tanh": 1.0}
LOST_GRADIENT = 0.01
HIGH_DROPOUT = 0.8
PARAMETERS_PER_EXAMPLE = 10
MIN_NORMALISED = 8
# Below, the shift between training and use is small against the noise of a number.
HIGH_NUMBER_DROPOUT = 0.3
# Units that remain in a training step; with fewer, some steps have next to none.
MIN_REMAINING = 4


@rule(
    "NL201",
    "softmax before cross-entropy",
    why="Cross-entropy applies softmax itself, so the outputs are squashed twice. The loss then "
    "has a floor above zero (1.46 for ten classes), and gradients vanish as confidence grows.",
    fix="model.output_activation: none; predictions are still probabilities",
)
def _squashed_twice(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if subject.config.loss.applies_softmax and model.output_squashing != "none":
        path = ("model", "output_activation")
        message = f"cross-entropy applies softmax to the outputs of a {model.output_squashing}"
        yield Flaw(path, message, ((path, "none"),))


@rule(
    "NL202",
    "a linear model in disguise",
    why="Linear layers with no activation between them are equivalent to a single one. The hidden "
    "units cost parameters and time without making the model more expressive.",
    fix="model.activation: relu, or model: {name: logistic}",
)
def _identity_stack(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if model.hidden_activation == "identity" and model.hidden_widths:
        message = (
            f"{len(model.hidden_widths) + 1} linear layers with no activation between them are "
            "equivalent to one"
        )
        yield Flaw(("model", "activation"), message)


@rule(
    "NL203",
    "hidden layers start at zero",
    why="Hidden units that start equal get equal gradients and stay equal, so a layer acts as one "
    "unit. Weights this close to zero also pass almost no gradient to the layers below.",
    fix="model.init: kaiming for ReLU, xavier for tanh and sigmoid, or a larger model.init_std",
)
def _vanishing_init(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if not model.hidden_widths or model.normal_std is None:
        return
    if model.normal_std < VANISHING_STD:
        message = (
            f"hidden weights start with standard deviation {model.normal_std:g}, practically zero"
        )
        yield Flaw(("model", "init_std"), message)


@rule(
    "NL204",
    "deep sigmoid or tanh layers without a matching initialisation",
    why="A sigmoid passes on at most a quarter of the gradient, and small initial weights shrink "
    "it further, layer after layer. The first layers of a deep stack then hardly learn.",
    fix="model.init: xavier, fewer hidden layers, or model.activation: relu",
)
def _lost_gradient(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    slope = SLOPES.get(model.hidden_activation or "")
    if slope is None:
        return
    fraction = math.prod(slope * _gain(model, width, slope) for width in model.hidden_widths)
    if fraction < LOST_GRADIENT:
        message = (
            f"with init {model.init_scheme}, about {fraction:.1g} of the gradient reaches the "
            f"first of {len(model.hidden_widths)} {model.hidden_activation} layers"
        )
        yield Flaw(("model", "init"), message)


def _gain(model: ModelConfig, width: int, slope: float) -> float:
    """Return the factor by which a hidden layer's initial weights scale a gradient."""
    if model.normal_std is not None:
        return model.normal_std * math.sqrt(width)
    # torch draws from U(-1/sqrt(width), 1/sqrt(width)): standard deviation 1/sqrt(3 width).
    return 1 / math.sqrt(3) if model.init_scheme == "default" else 1 / slope


@rule(
    "NL205",
    "an initialisation that is never used",
    why="init_std belongs to init: normal; every other scheme ignores it. The trained model is "
    "then not the one the file describes.",
    fix="model.init: normal, or remove model.init_std",
)
def _unused_init(subject: Subject) -> Iterator[Flaw]:
    for field, message in subject.config.model.unused_fields():
        yield Flaw(("model", field), message)


@rule(
    "NL206",
    "very high dropout",
    why="With so few units left, each step trains a different and much smaller network. It "
    "underfits, and the gradient noise hides what there is to learn.",
    fix="model.dropout between 0.1 and 0.5",
)
def _high_dropout(subject: Subject) -> Iterator[Flaw]:
    dropout = subject.config.model.dropout_rate
    if dropout >= HIGH_DROPOUT:
        message = (
            f"only {format_fraction(1 - dropout, 0)} of the hidden units remain in a training step"
        )
        yield Flaw(("model", "dropout"), message)


@rule(
    "NL207",
    "high dropout before the output of a regression",
    why="Dropout before the last layer gives its inputs a different variance in training and in "
    "use. A predicted class is still the largest output; a predicted number is simply off.",
    fix="model.dropout: 0, with optimizer.weight_decay or early stopping instead",
)
def _dropout_before_number(subject: Subject) -> Iterator[Flaw]:
    config = subject.config
    dropout = config.model.dropout_rate
    if config.dataset.task == "regression" and dropout > HIGH_NUMBER_DROPOUT:
        message = f"dropout {dropout:g} is applied right before the regression output"
        yield Flaw(("model", "dropout"), message)


@rule(
    "NL208",
    "many more parameters than examples, without regularisation",
    why="This many parameters can memorise every training example, and nothing discourages that. "
    "Whether the model generalises is left to luck; the gap between training and test shows it.",
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
    "a tiny batch with batch norm",
    why="Batch norm estimates mean and variance from the batch; from a handful of examples, the "
    "estimates are noise. They also enter the running statistics used in evaluation.",
    fix="another train.batch_size, so that the last batch of an epoch is not much smaller",
    reads_data=True,
)
def _tiny_norm_batch(subject: Subject) -> Iterator[Flaw]:
    size, num_train = subject.config.train.batch_size, subject.data.num_train
    if not subject.data.has_batch_norm:
        return
    last = num_train if size == "full" else num_train % size or min(size, num_train)
    if last < MIN_NORMALISED:
        message = f"batch norm sees only {last} of {num_train:,} examples in the last batch"
        yield Flaw(("train", "batch_size"), message)


@rule(
    "NL210",
    "a bottleneck",
    why="Everything the later layers know about an example passes through the narrowest layer. One "
    "unit orders the examples along a line, and w units that are on or off tell 2^w classes apart.",
    fix="wider model.hidden_sizes",
    reads_data=True,
)
def _bottleneck(subject: Subject) -> Iterator[Flaw]:
    model, num_classes = subject.config.model, len(subject.data.examples.class_names)
    if not model.hidden_widths:
        return
    width = min(model.hidden_widths)
    if width == 1 or 2**width < num_classes:
        target = f"{num_classes:,} classes" if num_classes else "the target"
        message = f"all that is known of {target} passes through {pluralize(width, 'hidden unit')}"
        yield Flaw(("model", "hidden_sizes"), message)


@rule(
    "NL211",
    "dropout that leaves few units",
    why="Dropout averages over many smaller networks. Of a narrow layer, a step keeps a unit or two, or "
    "none, and each of these networks is too small to learn.",
    fix="a smaller model.dropout, or wider model.hidden_sizes",
)
def _few_remain(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    dropout = model.dropout_rate
    if not dropout or dropout >= HIGH_DROPOUT or not model.hidden_widths:
        return
    width = min(model.hidden_widths)
    if (1 - dropout) * width <= MIN_REMAINING:
        remaining = f"{(1 - dropout) * width:.3g} of {pluralize(width, 'unit')}"
        yield Flaw(("model", "dropout"), f"{remaining} remain in a training step")


@rule(
    "NL212",
    "hidden layers start far from zero",
    why="Weights this large saturate tanh and sigmoid units from the start, and make the outputs of "
    "ReLU layers huge. Gradients then vanish or explode before anything is learned.",
    fix="model.init: kaiming for ReLU, xavier for tanh and sigmoid, or a smaller model.init_std",
)
def _exploding_init(subject: Subject) -> Iterator[Flaw]:
    model = subject.config.model
    if model.hidden_widths and (model.normal_std or 0.0) > EXPLODING_STD:
        message = f"hidden weights start with standard deviation {model.normal_std:g}"
        yield Flaw(("model", "init_std"), message)
