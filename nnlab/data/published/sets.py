"""Which files the published sets consist of, where they are from and installed, and their checksums."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, NamedTuple

from nnlab.data.downloading import scratch_for
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "torchvision"
BLOCK_BYTES = 1 << 22
KMNIST = "http://codh.rois.ac.jp/kmnist/dataset/kmnist"
QMNIST = "https://raw.githubusercontent.com/facebookresearch/qmnist/master"
LIBSVM = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass"
TORONTO = "https://www.cs.toronto.edu/~kriz"
SVHN = "http://ufldl.stanford.edu/housenumbers"
# torchvision reads these; they are pickles.
PICKLED = {"CIFAR10": "cifar-10-python.tar.gz", "CIFAR100": "cifar-100-python.tar.gz"}


class Resource(NamedTuple):
    """A file of a set.

    Attributes:
        url: Where it is published.
        md5: Its checksum, as published.
    """

    url: str
    md5: str

    @property
    def file(self) -> str:
        """Its name."""
        return self.url.rpartition("/")[2]


# Training images, training labels, test images and test labels, or an archive of all.
SETS: dict[str, tuple[Resource, ...]] = {
    "CIFAR10": (Resource(f"{TORONTO}/cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),),
    "CIFAR100": (
        Resource(f"{TORONTO}/cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"),
    ),
    "EMNIST": (
        Resource(
            "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
            "58c8d27c78d21e728a6bc7b3cc06412e",
        ),
    ),
    "KMNIST": (
        Resource(f"{KMNIST}/train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        Resource(f"{KMNIST}/train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        Resource(f"{KMNIST}/t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        Resource(f"{KMNIST}/t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ),
    "QMNIST": (
        Resource(f"{QMNIST}/qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
        Resource(f"{QMNIST}/qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
        Resource(f"{QMNIST}/qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
        Resource(f"{QMNIST}/qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
    ),
    "STL10": (
        Resource(
            "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
            "91f7769df0f17e558f3565bffb0c7dfb",
        ),
    ),
    "SVHN": (
        Resource(f"{SVHN}/train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
        Resource(f"{SVHN}/test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
    ),
    "USPS": (
        Resource(f"{LIBSVM}/usps.bz2", "ec16c51db3855ca6c91edd34d0e9b197"),
        Resource(f"{LIBSVM}/usps.t.bz2", "8ea070ee2aca1ac39742fdd1ef5ed118"),
    ),
}


def folder_of(name: str, root: Path) -> Path:
    """Return where the files of a set are installed."""
    return root / FOLDER / name


def is_installed(name: str, root: Path) -> bool:
    """Return whether every file of a set exists; checksums are verified on reading."""
    return all((folder_of(name, root) / resource.file).is_file() for resource in SETS[name])


def ways_to_install(name: str, root: Path) -> str:
    """Return how to install a set, online and offline."""
    folder = folder_of(name, root)
    text = (
        f"online:   nnlab data fetch {name}\n"
        f"offline:  put {', '.join(resource.file for resource in SETS[name])} into {folder}"
    )
    pickled = PICKLED.get(name)
    if pickled and (folder / pickled).exists():
        text += f"\n{pickled} is there, but it holds pickles, which nnlab never reads"
    return text


def fetch(name: str, root: Path) -> None:
    """Download a set by torchvision's function, which verifies it, and install it.

    Raises:
        DataError: If NNLAB_OFFLINE is 1, the download fails, or a file is corrupt.
    """
    is_there, help_text = is_installed(name, root), ways_to_install(name, root)
    with scratch_for(name, root, help_text, is_there=is_there) as scratch:
        from torchvision.datasets.utils import download_url

        for resource in SETS[name]:
            download_url(resource.url, scratch, resource.file, resource.md5)
        folder = folder_of(name, root)
        folder.mkdir(parents=True, exist_ok=True)
        for resource in SETS[name]:
            (scratch / resource.file).replace(folder / resource.file)


def verified(name: str, resource: Resource, stream: IO[bytes], path: Path) -> str:
    """Verify a file of a set, and return its SHA-256; the stream is at its beginning again.

    Raises:
        DataError: If its checksum is not the published one.
    """
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    while block := stream.read(BLOCK_BYTES):
        md5.update(block)
        sha256.update(block)
    if md5.hexdigest() != resource.md5:
        msg = (
            f"{path} is corrupt: its MD5 is {md5.hexdigest()}, and {resource.md5} is published\n"
            f"replace it with: nnlab data fetch {name} --force"
        )
        raise DataError(msg)
    stream.seek(0)
    return sha256.hexdigest()
