"""A run is a folder; RunDir is the one class that knows the names inside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.storage.json_lines import append_lines, read_lines, sync
from nnlab.storage.result_dir import ResultDir
from nnlab.storage.untrusted import check_plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig

SUMMARY_FILE = "summary.json"
MAX_CONFIG_BYTES = 10**6


class RunDir(ResultDir):
    """One run directory. Its properties read the file they are named after.

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
        self.predictions_path = path / "predictions.safetensors"
        self.preprocessing_path = path / "preprocessing.json"
        self.checkpoints_dir = path / "checkpoints"
        self.report_path = path / "report.html"
        self.log_path = path / "train.log"

    @property
    def summary(self) -> dict[str, Any]:
        """The final metrics.

        Raises:
            RunError: If the run is not finished.
        """
        if not self.summary_path.is_file():
            msg = f"run {self.id} is {self.status} and has no results yet"
            raise RunError(msg)
        return self.read_json(self.summary_path, "Summary")

    @property
    def preprocessing(self) -> dict[str, Any]:
        """How raw features became inputs."""
        return self.read_json(self.preprocessing_path, "Preprocessing")

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Every record: one per evaluated epoch and seed. Damaged lines are left out."""
        return read_lines(self.metrics_path, "Record")

    @property
    def probe_records(self) -> list[dict[str, Any]]:
        """What the probe measured inside the first replica, in the order of epochs."""
        return read_lines(self.probe_path, "Look")

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
            return load_config(self.resolved_path)
        except (ConfigError, FileNotFoundError) as error:
            msg = f"run {self.id} has no usable experiment:\n{error}"
            raise RunError(msg) from error

    def append_metrics(self, records: Sequence[dict[str, Any]]) -> None:
        """Append one line per record; a number that is not finite becomes null, with a flag."""
        append_lines(self.metrics_path, records)

    def append_probe_record(self, record: dict[str, Any]) -> None:
        """Append what the probe measured."""
        append_lines(self.probe_path, [record])

    def sync_metrics(self) -> int:
        """Bring the metrics to the disk and return their size [byte]."""
        return sync(self.metrics_path)

    def sync_probe_records(self) -> int:
        """Bring the probe's records to the disk and return their size [byte]."""
        return sync(self.probe_path)

    def truncate(self, metrics_bytes: int, probe_bytes: int) -> None:
        """Cut off the metrics, and the probe's records, that came after a checkpoint."""
        sizes = {self.metrics_path: metrics_bytes, self.probe_path: probe_bytes}
        for path, size in sizes.items():
            if path.is_file():
                os.truncate(path, size)
