"""The models an experiment can name. A new one is one class here and one file in nnlab/models."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, FromList, Positive, Probability, Width, Widths

Activation = Literal["identity", "relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"]


class LogisticConfig(ComponentConfig):
    """One linear layer: logistic regression on classes, linear regression on numbers."""

    builder: ClassVar[str] = "nnlab.models.logistic:build"
    name: Literal["logistic"] = "logistic"


class MLPConfig(ComponentConfig):
    """A multi-layer perceptron."""

    builder: ClassVar[str] = "nnlab.models.mlp:build"
    name: Literal["mlp"] = "mlp"
    hidden_sizes: Widths = (64,)
    """Width of each hidden layer; [] for none."""
    activation: Activation = "relu"
    """Function between the layers; identity makes the whole model linear."""
    dropout: Probability = 0.0
    """Probability of dropping a hidden unit in training."""
    init: Literal["default", "xavier", "kaiming", "normal"] = "default"
    """Scheme of the initial weights; default is torch's. The others set biases to zero."""
    init_std: Positive = 0.01
    """Standard deviation of the initial weights, with ``init: normal``."""
    output_activation: Literal["none", "softmax", "sigmoid"] = "none"
    """Applied to the outputs. Cross-entropy wants none: it applies softmax itself."""


class FashionCNNConfig(ComponentConfig):
    """Two blocks of convolution, batch norm, ReLU and max-pooling, then three linear layers."""

    builder: ClassVar[str] = "nnlab.models.cnn:build"
    name: Literal["fashion_cnn"] = "fashion_cnn"
    channels: Annotated[tuple[Width, Width], FromList] = (32, 64)
    """Output channels of the two convolutions."""
    hidden_sizes: Annotated[tuple[Width, Width], FromList] = (600, 120)
    """Widths of the two hidden linear layers."""
    dropout: Probability = 0.25
    """Probability of dropping a unit after the first linear layer in training."""


AnyModel = Annotated[
    LogisticConfig | MLPConfig | FashionCNNConfig,
    Field(discriminator="name"),
]
