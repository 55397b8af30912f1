"""How examples are split into train, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from nnlab.config.base import Config, Fraction, Seed

MAX_FOLDS = 10_000


def _has_folds(data: dict[str, Any]) -> bool:
    return data.get("folds") is not None


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
    folds: Annotated[int, Field(ge=2, le=MAX_FOLDS)] | None = None
    """Cross-validate: each example is in the test split of one of this many folds; a seed trains one."""
    vary: bool = Field(default_factory=_has_folds)
    """Draw another split for each replica, with the seed split.seed + its seed; default: with folds."""

    @property
    def own(self) -> tuple[str, str] | None:
        """The key of the column that the split follows, and the column; None if there is none."""
        return None

    def of_seed(self, seed: int) -> SplitConfig:
        """Return the split of the replica with a seed.

        Seed s tests fold s mod K of the folds that the seed split.seed + s // K draws. Both are in the
        seed of the split that is returned: K times the seed that draws, plus the fold.
        """
        if not self.vary:
            return self
        first = self.seed * (self.folds or 1)
        return self.model_copy(update={"seed": first + seed, "vary": False})


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


def seeds_of_folds(experiment: Mapping[str, Any]) -> int | None:
    """Return how many seeds an unchecked experiment has by default: its folds, or None without."""
    split: Any = experiment.get("dataset")
    for key in ("split", "folds"):
        split = split.get(key) if isinstance(split, Mapping) else getattr(split, key, None)
    return split if isinstance(split, int) else None
