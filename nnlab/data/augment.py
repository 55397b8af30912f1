"""Random flips and shifts of training images, as a pure function of (seed, epoch, image).

The numbers are hashes of a key and the image's number, computed on the device: no state is kept, the
same image is changed alike in any batch and any company, and a resumed run draws what it would have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nnlab.errors import KeyedError
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.config.augment import AugmentConfig

# Splitmix64, with constants as int64. Source: Steele, Lea and Flood, "Fast splittable pseudorandom
# number generators", OOPSLA 2014, figure 17.
INCREMENT = 0x9E3779B97F4A7C15 - 2**64
FACTORS = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)
# Bits of a hash that choose a shift: far more than there are shifts.
SHIFT_BITS = 24


@dataclass(frozen=True)
class Augmentation:
    """What is done to training images.

    Attributes:
        flip: Whether half of them are mirrored.
        crop: By how many pixels they are shifted at most.
    """

    flip: bool
    crop: int

    def augmented(
        self, images: Tensor, numbers: Tensor, seeds: Sequence[int], epoch: int
    ) -> Tensor:
        """Return images as they are seen in an epoch, of the same shape and type.

        Args:
            images: ``(R, N, C, H, W)``.
            numbers: Their numbers in the training split, ``(R, N)`` int64.
            seeds: One seed per replica.
            epoch: Epoch, counted from 0.
        """
        keys = torch.tensor([derive_seed("augment", seed, epoch) for seed in seeds])
        draws = hashed(keys.to(images.device)[:, None] + (numbers + 1) * INCREMENT).flatten()
        height, width = images.shape[-2:]
        rows = self._shifted(height, draws >> 1)
        columns = self._shifted(width, draws >> (1 + SHIFT_BITS))
        if self.flip:
            is_flipped = (draws & 1).bool()[:, None]
            columns = torch.where(is_flipped, width - 1 - columns, columns)
        pixels = images.flatten(0, 1).flatten(2)  # (R N, C, H W)
        places = (rows[:, :, None] * width + columns[:, None, :]).flatten(1)  # (R N, H W)
        chosen = pixels.gather(2, places[:, None].expand(pixels.shape))
        return chosen.view(images.shape)

    def _shifted(self, length: int, draws: Tensor) -> Tensor:
        """Return the line that each line of an image comes from, ``(M, length)``."""
        lines = torch.arange(length, device=draws.device)
        shifts = (draws & (2**SHIFT_BITS - 1)) % (2 * self.crop + 1) - self.crop
        lines = (lines + shifts[:, None]).abs()  # reflected at the first line
        reflected: Tensor = lines.minimum(2 * (length - 1) - lines)
        return reflected


def hashed(values: Tensor) -> Tensor:
    """Return well mixed bits of int64 numbers, non-negative."""
    for shift, factor in zip((30, 27), FACTORS, strict=True):
        values = (values ^ _shifted_right(values, shift)) * factor
    return (values ^ _shifted_right(values, 31)) & (2**63 - 1)


def _shifted_right(values: Tensor, bits: int) -> Tensor:
    """Return int64 numbers shifted as if they had no sign."""
    shifted: Tensor = (values >> bits) & (2 ** (64 - bits) - 1)
    return shifted


def augmentation_of(
    config: AugmentConfig | None, input_shape: Sequence[int]
) -> Augmentation | None:
    """Return what an experiment does to its training images; None if nothing.

    Raises:
        KeyedError: If the data are no images, or smaller than what is cropped.
    """
    if config is None or not (config.is_random or config.normalize):
        return None
    if len(input_shape) != 3:
        text = f"inputs of {input_shape[0]:,} numbers are no images, and cannot be changed as such"
        raise KeyedError(("dataset", "augment"), text)
    side = min(input_shape[1:])
    if config.crop >= side:
        text = f"images of {side} pixels a side cannot be shifted by {config.crop}"
        raise KeyedError(("dataset", "augment", "crop"), text)
    return Augmentation(config.flip, config.crop) if config.is_random else None
