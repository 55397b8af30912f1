"""The official MNIST and FashionMNIST files: sizes, digests and installation.

Archives are unpacked once. From then on, every read verifies the SHA-256 of the unpacked bytes.
"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.data.unpacking import contents_of_size
from nnlab.errors import DataError
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Archive:
    """One unpacked file: its name, size and digest."""

    name: str
    size_bytes: int
    sha256: str


FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}

_DIGESTS = {
    "mnist": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    "fashion_mnist": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}
_FILES = (
    ("train-images-idx3-ubyte", 47_040_016),
    ("train-labels-idx1-ubyte", 60_008),
    ("t10k-images-idx3-ubyte", 7_840_016),
    ("t10k-labels-idx1-ubyte", 10_008),
)


def archives(dataset: str) -> list[Archive]:
    """Return the four files of a data set: train images and labels, test images and labels."""
    return [
        Archive(name, size, sha256)
        for (name, size), sha256 in zip(_FILES, _DIGESTS[dataset], strict=True)
    ]


def installed_path(dataset: str, archive: Archive, root: Path) -> Path:
    """Return the path of an installed file."""
    return root / FOLDERS[dataset] / "raw" / archive.name


def is_installed(dataset: str, root: Path) -> bool:
    """Return whether every file of a data set exists; digests are verified on reading."""
    return all(installed_path(dataset, a, root).is_file() for a in archives(dataset))


def map_verified(dataset: str, archive: Archive, root: Path) -> mmap.mmap:
    """Map an installed file into memory and verify it.

    Raises:
        DataError: If it is missing, or its size or SHA-256 differs from the official one.
    """
    path = installed_path(dataset, archive, root)
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        msg = f"{dataset} is not installed in {root}\n{ways_to_install(dataset)}"
        raise DataError(msg) from error
    if size != archive.size_bytes:
        problem = f"expected {archive.size_bytes:,} bytes, got {size:,}"
    else:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        digest = hashlib.sha256(content).hexdigest()
        if digest == archive.sha256:
            return content
        problem = f"SHA-256 is {digest}, expected {archive.sha256}"
    msg = f"{path} is corrupt: {problem}\nreplace it with: nnlab data fetch {dataset} --force"
    raise DataError(msg)


def ways_to_install(dataset: str) -> str:
    """Return the commands that install a data set, online and offline."""
    return (
        f"online:   nnlab data fetch {dataset}\n"
        f"offline:  nnlab data import DIR   (a folder with the official .gz files)"
    )


def import_from(folder: Path, root: Path) -> list[str]:
    """Install every data set whose files, unpacked or in .gz or .zip files, are in a folder.

    Args:
        folder: Folder to search, at any depth.
        root: Folder to install to; a data set is installed only if its four files are intact.

    Returns:
        The names of the installed data sets.

    Raises:
        DataError: If no data set is complete and intact.
    """
    if not folder.is_dir():
        msg = f"there is no folder {folder}"
        raise DataError(msg)
    intact = _find(folder)
    complete = {name: files for name, files in intact.items() if len(files) == len(_FILES)}
    if not complete:
        raise DataError(_incomplete_message(folder, intact))
    for name, files in complete.items():
        install(name, files, root)
    return list(complete)


def _incomplete_message(folder: Path, intact: dict[str, dict[Archive, bytes]]) -> str:
    lines = [f"no complete data set in {folder}"]
    for name, files in intact.items():
        missing = [a.name for a in archives(name) if a not in files]
        lines.append(f"{name}: missing or corrupt: {', '.join(missing)}")
    return "\n".join(lines)


def _find(folder: Path) -> dict[str, dict[Archive, bytes]]:
    """Return the intact files of each data set in a folder, whatever they are called."""
    known = {a.sha256: (name, a) for name in FOLDERS for a in archives(name)}
    found: dict[str, dict[Archive, bytes]] = {name: {} for name in FOLDERS}
    sizes = {size for _, size in _FILES}
    for path in sorted(folder.rglob("*")):
        for content in contents_of_size(path, sizes) if path.is_file() else ():
            if place := known.get(hashlib.sha256(content).hexdigest()):
                name, archive = place
                found[name].setdefault(archive, content)
    return found


def install(dataset: str, files: dict[Archive, bytes], root: Path) -> None:
    """Write verified files to their installed paths, each atomically."""
    for archive, content in files.items():
        write_atomic(installed_path(dataset, archive, root), content)
