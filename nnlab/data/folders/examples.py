"""The examples of a folder of images."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.data.folders.cache import images_in, pixels_of
from nnlab.data.folders.files import find_images
from nnlab.data.folders.table import images_of_table
from nnlab.data.idx import digest_of_set
from nnlab.data.labels import encode, in_order
from nnlab.data.splits.own_split import split_of_parts
from nnlab.data.types import Examples
from nnlab.errors import DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.image_folder import ImageFolderConfig
    from nnlab.data.folders.files import ImageFile


def build(config: ImageFolderConfig, root: Path) -> Examples:
    """Return the images ``(N, C, H, W)`` in the order of their names, test images last.

    Args:
        config: The folder, and how its images are resized.
        root: Folder of installed data, where decoded images are kept.

    Raises:
        DataError: If an image cannot be read, or the classes cannot be used.
    """
    folder = Path(config.path)
    files = find_images(folder) if config.labels is None else images_of_table(config)
    sizes = Counter(file.part for file in files)
    own = split_of_parts(sizes, config.split, config.path, "folder test beside train")
    names = _class_names(folder, files)
    images = images_in(folder, [file.name for file in files])
    described = [f"{f.part}/{f.label!a}/{f.name!a}\n" for f in files]
    return Examples(
        pixels_of(images, config, root),
        encode([file.label for file in files], names),
        class_names=tuple(names),
        num_official_test=sizes["test"] if own is None else 0,
        sha256=digest_of_set([*described, *images.digests]),
        own_split=own,
    )


def _class_names(folder: Path, files: Sequence[ImageFile]) -> list[str]:
    """Return the classes of the training images in their order.

    Raises:
        DataError: If there is only one, or other images have one that none of these has.
    """
    names = in_order(file.label for file in files if file.part == "train")
    unknown = in_order({file.label for file in files} - set(names))
    if unknown:
        msg = f"{folder}: no training image shows {shorten(unknown)}; nothing can be learned about them"
        raise DataError(msg)
    if len(names) < 2:
        msg = (
            f"{folder} has only one class, '{names[0]}'; a second one is needed to tell them apart"
        )
        raise DataError(msg)
    return names
