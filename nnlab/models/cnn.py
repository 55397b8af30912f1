"""A small convolutional network for images."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import Tensor, nn

from nnlab.errors import ConfigError
from nnlab.models.folding import convolve_and_normalize
from nnlab.models.layers import Dropout

if TYPE_CHECKING:
    from nnlab.config.models import FashionCNNConfig
    from nnlab.data.types import DataSpec


# 8 -> 4 -> 2 -> 1: pooled, cut by the second convolution, pooled.
MIN_SIDE = 8


class FashionCNN(nn.Module):
    """Two blocks of convolution, batch norm, ReLU and max-pooling, then three linear layers.

    The first convolution pads by 1 and the second does not, so 28 x 28 pixels become 14 x 14, then
    6 x 6. Dropout follows the first linear layer, and a ReLU the second.

    Args:
        image_size: Height and width of the images.
        num_classes: Outputs, C.
        in_channels: Channels of the images: 1 for grey, 3 for colours.
        channels: Output channels of the two convolutions.
        hidden_sizes: Widths of the two hidden linear layers.
        dropout: Probability of dropping a unit after the first linear layer in training.
    """

    def __init__(
        self,
        image_size: tuple[int, int],
        num_classes: int,
        *,
        in_channels: int = 1,
        channels: tuple[int, int] = (32, 64),
        hidden_sizes: tuple[int, int] = (600, 120),
        dropout: float = 0.25,
    ) -> None:
        super().__init__()
        first = _block(in_channels, channels[0], padding=1)
        self.block1 = _FoldedBlock(*first) if in_channels == 1 else nn.Sequential(*first)
        self.block2 = nn.Sequential(*_block(channels[0], channels[1], padding=0))
        height, width = ((size // 2 - 2) // 2 for size in image_size)
        self.linear1 = nn.Linear(channels[1] * height * width, hidden_sizes[0])
        self.dropout = Dropout(dropout)
        self.linear2 = nn.Linear(hidden_sizes[0], hidden_sizes[1])
        self.linear3 = nn.Linear(hidden_sizes[1], num_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map images ``(N, in_channels, H, W)`` to logits ``(N, C)``."""
        features = self.block2(self.block1(inputs)).flatten(1)
        hidden = self.dropout(self.linear1(features))
        hidden = self.linear2(hidden).relu()
        logits: Tensor = self.linear3(hidden)
        return logits


class _FoldedBlock(nn.Sequential):
    """A block of one input channel; training computes its first two modules as one."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Map images ``(N, 1, H, W)`` to features ``(N, C, H // 2, W // 2)``."""
        conv, norm, pool, relu = self
        if self.training:
            parts = cast("nn.Conv2d", conv), cast("nn.BatchNorm2d", norm)
            normalized = convolve_and_normalize(inputs, *parts)
        else:
            normalized = norm(conv(inputs))
        features: Tensor = relu(pool(normalized))
        return features


def _block(channels_in: int, channels_out: int, padding: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=padding),
        nn.BatchNorm2d(channels_out),
        nn.MaxPool2d(2),
        nn.ReLU(),
    ]


def build(config: FashionCNNConfig, spec: DataSpec) -> FashionCNN:
    """Return the CNN for the given data.

    Raises:
        ConfigError: If the examples are not images of at least 8 x 8 pixels.
    """
    if len(spec.input_shape) != 3 or min(spec.input_shape[1:]) < MIN_SIDE:
        msg = (
            f"fashion_cnn needs images of at least {MIN_SIDE} x {MIN_SIDE} pixels, not inputs "
            f"{spec.input_shape}; use mlp"
        )
        raise ConfigError(msg)
    return FashionCNN(
        (spec.input_shape[1], spec.input_shape[2]),
        spec.num_outputs,
        in_channels=spec.input_shape[0],
        **config.model_dump(exclude={"name"}),
    )
