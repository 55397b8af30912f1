"""The models that an experiment can use. docs/adding.md shows how to add one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, FromList, Positive, Probability, Width, Widths

Init = Literal["default", "xavier", "kaiming", "normal"]
Squashing = Literal["none", "softmax", "sigmoid"]
Activation = Literal["identity", "relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"]


class ModelConfig(ComponentConfig):
    """A model.

    Attributes:
        is_dense: Whether the model consists of its ``nn.Linear`` layers in order, with
            ``hidden_activation`` and dropout after each but the last and ``output_squashing`` after
            the last. The fused and NumPy engines compute exactly that and ignore ``forward``.
        is_linear: Whether it is a single linear layer, ``linear``, that starts at zero.
        needs_images: Whether inputs must be ``(C, H, W)``.
        draws_globally: Whether its forward pass may draw from torch's global generator, as
            ``nn.Dropout`` does; every pass then starts from a seed of its own.
        plain_code: Template of its code as plain PyTorch, in nnlab/export/templates; None for none.
        is_estimator: Whether scikit-learn fits it in one go: no optimizer, no epochs, no gradients.
    """

    is_dense: ClassVar[bool] = False
    is_linear: ClassVar[bool] = False
    needs_images: ClassVar[bool] = False
    draws_globally: ClassVar[bool] = False
    plain_code: ClassVar[str | None] = None
    is_estimator: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """The model in words: its name."""
        return str(type(self).model_fields["name"].default)

    @property
    def hidden_activation(self) -> Activation | None:
        """Activation after every hidden layer; None if there is none."""
        return None

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Widths of the hidden layers of a dense model."""
        return ()

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the linear layers of a dense model in a checkpoint; of any other model none."""
        return ()

    @property
    def output_squashing(self) -> Squashing:
        """Activation that the model itself applies to its outputs."""
        return "none"

    @property
    def dropout_rate(self) -> float:
        """Probability of dropping a unit in training."""
        return 0.0

    @property
    def init_scheme(self) -> Init:
        """Initialisation scheme, if an experiment can choose it."""
        return "default"

    @property
    def normal_std(self) -> float | None:
        """Standard deviation of the initial weights if the scheme is ``normal``; else None."""
        return None

    def unused_fields(self) -> Iterator[tuple[str, str]]:
        """Yield each field that is set but has no effect, with a message."""
        yield from ()

    def idle_fields(self, task: str) -> Iterator[tuple[str, str]]:
        """Yield each field that has no effect because of another one or the task, and why."""
        yield from ()


class LogisticConfig(ModelConfig):
    """One linear layer: logistic regression on classes, linear regression on numbers."""

    builder: ClassVar[str] = "nnlab.models.logistic:build"
    is_dense: ClassVar[bool] = True
    is_linear: ClassVar[bool] = True
    plain_code: ClassVar[str | None] = "dense.py.jinja"
    name: Literal["logistic"] = "logistic"

    @property
    def hidden_activation(self) -> Activation:
        """Return identity: there is no hidden layer."""
        return "identity"

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Name of the only layer."""
        return ("linear",)


class MLPConfig(ModelConfig):
    """A multi-layer perceptron."""

    builder: ClassVar[str] = "nnlab.models.mlp:build"
    is_dense: ClassVar[bool] = True
    plain_code: ClassVar[str | None] = "dense.py.jinja"
    name: Literal["mlp"] = "mlp"
    hidden_sizes: Widths = (64,)
    """Width of each hidden layer; [] for none."""
    activation: Activation = "relu"
    """Activation between the layers; identity makes the whole model linear."""
    dropout: Probability = 0.0
    """Probability of dropping a hidden unit in training."""
    init: Init = "default"
    """Initialisation scheme; default is torch's, the others set biases to zero."""
    init_std: Positive = 0.01
    """Standard deviation of the initial weights, with ``init: normal``."""
    output_activation: Squashing = "none"
    """Applied to the outputs; use none with cross-entropy, which applies softmax itself."""

    @property
    def hidden_activation(self) -> Activation:
        """Activation between the layers."""
        return self.activation

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return self.hidden_sizes

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers, from 0."""
        return tuple(f"layers.{index}" for index in range(len(self.hidden_sizes) + 1))

    @property
    def output_squashing(self) -> Squashing:
        """Activation applied to the outputs."""
        return self.output_activation

    @property
    def dropout_rate(self) -> float:
        """Probability of dropping a hidden unit; 0 if there is none to drop."""
        return self.dropout if self.hidden_sizes else 0.0

    @property
    def init_scheme(self) -> Init:
        """Initialisation scheme."""
        return self.init

    @property
    def normal_std(self) -> float | None:
        """Standard deviation of the initial weights if the scheme is ``normal``; else None."""
        return self.init_std if self.init == "normal" else None

    def unused_fields(self) -> Iterator[tuple[str, str]]:
        """Yield ``init_std`` if the scheme ignores it."""
        if self.init != "normal" and self.init_std != type(self).model_fields["init_std"].default:
            text = f"init_std {self.init_std:g} has no effect, because init is {self.init}"
            yield "init_std", text

    def idle_fields(self, task: str) -> Iterator[tuple[str, str]]:
        """Yield what only hidden layers have, if there are none."""
        for name in () if self.hidden_sizes else ("activation", "dropout"):
            yield name, "there are no hidden layers: hidden_sizes is []"


class FashionCNNConfig(ModelConfig):
    """Two blocks of convolution, batch norm, ReLU and max-pooling, then three linear layers."""

    builder: ClassVar[str] = "nnlab.models.cnn:build"
    needs_images: ClassVar[bool] = True
    plain_code: ClassVar[str | None] = "fashion_cnn.py.jinja"
    name: Literal["fashion_cnn"] = "fashion_cnn"
    channels: Annotated[tuple[Width, Width], FromList] = (32, 64)
    """Output channels of the two convolutions."""
    hidden_sizes: Annotated[tuple[Width, Width], FromList] = (600, 120)
    """Widths of the two hidden linear layers."""
    dropout: Probability = 0.25
    """Probability of dropping a unit after the first linear layer in training."""

    @property
    def dropout_rate(self) -> float:
        """Probability of dropping a unit."""
        return self.dropout


AnyModel = Annotated[
    LogisticConfig | MLPConfig | FashionCNNConfig,
    Field(discriminator="name"),
]
