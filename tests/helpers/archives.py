"""The official archives: their file names, and where they are unpacked."""

from __future__ import annotations

from pathlib import Path

from nnlab.data.archives import FOLDERS

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def raw(root: Path, dataset: str, name: str) -> Path:
    return root / FOLDERS[dataset] / "raw" / name


def link(folder: Path, source: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / source.name).symlink_to(source)


def flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def offline_message(dataset: str, root: Path) -> str:
    return (
        f"{dataset} is not installed in {root}, and NNLAB_OFFLINE=1 forbids downloading it\n"
        f"online:   nnlab data fetch {dataset}\n"
        "offline:  nnlab data import DIR   (a folder with the official .gz files)"
    )
