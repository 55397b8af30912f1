"""Published sets of images by their name in torchvision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from nnlab.config.base import Contradiction
from nnlab.config.image_keys import ImageKeys
from nnlab.config.published_names import Known, known_as
from nnlab.config.splits import ImageSplitConfig

Subset = Literal["balanced", "byclass", "bymerge", "digits", "letters", "mnist"]
ELSEWHERE = {"mnist": "mnist", "fashionmnist": "fashion_mnist"}


def _known(name: Any) -> Any:
    """Return the name of a set in torchvision's spelling, whatever its case."""
    if not isinstance(name, str):
        return name
    if own := ELSEWHERE.get(name.casefold()):
        kind, text = "published", "read under its own name, dataset: {{name: {own}}}"
        raise PydanticCustomError(kind, text.format(own=own))
    return known_as(name) or name


class TorchvisionConfig(ImageKeys):
    """Published images by name: CIFAR10, CIFAR100, EMNIST, KMNIST, QMNIST, STL10, SVHN or USPS."""

    builder: ClassVar[str] = "nnlab.data.published.examples:build"
    name: Literal["torchvision"] = "torchvision"
    dataset: Annotated[Known, BeforeValidator(_known)]
    """The set, as torchvision calls it."""
    subset: Subset | None = None
    """Which of the six sets in EMNIST; the others have none."""
    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    split: ImageSplitConfig = ImageSplitConfig()
    """How images are split into train, validation and test."""

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a subset that is missing, or of a set that has none."""
        if self.dataset == "EMNIST" and self.subset is None:
            yield ("subset",), f"EMNIST is six sets; choose one: {', '.join(get_args(Subset))}"
        if self.dataset != "EMNIST" and self.subset is not None:
            yield ("subset",), f"{self.dataset} has no subsets; leave it out"

    @property
    def download_name(self) -> str:
        """The set."""
        return self.dataset
