"""Peak memory of training."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

import torch

PROCESS = Path("/proc/self")
RESET_PEAK = "5"  # proc(5), clear_refs


def forget_peak(device: torch.device) -> None:
    """Restart the measurement; memory freed by earlier runs is returned to the system first."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)
        with contextlib.suppress(OSError):
            (PROCESS / "clear_refs").write_text(RESET_PEAK)


def peak_bytes(device: torch.device) -> int | None:
    """Return the peak memory since ``forget_peak``: of the device, or resident in the process.

    Returns:
        None where the system does not report it. ``getrusage`` is not a substitute: it can start at
        the peak of the parent process.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        lines = (PROCESS / "status").read_text().splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]  # [KiB]
    return 1024 * int(sizes[0]) if sizes else None
