"""The examples of a published set."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.arrays.archive import opened
from nnlab.data.idx import digest_of_set
from nnlab.data.published.formats import read_set
from nnlab.data.published.sets import SETS, fetch, folder_of, is_installed, verified
from nnlab.data.types import Examples

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.published import TorchvisionConfig


def build(config: TorchvisionConfig, root: Path) -> Examples:
    """Return the training images followed by the official test images, ``(N, C, H, W)`` uint8.

    Args:
        config: Which set.
        root: Folder of installed data; a set that is not there is downloaded.

    Raises:
        DataError: If a file is missing or damaged, or cannot be downloaded.
    """
    name = config.dataset
    if not is_installed(name, root):
        fetch(name, root)
    with ExitStack() as stack:
        paths = [folder_of(name, root) / resource.file for resource in SETS[name]]
        streams = [stack.enter_context(opened(path)) for path in paths]
        files = zip(SETS[name], streams, paths, strict=True)
        digests = [verified(name, resource, stream, path) for resource, stream, path in files]
        found = read_set(name, config.subset, streams)
    return Examples(
        inputs=np.concatenate([found.train.images, found.test.images]),
        targets=np.concatenate([found.train.labels, found.test.labels]).astype(np.int64),
        class_names=found.class_names,
        num_official_test=len(found.test.labels),
        sha256=digest_of_set(digests),
    )
