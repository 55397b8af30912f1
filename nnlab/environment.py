"""What a run's bytes may depend on beside its config: versions, hardware, threads."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PACKAGES = ("nnlab", "torch", "numpy", "scikit-learn")


def describe_environment() -> dict[str, Any]:
    """Return what is recorded in meta.json about how and where a run was made."""
    import torch

    return {
        "command": sys.argv,
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
        "git_commit": _git_commit(),
        "platform": platform.platform(),
        "threads": torch.get_num_threads(),
        "started_at": now(),
    }


def now() -> str:
    """Return the current time in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def process_id() -> int:
    """Return the number of this process."""
    return os.getpid()


def _git_commit() -> str | None:
    """Return the commit of the current folder, with ``-dirty`` if files have changed."""
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
