"""The published sets of images that torchvision knows by name, and that come without pickles."""

from __future__ import annotations

from typing import Literal, get_args

Known = Literal["CIFAR10", "CIFAR100", "EMNIST", "KMNIST", "QMNIST", "STL10", "SVHN", "USPS"]
NAMES: tuple[str, ...] = get_args(Known)


def known_as(name: str) -> str | None:
    """Return a name in torchvision's spelling, whatever its case; None if there is no such set."""
    return {known.casefold(): known for known in NAMES}.get(name.casefold())
