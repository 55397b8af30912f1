"""The formats of the published sets, from verified files to arrays.

Sources: https://www.cs.toronto.edu/~kriz/cifar.html, http://ufldl.stanford.edu/housenumbers,
https://cs.stanford.edu/~acoates/stl10, https://www.nist.gov/itl/products-and-services/emnist-dataset
"""

from __future__ import annotations

import bz2
import gzip
import string
import tarfile
import zipfile
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.idx import parse_idx
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DIGITS = tuple(string.digits)
KMNIST_NAMES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CIFAR_PIXELS, STL10_PIXELS = (3, 32, 32), (3, 96, 96)
# Letters whose capital looks the same share its class.
MERGED = frozenset("cijklmopsuvwxyz")
MERGED_NAMES = tuple(sorted({*string.digits, *string.ascii_letters} - MERGED))
EMNIST_NAMES = {
    "byclass": tuple(sorted({*string.digits, *string.ascii_letters})),
    "bymerge": MERGED_NAMES,
    "balanced": MERGED_NAMES,
    "letters": tuple(string.ascii_lowercase),
    "digits": DIGITS,
    "mnist": DIGITS,
}


class Part(NamedTuple):
    """Training or test images.

    Attributes:
        images: ``(N, C, H, W)`` uint8.
        labels: Indices of classes, ``(N,)``.
    """

    images: np.ndarray
    labels: np.ndarray


class Published(NamedTuple):
    """A published set."""

    train: Part
    test: Part
    class_names: tuple[str, ...]


Streams = list[IO[bytes]]


def read_set(name: str, subset: str | None, streams: Streams) -> Published:
    """Return a set.

    Args:
        name: Its name.
        subset: Which set of EMNIST; None for the others.
        streams: Its files, in their order.

    Raises:
        DataError: If a file is damaged or of another format.
    """
    if subset is not None:
        return _emnist(streams[0], subset)
    return READERS[name](streams)


def _kmnist(streams: Streams) -> Published:
    return _of_idx([_idx(stream.read(), "KMNIST") for stream in streams], KMNIST_NAMES)


def _qmnist(streams: Streams) -> Published:
    """Return QMNIST, whose labels are rows of eight numbers: the class is the first."""
    train, train_rows, test, test_rows = (_idx(stream.read(), "QMNIST") for stream in streams)
    return _of_idx([train, train_rows[:, 0], test, test_rows[:, 0]], DIGITS)


def _emnist(stream: IO[bytes], subset: str) -> Published:
    """Return a set of EMNIST, whose pictures are stored by columns, and whose letters count from 1."""
    with zipfile.ZipFile(stream) as archive:
        arrays = [
            _idx(archive.read(f"gzip/emnist-{subset}-{part}-{kind}-ubyte.gz"), "EMNIST")
            for part in ("train", "test")
            for kind in ("images-idx3", "labels-idx1")
        ]
    first = int(subset == "letters")
    train, train_labels, test, test_labels = arrays
    turned = [train.swapaxes(1, 2), train_labels - first, test.swapaxes(1, 2), test_labels - first]
    return _of_idx(turned, EMNIST_NAMES[subset])


def _idx(packed: bytes, name: str) -> np.ndarray:
    return parse_idx(gzip.decompress(packed), name)


def _of_idx(arrays: Sequence[np.ndarray], class_names: tuple[str, ...]) -> Published:
    train, train_labels, test, test_labels = arrays
    return Published(
        Part(train[:, None], train_labels), Part(test[:, None], test_labels), class_names
    )


def _svhn(streams: Streams) -> Published:
    train, test = map(_of_mat, streams)
    return Published(train, test, DIGITS)


def _of_mat(stream: IO[bytes]) -> Part:
    """Return images of a MATLAB file, ``X`` ``(H, W, C, N)`` and ``y`` ``(N, 1)``, where 10 is a 0."""
    from scipy.io import loadmat

    content = loadmat(stream, variable_names=("X", "y"))
    return Part(content["X"].transpose(3, 2, 0, 1), content["y"].ravel() % 10)


def _usps(streams: Streams) -> Published:
    train, test = map(_of_libsvm, streams)
    return Published(train, test, DIGITS)


def _of_libsvm(stream: IO[bytes]) -> Part:
    """Return images of lines ``label 1:value ... 256:value``; labels from 1, values from -1 to 1."""
    rows = [line.split() for line in bz2.decompress(stream.read()).splitlines()]
    values = np.array([[cell.partition(b":")[2] for cell in row[1:]] for row in rows], np.float32)
    images = ((values + 1) / 2 * 255).astype(np.uint8).reshape(-1, 1, 16, 16)
    return Part(images, np.array([int(row[0]) for row in rows]) - 1)


def _cifar10(streams: Streams) -> Published:
    train = [f"data_batch_{number}.bin" for number in range(1, 6)]
    return _cifar(streams[0], "cifar-10-batches-bin", train, "test_batch.bin", "batches.meta.txt")


def _cifar100(streams: Streams) -> Published:
    names = "fine_label_names.txt"
    return _cifar(streams[0], "cifar-100-binary", ["train.bin"], "test.bin", names)


def _cifar(
    stream: IO[bytes], folder: str, train: Sequence[str], test: str, names: str
) -> Published:
    """Return images of records: one label or two, the last of which counts, then the pixels."""
    members = _members(stream, [f"{folder}/{file}" for file in (*train, test, names)])
    class_names = tuple(members[f"{folder}/{names}"].decode().split())
    num_labels = 2 if folder == "cifar-100-binary" else 1

    def part(content: bytes) -> Part:
        records = np.frombuffer(content, np.uint8).reshape(-1, num_labels + 3 * 32 * 32)
        images = records[:, num_labels:].reshape(-1, *CIFAR_PIXELS)
        return Part(images, records[:, num_labels - 1])

    joined = b"".join(members[f"{folder}/{file}"] for file in train)
    return Published(part(joined), part(members[f"{folder}/{test}"]), class_names)


def _stl10(streams: Streams) -> Published:
    """Return the labelled images of STL-10, which are stored by columns; labels count from 1."""
    folder = "stl10_binary"
    files = [f"{part}_{kind}.bin" for part in ("train", "test") for kind in "Xy"]
    members = _members(streams[0], [f"{folder}/{file}" for file in (*files, "class_names.txt")])

    def part(name: str) -> Part:
        pixels = np.frombuffer(members[f"{folder}/{name}_X.bin"], np.uint8)
        labels = np.frombuffer(members[f"{folder}/{name}_y.bin"], np.uint8)
        return Part(pixels.reshape(-1, *STL10_PIXELS).swapaxes(2, 3), labels - 1)

    names = members[f"{folder}/class_names.txt"].decode().split()
    return Published(part("train"), part("test"), tuple(names))


def _members(stream: IO[bytes], names: Sequence[str]) -> dict[str, bytes]:
    """Return files of a .tar.gz archive; it is read no further than the last of them."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r:gz") as archive:
        for member in archive:
            if member.name in names and (file := archive.extractfile(member)) is not None:
                found[member.name] = file.read()
            if len(found) == len(names):
                return found
    missing = ", ".join(name for name in names if name not in found)
    msg = f"the archive has no {missing}"
    raise DataError(msg)


READERS: dict[str, Callable[[Streams], Published]] = {
    "CIFAR10": _cifar10,
    "CIFAR100": _cifar100,
    "KMNIST": _kmnist,
    "QMNIST": _qmnist,
    "STL10": _stl10,
    "SVHN": _svhn,
    "USPS": _usps,
}
