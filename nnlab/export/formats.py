"""The formats of ``nnlab export``; this module imports none of them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean, significant
from nnlab.storage import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path


class Format(NamedTuple):
    """A format.

    Attributes:
        function: What exports it, ``module:function``. It takes a ``StoredRun``, the path of the
            result (None: its usual name in the current folder), ``Folders``, and the options that
            were given as keywords; it returns an ``Exported``.
        options: Names of the options that it takes.
        takes_results: Whether it takes a list of results instead: any number of runs, or a comparison.
    """

    function: str
    options: frozenset[str]
    takes_results: bool = False


FORMATS = {
    "onnx": Format(
        "nnlab.export.to_onnx:export_onnx", frozenset({"seed", "ensemble", "checkpoint"})
    ),
    "torch": Format("nnlab.export.to_torch:export_torch", frozenset({"seed", "checkpoint"})),
    "tensorboard": Format(
        "nnlab.export.to_tensorboard:export_tensorboard", frozenset({"follow"}), takes_results=True
    ),
    "mlflow": Format(
        "nnlab.export.to_mlflow:export_mlflow", frozenset({"follow"}), takes_results=True
    ),
    "csv": Format("nnlab.export.to_csv:export_csv", frozenset(), takes_results=True),
    "parquet": Format("nnlab.export.to_parquet:export_parquet", frozenset(), takes_results=True),
    "latex": Format("nnlab.export.to_latex:export_latex", frozenset(), takes_results=True),
}


@dataclass(frozen=True)
class Exported:
    """What was exported.

    Attributes:
        run: Id of the run.
        to: The format.
        path: The file, or the folder.
        text: What was written and what was checked, in one line.
        facts: The same as JSON values.
    """

    run: str
    to: str
    path: Path
    text: str
    facts: Mapping[str, Any]

    @property
    def size_bytes(self) -> int:
        """Size of the file, or of the files in the folder [byte]."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())

    def to_json(self) -> dict[str, Any]:
        """Return what ``nnlab export --json`` prints."""
        return {
            "schema_version": versions.OUTPUT,
            "run": self.run,
            "format": self.to,
            "path": str(self.path),
            "size_bytes": self.size_bytes,
            **self.facts,
        }


def find_exporter(name: str, options: Collection[str]) -> Callable[..., Exported]:
    """Return the function that exports a format.

    Args:
        name: The format.
        options: Names of the options that were given.

    Raises:
        ConfigError: If there is no such format, or it does not take an option.
    """
    if name not in FORMATS:
        msg = f"unknown format '{name}'{did_you_mean(name, FORMATS)}; formats: {', '.join(FORMATS)}"
        raise ConfigError(msg)
    for option in options:
        if option not in FORMATS[name].options:
            takers = [other for other, known in FORMATS.items() if option in known.options]
            msg = f"--{option} is not for {name}, but for {', '.join(takers)}"
            raise ConfigError(msg)
    module, _, function = FORMATS[name].function.partition(":")
    return cast("Callable[..., Exported]", getattr(importlib.import_module(module), function))


def describe_size(size_bytes: int) -> str:
    """Return a size in words: ``812 B``, ``238 kB``, ``1.2 MB``."""
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size_bytes >= factor:
            return f"{significant(size_bytes / factor)} {unit}"
    return f"{size_bytes} B"
