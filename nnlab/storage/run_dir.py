"""The folder of a run. Only RunDir knows the file names inside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.storage.json_lines import append_lines, read_lines, sync
from nnlab.storage.result_dir import ResultDir
from nnlab.storage.untrusted import check_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.checkpoint import Checkpoint, LogSizes
    from nnlab.storage.preprocessing_schema import Preprocessing
    from nnlab.storage.schemas import ProbeRecord, Record, Summary

SUMMARY_FILE = "summary.json"
PREDICTIONS_FILE = "predictions.safetensors"
ARRAYS_FILE = "data.npz"
MAX_CONFIG_BYTES = 10**6


class RunDir(ResultDir):
    """A run directory. Each property reads the file of its name.

    Args:
        path: The folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.config_path = path / "config.yaml"
        self.resolved_path = path / "resolved.yaml"
        self.metrics_path = path / "metrics.jsonl"
        self.probe_path = path / "probe.jsonl"
        self.summary_path = path / SUMMARY_FILE
        self.predictions_path = path / PREDICTIONS_FILE
        self.arrays_path = path / ARRAYS_FILE  # data that a program gave
        self.preprocessing_path = path / "preprocessing.json"
        self.replicas_path = path / "replicas.json"  # of a pack: what trains in each replica
        self.checkpoints_dir = path / "checkpoints"
        self.report_path = path / "report.html"
        self.log_path = path / "train.log"

    @property
    def summary(self) -> Summary:
        """The final metrics.

        Raises:
            RunError: If the run is not finished.
        """
        from nnlab.storage.schemas import Summary

        if not self.summary_path.is_file():
            status = self.status
            msg = f"run {self.id} is {status} and has no results yet"
            if status == "finished":
                msg = f"run {self.id} is damaged: it is finished, but {SUMMARY_FILE} is gone"
            raise RunError(msg)
        return self.read_json(self.summary_path, Summary)

    @property
    def preprocessing(self) -> Preprocessing:
        """How raw features became inputs."""
        from nnlab.storage.preprocessing_schema import Preprocessing

        return self.read_json(self.preprocessing_path, Preprocessing)

    @property
    def metrics(self) -> list[Record]:
        """Every record: one per evaluated epoch and seed. Damaged lines are left out."""
        from nnlab.storage.schemas import Record

        return read_lines(self.metrics_path, Record)

    @property
    def probe_records(self) -> list[ProbeRecord]:
        """What the probe measured inside the first replica, in the order of epochs."""
        from nnlab.storage.schemas import ProbeRecord

        return read_lines(self.probe_path, ProbeRecord)

    @property
    def config(self) -> ExperimentConfig:
        """The experiment, with every default and override.

        Raises:
            RunError: If the stored experiment cannot be read.
        """
        from nnlab.config.load import load_config
        from nnlab.errors import ConfigError

        try:
            check_plain(self.resolved_path, MAX_CONFIG_BYTES)
            return load_config(self.resolved_path, is_stored=True)
        except (ConfigError, FileNotFoundError) as error:
            msg = f"run {self.id} has no valid experiment:\n{error}"
            raise RunError(msg) from error

    def append_metrics(self, records: Sequence[Mapping[str, object]]) -> None:
        """Append one line per record; a number that is not finite becomes null, with a flag."""
        append_lines(self.metrics_path, records)

    def append_probe_record(self, record: Mapping[str, object]) -> None:
        """Append what the probe measured."""
        append_lines(self.probe_path, [record])

    def sync_logs(self) -> LogSizes:
        """Sync metrics and probe records to the disk and return their sizes."""
        from nnlab.storage.checkpoint import LogSizes

        return LogSizes(sync(self.metrics_path), sync(self.probe_path))

    def save_checkpoint(self, tensors: dict[str, Tensor], progress: dict[str, object]) -> None:
        """Save a checkpoint; see ``nnlab.storage.checkpoint.save``."""
        from nnlab.storage import checkpoint

        checkpoint.save(self.checkpoints_dir, tensors, progress, self.sync_logs())

    def load_checkpoint(self, max_bytes: int) -> Checkpoint[Tensor] | None:
        """Return the newest good checkpoint; see ``nnlab.storage.checkpoint.load``."""
        from nnlab.storage import checkpoint

        return checkpoint.load(self.checkpoints_dir, max_bytes)

    def truncate_logs(self, sizes: LogSizes) -> None:
        """Cut off the metrics and probe records that came after a checkpoint."""
        for path, size in zip((self.metrics_path, self.probe_path), sizes, strict=True):
            if path.is_file():
                os.truncate(path, size)
