"""How examples are split into train, validation and test."""

from __future__ import annotations

from typing import Literal

from nnlab.config.base import Config, Fraction, Seed


class SplitConfig(Config):
    """How examples are split into train, validation and test."""

    test: Literal["auto", "official", "pooled"] | Fraction
    """Examples held out for testing."""
    val: Fraction = 0.15
    """Fraction of all examples held out for validation; 0 for none."""
    order: Literal["random", "sequential"] = "random"
    """sequential: train on the first examples, validate on the next, test on the last."""
    seed: Seed = 0
    """Seed of the random split."""
    stratify: bool = False
    """Keep the class proportions in every split (random order, classification)."""
    withhold_test: bool = False
    """Leave the test examples unread, as a search does; published test files are not even opened."""
    vary: bool = False
    """Draw another split for each replica, with the seed split.seed + the replica's seed."""

    @property
    def own(self) -> tuple[str, str] | None:
        """The key of the column that the split follows, and the column; None if there is none."""
        return None

    def of_seed(self, seed: int) -> SplitConfig:
        """Return the split of the replica with a seed."""
        if not self.vary:
            return self
        return self.model_copy(update={"seed": self.seed + seed, "vary": False})


class RandomSplitConfig(SplitConfig):
    """A split of examples without an official test set."""

    test: Fraction = 0.15
    """Fraction of all examples held out for testing; 0 for none."""


class StratifiedSplitConfig(RandomSplitConfig):
    """A split that keeps the class proportions."""

    stratify: bool = True
    """Keep the class proportions in every split (random order, classification)."""


class ImageSplitConfig(SplitConfig):
    """A split of images with an official test set."""

    test: Literal["official", "pooled"] | Fraction = "official"
    """official: the published test images; pooled: training and test images are joined, and a random
    1/7 of all is held out, 10,000 of 70,000; or another fraction of all."""
    val: Fraction = 0.1
    """Fraction of the images outside the official test set (or of all images when pooled)."""
