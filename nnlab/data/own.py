"""The user's own data: what a function returns, as examples."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.config.own_code import OwnCodeError
from nnlab.data.arrays.archive import ArrayFile
from nnlab.data.arrays.examples import feature_names_of
from nnlab.data.arrays.memory import array_of
from nnlab.data.arrays.npy import Content
from nnlab.data.arrays.shapes import as_rows, inputs_of
from nnlab.data.arrays.targets import targets_of
from nnlab.data.idx import digest_of_set
from nnlab.data.types import Examples
from nnlab.own.loading import call

if TYPE_CHECKING:
    from nnlab.config.own import OwnDatasetConfig


def build(config: OwnDatasetConfig, _root: Path) -> Examples:
    """Return the examples of the user's function.

    It returns ``(inputs, targets)`` or ``(inputs, targets, names of the classes)``; inputs are
    ``(N, D)`` numbers or ``(N, C, H, W)`` pixels (uint8), targets ``(N,)`` classes or numbers.

    Raises:
        OwnCodeError: If it returns something else.
        DataError: If shapes or types are not those of examples.
    """
    returned = call(config)
    if isinstance(returned, Examples):
        return returned
    if not isinstance(returned, tuple) or len(returned) not in {2, 3}:
        msg = f"{config.name} must return (inputs, targets), not {type(returned).__name__}"
        raise OwnCodeError(msg)
    words = ("inputs", "targets", "class_names")
    contents = [_content(config, *pair) for pair in zip(words, returned, strict=False)]
    inputs = inputs_of(contents[0], "first")
    is_pixels = inputs.ndim > 2 and inputs.dtype == np.uint8
    names = contents[2] if len(contents) == 3 else None
    targets = targets_of(config, contents[1:2], contents[:1], names)
    return Examples(
        inputs if is_pixels else as_rows(inputs),
        targets.values,
        class_names=targets.class_names,
        feature_names=feature_names_of(inputs, None),
        sha256=digest_of_set(content.sha256 for content in contents),
    )


def _content(config: OwnDatasetConfig, word: str, returned: Any) -> Content:
    """Return what the function returned as an array, ``word`` in messages, and its digest."""
    values = np.ascontiguousarray(array_of(returned, f"{word} of {config.name}"))
    digest = hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode())
    digest.update(values.data)
    file = ArrayFile(word, Path(str(config.name)), word)
    return Content(file, values, digest.hexdigest())
