"""Checkpoints: tensors in safetensors files, and a manifest that says which of them count.

A checkpoint exists when the manifest names it with its size and SHA-256; the manifest is replaced
atomically after the tensors are on the disk. Whatever is damaged later is noticed by the digest,
and the checkpoint before is used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.storage import versions
from nnlab.storage.atomic import failpoint, write_atomic
from nnlab.storage.schemas import Manifest, problem_of
from nnlab.storage.untrusted import load_json, read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

NUM_KEPT = 2
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 10**7
# Where the experiment is not known; where it is, what it can fill is known too.
MAX_BYTES = 2**36


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint.

    Attributes:
        tensors: Everything that was saved, by name.
        progress: Plain values saved with it.
        metrics_bytes: Size of the metrics file at that moment.
        looks_bytes: Size of the file of what the probe saw.
        damaged: Names of newer checkpoints that were passed over.
    """

    tensors: dict[str, Tensor]
    progress: dict[str, Any]
    metrics_bytes: int
    looks_bytes: int
    damaged: tuple[str, ...]


def save(
    folder: Path,
    tensors: dict[str, Tensor],
    progress: dict[str, Any],
    metrics_bytes: int,
    looks_bytes: int,
) -> None:
    """Save a checkpoint and drop all but the newest two.

    Args:
        folder: The run's folder of checkpoints.
        tensors: What to save, by name; any device.
        progress: Plain values, with ``step``, ``epoch`` and ``batch``.
        metrics_bytes: Size of the metrics file, whose content is on the disk already.
        looks_bytes: Size of the file of what the probe saw; likewise.
    """
    import safetensors.torch

    entries = _entries(folder)
    name = f"{progress['step']:09d}.safetensors"
    if any(entry["file"] == name for entry in entries):
        name = f"{progress['step']:09d}-{progress['epoch']}.safetensors"
    on_cpu = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    content = safetensors.torch.save(on_cpu)
    write_atomic(folder / name, content)
    entry = {
        "file": name,
        "step": progress["step"],
        "epoch": progress["epoch"],
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "metrics_bytes": metrics_bytes,
        "looks_bytes": looks_bytes,
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


def load(folder: Path, max_bytes: int = MAX_BYTES) -> Checkpoint | None:
    """Return the newest checkpoint whose bytes are what the manifest says, or None before any.

    Args:
        folder: The run's folder of checkpoints.
        max_bytes: More than a checkpoint of its experiment can have.

    Raises:
        RunError: If there are checkpoints and all of them, or the manifest, are damaged.
    """
    entries = _entries(folder)
    damaged: list[str] = []
    for entry in reversed(entries):
        content = _read(folder / entry["file"], min(entry["size_bytes"], max_bytes))
        if content is None or hashlib.sha256(content).hexdigest() != entry["sha256"]:
            damaged.append(entry["file"])
            continue
        return Checkpoint(
            _tensors_in(content, folder / entry["file"]),
            entry["progress"],
            entry["metrics_bytes"],
            entry["looks_bytes"],
            tuple(damaged),
        )
    if damaged:
        msg = f"every checkpoint in {folder} is missing or damaged: {', '.join(damaged)}"
        raise RunError(msg)
    return None


def _read(path: Path, max_bytes: int) -> bytes | None:
    """Return the content of a file that is there, plain, and not larger than it should be."""
    try:
        return read_plain(path, max_bytes)
    except (FileNotFoundError, RunError):
        return None


def _tensors_in(content: bytes, path: Path) -> dict[str, Tensor]:
    import safetensors.torch

    try:
        return safetensors.torch.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError, RuntimeError) as error:
        msg = f"{path} holds no tensors, though its SHA-256 is right: {error}"
        raise RunError(msg) from error


def _entries(folder: Path) -> list[dict[str, Any]]:
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
        msg = f"{folder / MANIFEST} is damaged: its SHA-256 is not that of its content"
        raise RunError(msg)
    if problem := problem_of(Manifest, manifest):
        msg = f"{folder / MANIFEST} is damaged: {problem}"
        raise RunError(msg)
    return list(entries)


def _digest_of(entries: Any) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
