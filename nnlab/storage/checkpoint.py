"""Checkpoints: safetensors files, and a manifest that lists the valid ones.

A checkpoint exists once the manifest lists it with its size and SHA-256; the manifest is replaced
atomically after the tensors are on the disk. The digest detects later damage, and the checkpoint
before is used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast

from nnlab.errors import RunError
from nnlab.storage import versions
from nnlab.storage.atomic import failpoint, write_atomic
from nnlab.storage.manifest import Entry, Manifest
from nnlab.storage.schemas import check
from nnlab.storage.snapshot import Snapshot
from nnlab.storage.untrusted import load_json, read_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from torch import Tensor

# Tensors, or arrays.
T = TypeVar("T")
NUM_KEPT = 2
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 10**7
# For readers that do not know the experiment; the others pass the size it can have.
MAX_BYTES = 2**36


class LogSizes(NamedTuple):
    """Sizes of the files that grow while a run trains [byte].

    Attributes:
        metrics: metrics.jsonl.
        probe: probe.jsonl.
    """

    metrics: int
    probe: int


@dataclass(frozen=True)
class Checkpoint(Generic[T]):
    """A verified checkpoint.

    Attributes:
        tensors: Everything that was saved, by name.
        progress: JSON values saved with it.
        log_sizes: Sizes of the run's logs at that moment.
        damaged: Names of newer checkpoints that were skipped.
    """

    tensors: dict[str, T]
    progress: dict[str, object]
    log_sizes: LogSizes
    damaged: tuple[str, ...]

    def snapshot(self) -> Snapshot[T]:
        """Return the tensors in their groups.

        Raises:
            ValueError: If a name is not one of a snapshot.
        """
        return Snapshot.from_tensors(self.tensors)


def save(
    folder: Path,
    tensors: dict[str, Tensor],
    progress: dict[str, object],
    log_sizes: LogSizes,
) -> None:
    """Save a checkpoint and drop all but the newest two.

    Args:
        folder: The run's folder of checkpoints.
        tensors: Tensors to save, by name; on any device.
        progress: JSON values to save, with ``step``, ``epoch`` and ``batch``.
        log_sizes: Sizes of the run's logs, whose content is on the disk already.
    """
    import safetensors.torch

    entries = _entries(folder)
    step, epoch = cast("int", progress["step"]), cast("int", progress["epoch"])
    name = f"{step:09d}.safetensors"
    if any(entry["file"] == name for entry in entries):
        name = f"{step:09d}-{epoch}.safetensors"
    on_cpu = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    content = safetensors.torch.save(on_cpu)
    write_atomic(folder / name, content)
    entry: Entry = {
        "file": name,
        "step": step,
        "epoch": epoch,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "metrics_bytes": log_sizes.metrics,
        "looks_bytes": log_sizes.probe,
        "progress": progress,
    }
    entries = [*(e for e in entries if e["file"] != name), entry][-NUM_KEPT:]
    manifest = {
        "schema_version": versions.CHECKPOINT,
        "checkpoints": entries,
        "sha256": _digest_of(entries),
    }
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=2, allow_nan=False).encode())
    failpoint("prune")
    _prune(folder, {e["file"] for e in entries})


def _prune(folder: Path, kept: set[str]) -> None:
    for path in folder.glob("*.safetensors"):
        if path.name not in kept:
            path.unlink()


def load(folder: Path, max_bytes: int = MAX_BYTES) -> Checkpoint[Tensor] | None:
    """Return the newest checkpoint whose bytes match the manifest, or None before the first.

    Args:
        folder: The run's folder of checkpoints.
        max_bytes: An upper bound for the size of a checkpoint of the experiment.

    Raises:
        RunError: If the manifest or every checkpoint is damaged.
    """
    import safetensors.torch

    return _load(folder, max_bytes, safetensors.torch.load)


def load_arrays(folder: Path, max_bytes: int = MAX_BYTES) -> Checkpoint[np.ndarray] | None:
    """Return what ``load`` does, as arrays that cannot be written to, without torch."""
    import safetensors.numpy

    return _load(folder, max_bytes, safetensors.numpy.load)


def _load(
    folder: Path, max_bytes: int, parse: Callable[[bytes], dict[str, T]]
) -> Checkpoint[T] | None:
    entries = _entries(folder)
    damaged: list[str] = []
    for entry in reversed(entries):
        content = _read(folder / entry["file"], min(entry["size_bytes"], max_bytes))
        if content is None or hashlib.sha256(content).hexdigest() != entry["sha256"]:
            damaged.append(entry["file"])
            continue
        return Checkpoint(
            _parsed(content, folder / entry["file"], parse),
            entry["progress"],
            LogSizes(entry["metrics_bytes"], entry["looks_bytes"]),
            tuple(damaged),
        )
    if damaged:
        msg = f"every checkpoint in {folder} is missing or damaged: {', '.join(damaged)}"
        raise RunError(msg)
    return None


def _read(path: Path, max_bytes: int) -> bytes | None:
    """Return the content of a plain file of at most ``max_bytes``, or None."""
    try:
        return read_plain(path, max_bytes)
    except (FileNotFoundError, RunError):
        return None


def _parsed(content: bytes, path: Path, parse: Callable[[bytes], dict[str, T]]) -> dict[str, T]:
    from safetensors import SafetensorError

    try:
        return parse(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        msg = f"{path} holds no tensors, although its SHA-256 is correct: {error}"
        raise RunError(msg) from error


def _entries(folder: Path) -> list[Entry]:
    if folder.is_symlink():
        msg = f"{folder} is a symbolic link; it is not followed"
        raise RunError(msg)
    try:
        content = read_plain(folder / MANIFEST, MAX_MANIFEST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return []
    try:
        manifest = load_json(content)
        version, entries = manifest["schema_version"], manifest["checkpoints"]
        digest = manifest.get("sha256")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        msg = f"{folder / MANIFEST} is damaged: {error!r}"
        raise RunError(msg) from error
    if version != versions.CHECKPOINT:
        msg = f"{folder / MANIFEST} has version {version}; this nnlab reads {versions.CHECKPOINT}"
        raise RunError(msg)
    if digest != _digest_of(entries):
        msg = f"{folder / MANIFEST} is damaged: its SHA-256 does not match its content"
        raise RunError(msg)
    try:
        return check(Manifest, manifest)["checkpoints"]
    except ValueError as error:
        msg = f"{folder / MANIFEST} is damaged: {error}"
        raise RunError(msg) from error


def _digest_of(entries: object) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
