"""The memory that this process may use."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def available_host_memory() -> int | None:
    """Return the memory available to the process [byte], or None if unknown."""
    known = [size for size in (_free_memory(), _memory_limit()) if size is not None]
    return min(known, default=None)


def _free_memory() -> int | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _memory_limit(
    root: Path = Path("/sys/fs/cgroup"), groups: Path = Path("/proc/self/cgroup")
) -> int | None:
    """Return the smallest limit of this process's control groups [byte]; None if there is none.

    Args:
        root: Where control groups are mounted.
        groups: File that lists this process's groups: lines ``number:controllers:path``; version 2
            has no controllers.
    """
    try:
        lines = [line.split(":", 2) for line in groups.read_text().splitlines()]
    except OSError:
        return None
    paths = {name: path for _, names, path in lines for name in names.split(",")}
    limits = [
        *_limits(root, paths.get(""), "memory.max"),
        *_limits(root / "memory", paths.get("memory"), "memory.limit_in_bytes"),
    ]
    return min(limits, default=None)


def _limits(mount: Path, path: str | None, name: str) -> Iterator[int]:
    """Yield the limits of a control group and its ancestors."""
    folder = mount / (path or "").strip("/")
    for group in (folder, *folder.parents):
        if group.is_relative_to(mount):
            with contextlib.suppress(OSError, ValueError):  # "max" means no limit
                yield int((group / name).read_text())
