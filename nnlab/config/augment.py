"""How images are changed at random for training, and normalised."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnlab.config.base import Config


class AugmentConfig(Config):
    """Random changes of training images, drawn from (seed, epoch, image), and normalisation of all."""

    flip: bool = False
    """Mirror half of the training images, left to right."""
    crop: Annotated[int, Field(ge=0, le=1024)] = 0
    """Shift training images by up to as many pixels up or down and left or right: padded by reflection,
    and cropped to their size; 0 for none."""
    normalize: bool = False
    """Subtract each channel's mean over the training images from all images, and divide by its
    standard deviation."""

    @property
    def is_random(self) -> bool:
        """Whether training images are changed."""
        return self.flip or self.crop > 0
