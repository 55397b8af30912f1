"""Which data set a file or a folder of the user is, by what it holds."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from nnlab.config.bundled import is_there
from nnlab.data.arrays.archive import SUFFIX as NPY
from nnlab.data.arrow_sets.files import is_arrow_folder
from nnlab.data.folders.files import holds_images, is_image_folder
from nnlab.data.idx_sets.files import holds_sets, is_set

if TYPE_CHECKING:
    from pathlib import Path

NPZ = ".npz"


def source_of(path: Path) -> str:
    """Return the name of the data set that reads a path: csv if it is no other."""
    if path.suffix.lower() in {NPZ, NPY} or _has_arrays(path):
        return "npz"
    if is_arrow_folder(path):
        return "arrow_folder"
    if is_image_folder(path) or (holds_images(path) and not holds_sets(path)):
        return "image_folder"
    return "idx" if is_set(path) else "csv"


def _has_arrays(path: Path) -> bool:
    """Return whether a folder, or an archive of another name, holds .npy files."""
    if is_there(path.is_dir):
        return any(file.suffix.lower() == NPY for file in path.iterdir())
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(NPY) for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
