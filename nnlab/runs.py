"""A run is a folder; RunDir is the one class that knows the names inside it."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.files import failpoint, located_errors, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig

SCHEMA_VERSION = 1
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MAX_LINE_BYTES = 1_000_000


class RunDir:
    """One run directory.

    Args:
        path: The folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.config_path = path / "config.yaml"
        self.resolved_path = path / "resolved.yaml"
        self.meta_path = path / "meta.json"
        self.metrics_path = path / "metrics.jsonl"
        self.looks_path = path / "probe.jsonl"
        self.summary_path = path / "summary.json"
        self.comparison_path = path / "comparison.json"
        self.predictions_path = path / "predictions.safetensors"
        self.preprocessing_path = path / "preprocessing.json"
        self.checkpoints_dir = path / "checkpoints"
        self.report_path = path / "report.html"
        self.log_path = path / "train.log"
        self.tags_path = path / "tags.json"
        self.lock_path = path / "lock"

    def __repr__(self) -> str:
        return f"RunDir({str(self.path)!r}, status={self.status!r})"

    @classmethod
    def create(cls, runs_dir: Path, name: str) -> RunDir:
        """Make a new folder ``<UTC second>-<name>-<random hex>``; never one that exists."""
        runs_dir.mkdir(parents=True, exist_ok=True)
        while True:
            second = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            path = runs_dir / f"{second}-{name}-{secrets.token_hex(2)}"
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return cls(path)

    @property
    def meta(self) -> dict[str, Any]:
        """What is known of the run beside its metrics: status, versions, device, times."""
        return self._read_json(self.meta_path)

    @property
    def summary(self) -> dict[str, Any]:
        """The final metrics.

        Raises:
            RunError: If the run is not finished.
        """
        if not self.summary_path.is_file():
            msg = f"run {self.id} is {self.status} and has no results yet"
            raise RunError(msg)
        return self._read_json(self.summary_path)

    @property
    def preprocessing(self) -> dict[str, Any]:
        """How raw features became inputs."""
        return self._read_json(self.preprocessing_path)

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Every record: one per evaluated epoch and seed. A torn last line is left out."""
        return _read_lines(self.metrics_path)

    @property
    def looks(self) -> list[dict[str, Any]]:
        """What the probe saw inside the first replica, look by look."""
        return _read_lines(self.looks_path)

    @property
    def config(self) -> ExperimentConfig:
        """The experiment, with every default and override.

        Raises:
            RunError: If the stored experiment cannot be read.
        """
        from nnlab.config.load import load_config
        from nnlab.errors import ConfigError

        if self.is_comparison:
            msg = f"{self.id} is a comparison, not a run; see its {self.comparison_path.name}"
            raise RunError(msg)
        try:
            return load_config(self.resolved_path)
        except ConfigError as error:
            msg = f"run {self.id} has no usable experiment:\n{error}"
            raise RunError(msg) from error

    @property
    def is_comparison(self) -> bool:
        """Whether it holds what ``nnlab compare`` found, and no model."""
        return self.comparison_path.is_file()

    @property
    def status(self) -> str:
        """running, finished, interrupted, diverged, failed; damaged if meta.json is.

        A running one without a process is interrupted.
        """
        try:
            status = str(self.meta.get("status", "unknown"))
        except RunError:
            return "damaged"
        return "interrupted" if status == "running" and not self.is_locked() else status

    @property
    def tags(self) -> list[str]:
        """Names given to the run."""
        if not self.tags_path.is_file():
            return []
        try:
            tags = self._read_json(self.tags_path).get("tags")
        except RunError:
            return []
        return [str(tag) for tag in tags] if isinstance(tags, list) else []

    def write_tags(self, tags: Sequence[str]) -> None:
        """Give the run these names and no others."""
        write_json(self.tags_path, {"tags": sorted(set(tags))})

    def update_meta(self, **changes: Any) -> None:
        """Change or add entries of meta.json."""
        before = self.meta if self.meta_path.is_file() else {"schema_version": SCHEMA_VERSION}
        write_json(self.meta_path, {**before, **changes})

    def append_metrics(self, records: Sequence[dict[str, Any]]) -> None:
        """Append one line per record; a number that is not finite becomes null, with a flag."""
        _append_lines(self.metrics_path, records)

    def append_look(self, look: dict[str, Any]) -> None:
        """Append what the probe saw."""
        _append_lines(self.looks_path, [look])

    def sync_metrics(self) -> int:
        """Bring the metrics to the disk and return their size [byte]."""
        handle = os.open(self.metrics_path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            os.fsync(handle)
            return os.fstat(handle).st_size
        finally:
            os.close(handle)

    def truncate_metrics(self, size_bytes: int) -> None:
        """Forget the records that came after a checkpoint."""
        if self.metrics_path.is_file():
            os.truncate(self.metrics_path, size_bytes)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for this process.

        Raises:
            RunError: If another process holds it.
        """
        with self.lock_path.open("a+") as file:
            if not _try_lock(file.fileno()):
                pid = self.meta.get("pid", "unknown")
                msg = f"run {self.id} is being trained by process {pid}"
                raise RunError(msg)
            yield

    def is_locked(self) -> bool:
        """Return whether a process holds the run."""
        if not self.lock_path.is_file():
            return False
        with self.lock_path.open() as file:
            return not _try_lock(file.fileno())

    def _read_json(self, path: Path) -> dict[str, Any]:
        try:
            value = load_json(path.read_bytes())
        except FileNotFoundError as error:
            msg = f"run {self.id} has no {path.name}"
            raise RunError(msg) from error
        except (ValueError, RecursionError) as error:
            msg = f"{path} is damaged: {error}"
            raise RunError(msg) from error
        if not isinstance(value, dict):
            msg = f"{path} is damaged: not a JSON object"
            raise RunError(msg)
        return value


def load_json(content: bytes) -> Any:
    """Return the value of a JSON text; NaN and infinity, which JSON does not know, are errors."""

    def refuse(constant: str) -> None:
        msg = f"{constant} is not JSON"
        raise ValueError(msg)

    return json.loads(content, parse_constant=refuse)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object atomically."""
    write_atomic(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    records = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        if len(line) <= MAX_LINE_BYTES:
            with contextlib.suppress(ValueError, RecursionError):
                records.append(load_json(line))
    return [record for record in records if isinstance(record, dict)]


def _append_lines(path: Path, records: Sequence[dict[str, Any]]) -> None:
    lines = b"".join(_line(record) for record in records)
    with located_errors(path, len(lines)):
        failpoint("append")
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            while lines:
                lines = lines[os.write(handle, lines) :]
        finally:
            os.close(handle)
        failpoint("appended")


def _line(record: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(record, allow_nan=False)
    except ValueError:
        text = json.dumps({**_without_nan(record), "diverged": True}, allow_nan=False)
    return text.encode() + b"\n"


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _try_lock(handle: int) -> bool:
    """Take an exclusive lock that ends with the process; where there is none, never refuse."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
