"""The memory and disk that an experiment needs, computed before anything large is allocated.

Every number is a lower bound: what is rejected here could not have been trained.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

from nnlab.assembly.shapes import num_parameters
from nnlab.errors import DeviceError, StorageError
from nnlab.storage.checkpoint import NUM_KEPT
from nnlab.storage.memory import available_host_memory
from nnlab.training.footprint import Footprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import DataSpec

# Generated in float64, standardised, split.
DATA_COPIES = 3
FLOAT64_BYTES = 8
FLOAT32_BYTES = 4
REMEDIES = {
    "data": "dataset.num_samples",
    "activations": "train.batch_size",
    "parameters": "the model's widths",
}


def estimate(config: ExperimentConfig, spec: DataSpec) -> Footprint:
    """Return what an experiment needs besides its data and activations, without allocating it."""
    width = FLOAT64_BYTES if config.train.precision == "float64" else FLOAT32_BYTES
    parameters = config.train.seeds * width * num_parameters(config.model, spec)
    optimizer = parameters * config.optimizer.num_moments
    monitored = config.train.monitor.partition(".")[0]
    best = parameters if getattr(config.dataset.split, monitored) else 0
    checkpoint = parameters + optimizer + best
    return Footprint(parameters, parameters, optimizer, 0, best, checkpoint)


def check_data_size(config: DatasetConfig) -> None:
    """Check that generated data fit into memory, before they are generated.

    Raises:
        DeviceError: With the sizes, and what to reduce.
    """
    if config.num_generated:
        needed = DATA_COPIES * FLOAT64_BYTES * config.num_generated
        _check_memory({"data": needed}, available_host_memory())


def check_model_size(footprint: Footprint, device: torch.device | None = None) -> None:
    """Check that training fits into the memory of a device; by default, of the CPU.

    Raises:
        DeviceError: With the sizes, and what to reduce.
    """
    sizes = asdict(footprint)
    if device is not None and device.type == "cuda":
        sizes.pop("checkpoint")  # it is built in host memory
    _check_memory(sizes, available_memory(device))


def check_disk_space(footprint: Footprint, folder: Path) -> None:
    """Check that a run's checkpoints fit on the disk of a folder, which need not exist yet.

    Raises:
        StorageError: With the sizes.
    """
    from rich.filesize import decimal

    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    needed = (NUM_KEPT + 1) * footprint.checkpoint
    if needed > free:
        msg = (
            f"{folder}: the checkpoints of a run need {decimal(needed)} ({NUM_KEPT} are kept while "
            f"the next is written), but only {decimal(free)} is free\n"
            f"free some space, choose another --runs-dir, or reduce {REMEDIES['parameters']}"
        )
        raise StorageError(msg)


def _check_memory(sizes: Mapping[str, int], available: int | None) -> None:
    if available is None or sum(sizes.values()) <= available:
        return
    from rich.filesize import decimal

    listed = ", ".join(f"{name} {decimal(size)}" for name, size in sizes.items() if size)
    largest = max(sizes, key=lambda name: sizes[name])
    msg = (
        f"this needs at least {decimal(sum(sizes.values()))} of memory, but only "
        f"{decimal(available)} is available: {listed}\n"
        f"reduce {REMEDIES.get(largest, REMEDIES['parameters'])} or train.seeds"
    )
    raise DeviceError(msg)


def available_memory(device: torch.device | None = None) -> int | None:
    """Return the memory available to the process [byte], or None if unknown."""
    if device is not None and device.type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return available_host_memory()
