"""What the bytes of a run depend on besides its config: versions, hardware, threads."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PACKAGES = ("nnlab", "torch", "numpy", "scikit-learn")


def describe_environment(device: torch.device) -> dict[str, object]:
    """Return what meta.json records about how and where a run was made."""
    return {
        "command": sys.argv,
        "git_commit": _git_commit(),
        "platform": platform.platform(),
        "started_at": now(),
        **describe_computer(device),
    }


def describe_computer(device: torch.device) -> dict[str, object]:
    """Return what the bytes of a result depend on besides its config and data."""
    import torch

    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    return {
        "versions": {"python": platform.python_version(), **versions()},
        "hardware": {
            "processor": _processor(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "gpu": gpu,
        },
        "device": str(device),
        "threads": torch.get_num_threads(),
    }


@cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that compute, as they are when they are first asked for."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def _processor() -> str:
    """Return the name of the processor, from the kernel if it has one."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def now() -> str:
    """Return the current time in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def process_id() -> int:
    """Return the id of this process."""
    return os.getpid()


def _git_commit() -> str | None:
    """Return the git commit of the current folder, with ``-dirty`` if files have changed."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=Path.cwd(),
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
