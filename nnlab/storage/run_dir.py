"""A run is a folder; RunDir is the one class that knows the names inside it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.formatting import without_nan
from nnlab.storage import versions
from nnlab.storage.atomic import failpoint, located_errors, write_atomic
from nnlab.storage.untrusted import NO_LINKS, check_plain, load_json, read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MAX_LINE_BYTES = 1_000_000
# More than any run of ours fills; a stranger's file may claim any size.
MAX_CONFIG_BYTES = 10**6
MAX_JSON_BYTES = 10**8
MAX_LINES_BYTES = 3 * 10**8


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
        return self._read_json(self.meta_path, "Meta")

    @property
    def summary(self) -> dict[str, Any]:
        """The final metrics.

        Raises:
            RunError: If the run is not finished.
        """
        if not self.summary_path.is_file():
            msg = f"run {self.id} is {self.status} and has no results yet"
            raise RunError(msg)
        return self._read_json(self.summary_path, "Summary")

    @property
    def preprocessing(self) -> dict[str, Any]:
        """How raw features became inputs."""
        return self._read_json(self.preprocessing_path, "Preprocessing")

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Every record: one per evaluated epoch and seed. Damaged lines are left out."""
        return _read_lines(self.metrics_path, "Record")

    @property
    def looks(self) -> list[dict[str, Any]]:
        """What the probe saw inside the first replica, look by look."""
        return _read_lines(self.looks_path, "Look")

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
            check_plain(self.resolved_path, MAX_CONFIG_BYTES)
            return load_config(self.resolved_path)
        except (ConfigError, FileNotFoundError) as error:
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
            status: str = self.meta.get("status", "unknown")
            return "interrupted" if status == "running" and not self.is_locked() else status
        except RunError:
            return "damaged"

    @property
    def tags(self) -> list[str]:
        """Names given to the run."""
        if not self.tags_path.is_file():
            return []
        try:
            return list(self._read_json(self.tags_path, "Tags")["tags"])
        except RunError:
            return []

    def write_tags(self, tags: Sequence[str]) -> None:
        """Give the run these names and no others."""
        write_json(self.tags_path, {"tags": sorted(set(tags))})

    def update_meta(self, **changes: Any) -> None:
        """Change or add entries of meta.json."""
        before = self.meta if self.meta_path.is_file() else {"schema_version": versions.RUN}
        write_json(self.meta_path, {**before, **changes})

    def append_metrics(self, records: Sequence[dict[str, Any]]) -> None:
        """Append one line per record; a number that is not finite becomes null, with a flag."""
        _append_lines(self.metrics_path, records)

    def append_look(self, look: dict[str, Any]) -> None:
        """Append what the probe saw."""
        _append_lines(self.looks_path, [look])

    def sync_metrics(self) -> int:
        """Bring the metrics to the disk and return their size [byte]."""
        return _sync(self.metrics_path)

    def sync_looks(self) -> int:
        """Bring what the probe saw to the disk and return its size [byte]."""
        return _sync(self.looks_path)

    def truncate(self, metrics_bytes: int, looks_bytes: int) -> None:
        """Forget the records, and what the probe saw, after a checkpoint."""
        sizes = {self.metrics_path: metrics_bytes, self.looks_path: looks_bytes}
        for path, size in sizes.items():
            if path.is_file():
                os.truncate(path, size)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for this process.

        Raises:
            RunError: If another process holds it.
        """
        with _open_lock(self.lock_path, os.O_RDWR | os.O_CREAT) as file:
            if not _try_lock(file.fileno()):
                pid = self.meta.get("pid", "unknown")
                msg = f"run {self.id} is being trained by process {pid}"
                raise RunError(msg)
            yield

    def is_locked(self) -> bool:
        """Return whether a process holds the run."""
        if not self.lock_path.is_file():
            return False
        check_plain(self.lock_path, MAX_JSON_BYTES)
        with _open_lock(self.lock_path, os.O_RDONLY) as file:
            return not _try_lock(file.fileno())

    def _read_json(self, path: Path, schema: str) -> dict[str, Any]:
        from nnlab.storage import schemas

        try:
            value = load_json(read_plain(path, MAX_JSON_BYTES))
        except FileNotFoundError as error:
            msg = f"run {self.id} has no {path.name}"
            raise RunError(msg) from error
        except (ValueError, RecursionError) as error:
            msg = f"{path} is damaged: {error}"
            raise RunError(msg) from error
        if not isinstance(value, dict):
            msg = f"{path} is damaged: not a JSON object"
            raise RunError(msg)
        if problem := schemas.problem_of(getattr(schemas, schema), value):
            msg = f"{path} is damaged: {problem}"
            raise RunError(msg)
        return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object atomically."""
    write_atomic(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def _read_lines(path: Path, schema: str) -> list[dict[str, Any]]:
    from nnlab.storage import schemas

    if not path.is_file():
        return []
    records = []
    for line in read_plain(path, MAX_LINES_BYTES).split(b"\n")[:-1]:
        if len(line) <= MAX_LINE_BYTES:
            with contextlib.suppress(ValueError, RecursionError):
                records.append(load_json(line))
    expected = getattr(schemas, schema)
    return [record for record in records if schemas.problem_of(expected, record) is None]


def _sync(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINKS, 0o666)
    try:
        os.fsync(handle)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def _open_lock(path: Path, flags: int) -> IO[bytes]:
    return os.fdopen(os.open(path, flags | NO_LINKS, 0o666), "rb")


def _append_lines(path: Path, records: Sequence[dict[str, Any]]) -> None:
    lines = b"".join(_line(record) for record in records)
    with located_errors(path, len(lines)):
        failpoint("append")
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_LINKS, 0o666)
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
        text = json.dumps({**without_nan(record), "diverged": True}, allow_nan=False)
    return text.encode() + b"\n"


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
