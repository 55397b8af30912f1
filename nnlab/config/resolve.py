"""The one place where the name of a builder becomes the function."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnlab.config.base import ComponentConfig


def resolve(config: ComponentConfig) -> Callable[..., Any]:
    """Return the function that builds a component; its name is a constant of the config class."""
    module, _, function = config.builder.partition(":")
    return cast("Callable[..., Any]", getattr(importlib.import_module(module), function))
