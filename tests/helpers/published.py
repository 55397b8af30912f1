"""Small archives in the formats of the published sets, with checksums to match."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from nnlab.data.published import sets

NUM_TRAIN, NUM_TEST = 20, 10
SHAPES = {
    "CIFAR10": (3, 32, 32),
    "CIFAR100": (3, 32, 32),
    "STL10": (3, 96, 96),
    "SVHN": (3, 32, 32),
}
SHAPES |= {"USPS": (1, 16, 16)}


class Part:
    """Images ``(N, C, H, W)`` and labels ``(N,)``, drawn from a seed."""

    def __init__(self, name: str, number: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        shape = (number, *SHAPES.get(name, (1, 28, 28)))
        self.images = generator.integers(0, 256, shape, dtype=np.uint8)
        self.labels = (np.arange(number) % 10).astype(np.uint8)


def parts_of(name: str) -> tuple[Part, Part]:
    return Part(name, NUM_TRAIN, 0), Part(name, NUM_TEST, 1)


def install(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch, subset: str | None = None
) -> None:
    """Write the files of a set, and make their checksums the published ones."""
    contents = files_of(name, subset)
    folder = sets.folder_of(name, root)
    folder.mkdir(parents=True, exist_ok=True)
    for resource, content in zip(sets.SETS[name], contents, strict=True):
        (folder / resource.file).write_bytes(content)
    publish(name, contents, monkeypatch)


def publish(name: str, contents: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the checksums of contents the published ones."""
    resources = tuple(
        resource._replace(md5=hashlib.md5(content).hexdigest())
        for resource, content in zip(sets.SETS[name], contents, strict=True)
    )
    monkeypatch.setitem(sets.SETS, name, resources)


def files_of(name: str, subset: str | None = None) -> list[bytes]:
    parts = parts_of(name)
    match name:
        case "KMNIST":
            return [file for p in parts for file in (idx(p.images[:, 0]), idx(p.labels))]
        case "QMNIST":
            return [file for p in parts for file in (idx(p.images[:, 0]), idx(qmnist_rows(p)))]
        case "EMNIST":
            return [emnist(parts, subset or "digits")]
        case "SVHN":
            return [mat(part) for part in parts]
        case "USPS":
            return [libsvm(part) for part in parts]
        case "STL10":
            return [stl10(parts)]
        case _:
            return [cifar(parts, name)]


def idx(values: np.ndarray) -> bytes:
    code = {"uint8": 0x08, "int32": 0x0C}[values.dtype.name]
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(values.dtype.newbyteorder(">")).tobytes(), 1)


def qmnist_rows(part: Part) -> np.ndarray:
    rows = np.full((len(part.labels), 8), 77, np.int32)
    rows[:, 0] = part.labels
    return rows


def emnist(parts: tuple[Part, Part], subset: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in zip(("train", "test"), parts, strict=True):
            start = f"gzip/emnist-{subset}-{name}"
            archive.writestr(
                f"{start}-images-idx3-ubyte.gz", idx(part.images[:, 0].swapaxes(1, 2).copy())
            )
            labels = part.labels + np.uint8(subset == "letters")
            archive.writestr(f"{start}-labels-idx1-ubyte.gz", idx(labels))
    return stream.getvalue()


def mat(part: Part) -> bytes:
    stream = io.BytesIO()
    labels = np.where(part.labels == 0, 10, part.labels).astype(np.uint8)[:, None]
    savemat(stream, {"X": part.images.transpose(2, 3, 1, 0), "y": labels}, do_compression=True)
    return stream.getvalue()


def libsvm(part: Part) -> bytes:
    lines = [
        " ".join(
            [
                str(label + 1),
                *(f"{i + 1}:{v / 127.5 - 1:.4f}" for i, v in enumerate(image.ravel())),
            ]
        )
        for label, image in zip(part.labels.tolist(), part.images, strict=True)
    ]
    return bz2.compress("\n".join(lines).encode() + b"\n")


def cifar(parts: tuple[Part, Part], name: str) -> bytes:
    folder = {"CIFAR10": "cifar-10-batches-bin", "CIFAR100": "cifar-100-binary"}[name]
    names = {"CIFAR10": "batches.meta.txt", "CIFAR100": "fine_label_names.txt"}[name]
    classes = [f"class{number}" for number in range(10)]
    coarse = [] if name == "CIFAR10" else [np.full((NUM_TRAIN, 1), 3, np.uint8)]

    def records(part: Part) -> np.ndarray:
        count = len(part.labels)
        labels = [rows[:count] for rows in coarse]
        return np.hstack([*labels, part.labels[:, None], part.images.reshape(count, -1)])

    train, test = map(records, parts)
    batches = np.split(train, 5) if name == "CIFAR10" else [train]
    files = [f"data_batch_{i + 1}.bin" for i in range(5)] if name == "CIFAR10" else ["train.bin"]
    last = "test_batch.bin" if name == "CIFAR10" else "test.bin"
    members = {file: batch.tobytes() for file, batch in zip(files, batches, strict=True)}
    return tar(
        folder, {names: "\n".join(classes).encode() + b"\n\n", **members, last: test.tobytes()}
    )


def stl10(parts: tuple[Part, Part]) -> bytes:
    members = {"class_names.txt": b"\n".join(b"class%d" % number for number in range(10)) + b"\n"}
    for name, part in zip(("test", "train"), parts[::-1], strict=True):
        members[f"{name}_X.bin"] = part.images.swapaxes(2, 3).tobytes()
        members[f"{name}_y.bin"] = (part.labels + 1).tobytes()
    return tar("stl10_binary", {**members, "unlabeled_X.bin": bytes(100)})


def tar(folder: str, members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()
