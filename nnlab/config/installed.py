"""Components of installed packages, by entry points: the packages' code is read here, not run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.own_code import OwnCodeError, OwnName, Source, definition_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# By the section of an experiment.
GROUPS = {
    "model": "nnlab.models",
    "dataset": "nnlab.datasets",
    "loss": "nnlab.losses",
    "optimizer": "nnlab.optimizers",
    "metrics": "nnlab.metrics",
}


def installed(section: str) -> dict[str, EntryPoint]:
    """Return what installed packages offer for a section, by name."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUPS[section])}


def read_installed(entry: EntryPoint) -> OwnName:
    """Return the name of an installed component with its source.

    Raises:
        OwnCodeError: If its file is not found, or has no such class or function.
    """
    stem = entry.module.replace(".", "/")
    for file in (f"{stem}.py", f"{stem}/__init__.py"):
        path = Path(str(entry.dist.locate_file(file))) if entry.dist else Path(file)
        if path.is_file():
            folder = path.parents[file.count("/")]
            source = Source(folder, file, {file: path.read_bytes()}, entry=entry)
            own = OwnName.of(entry.name, source)
            definition_of(own)
            return own
    msg = f"{entry.name} of {distribution_of(entry)} stands for {entry.value}, which has no Python file"
    raise OwnCodeError(msg)


def distribution_of(entry: EntryPoint) -> str:
    """Return the name and version of the distribution that offers a component."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
