"""The examples of a set of IDX files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.idx import digest_of_set
from nnlab.data.idx_sets.files import find_set
from nnlab.data.idx_sets.labels import check_trained, classes_of, labels_of
from nnlab.data.idx_sets.pixels import pictures_of, scaled
from nnlab.data.idx_sets.reading import read_idx
from nnlab.data.splits.own_split import split_of_parts
from nnlab.data.types import Examples
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.idx import IDXConfig


def build(config: IDXConfig, _root: Path) -> Examples:
    """Return the training pictures followed by the test pictures, ``(N, 1, H, W)``.

    Raises:
        DataError: If a file is missing, damaged or of another kind, or files do not fit together.
    """
    files = find_set(config.path)
    pairs = [(files.images, files.labels), (files.test_images, files.test_labels)]
    contents = [(read_idx(images), read_idx(labels)) for images, labels in pairs if images]
    parts = [pictures_of(images, transpose=config.transpose) for images, _ in contents]
    labels = [labels_of(of_labels, images) for images, of_labels in contents]
    if parts[0].shape[1:] != parts[-1].shape[1:]:
        shapes = " and ".join(
            f"{i.file}: {' x '.join(map(str, i.values.shape))}" for i, _ in contents
        )
        msg = f"test pictures have another size than training pictures: {shapes}"
        raise DataError(msg)
    sizes = dict(zip(("train", "test"), map(len, labels), strict=False))
    split_of_parts(sizes, config.split, config.path, "test files")
    every = np.concatenate(labels)
    classes = classes_of(every, config.names, files.mapping, config.path)
    if config.split.test in {"auto", "official"}:
        check_trained(classes, labels[0], labels[-1], str(contents[-1][1].file))
    is_rows = parts[0].ndim == 2
    digests = [content.sha256 for pair in contents for content in pair]
    return Examples(
        inputs=np.concatenate(parts if is_rows else scaled(parts, config.path)),
        targets=np.searchsorted(classes.labels, every).astype(np.int64),
        class_names=classes.names,
        feature_names=tuple(f"x{i}" for i in range(parts[0].shape[1])) if is_rows else (),
        num_official_test=sizes.get("test", 0),
        sha256=digest_of_set([*digests, *([classes.sha256] if classes.sha256 else [])]),
    )
