"""Sets of IDX files, half of them damaged: read as they were written, or refused by a message."""

from __future__ import annotations

import gzip
import random
import zipfile
from pathlib import Path

import numpy as np

from nnlab.config.idx import IDXConfig
from nnlab.data.idx_sets.examples import build
from nnlab.errors import DataError
from tests.helpers.damage_bytes import damaged, refused_badly
from tests.helpers.idx_files import idx_bytes

SHAPES = ((6, 2, 3), (6, 4, 1), (6, 5), (6, 2, 2, 1), (6, 2, 2, 3), (0, 2, 2), (6,))
TYPES = ("u1", "u1", "i1", "i2", "i4", "f4", "f8")
MAPPINGS = (
    "0 65\n1 66\n2 67\n",
    "0 65 97",
    "0 1114112\n1 66\n2 67",
    "\0",
    "0 55296\n1 66\n2 67\n",
    "",
)


def fuzzed_sets(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many sets; an undamaged one has to be read."""
    draw, found = random.Random(seed), []
    folder.mkdir(exist_ok=True)
    for _ in range(count):
        for file in folder.iterdir():
            file.unlink()
        parts = draw.choice([["train"], ["train", "t10k"]])
        written = {
            f"{part}-{role}-idx{draw.choice('123')}-ubyte": _array(draw, role)
            for part in parts
            for role in ("images", "labels")
        }
        is_whole = draw.random() < 0.5
        files = {name: idx_bytes(values) for name, values in written.items()}
        if draw.random() < 0.2:
            files["mapping.txt"] = draw.choice(MAPPINGS).encode("utf-8", "surrogatepass")
            is_whole = False
        if not is_whole:
            name = draw.choice(list(files))
            files[name] = damaged(files[name], draw)
        place = _write(folder, files, draw)
        arrays = list(written.values())
        fits = all(a.shape == (6, 2, 3) and a.dtype == "u1" for a in arrays[::2])
        problem = refused_badly(lambda p=place, a=arrays: _misread(p, a), DataError)
        if is_whole and fits and problem is None and _is_refused(place):
            problem = "refused"
        found += [f"{problem}: {files!r}"] if problem else []
    return found


def _array(draw: random.Random, role: str) -> np.ndarray:
    if role == "labels":
        return np.array([0, 1, 2, 0, 1, 2], dtype=draw.choice(["u1", "i4", "f4"]))
    shape = draw.choice([SHAPES[0], SHAPES[0], *SHAPES])
    values = np.frombuffer(draw.randbytes(8 * int(np.prod(shape))), draw.choice(TYPES))
    return values[: int(np.prod(shape))].reshape(shape)


def _write(folder: Path, files: dict[str, bytes], draw: random.Random) -> Path:
    """Write the files as they are, packed one by one, or in an archive; return their place."""
    if draw.random() < 0.2:
        with zipfile.ZipFile(folder / "set.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        packed = (folder / "set.zip").read_bytes()
        if draw.random() < 0.2:
            (folder / "set.zip").write_bytes(damaged(packed, draw))
        return folder / "set.zip"
    for name, content in files.items():
        if draw.random() < 0.3 and name != "mapping.txt":
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (folder / name).write_bytes(content)
    return folder


def _is_refused(place: Path) -> bool:
    try:
        build(IDXConfig(path=str(place)), Path())
    except DataError:
        return place.suffix != ".zip"  # archives may be damaged, too
    return False


def _misread(place: Path, arrays: list[np.ndarray]) -> str | None:
    examples = build(IDXConfig(path=str(place)), Path())
    if not np.isfinite(examples.inputs).all() or len(examples.inputs) != len(examples.targets):
        return "not finite"
    is_pixels = examples.inputs.dtype == np.uint8
    if (
        is_pixels
        and examples.inputs.shape[1:] != (1, *arrays[0].shape[1:3])
        and arrays[0].ndim == 3
    ):
        return f"read as {examples.inputs.shape}"
    return None
