"""Where a recorder keeps what it records: the folder of a run, or memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nnlab.storage.checkpoint import Checkpoint, LogSizes
    from nnlab.storage.schemas import Record


class Store(Protocol):
    """What a recorder needs of the place where it records; ``RunDir`` is one."""

    @property
    def id(self) -> str:
        """What messages call the training."""
        ...

    def append_metrics(self, records: Sequence[Record]) -> None:
        """Keep the records of an evaluated epoch."""
        ...

    def append_probe_record(self, record: Mapping[str, object]) -> None:
        """Keep what the probe measured."""
        ...

    def truncate_logs(self, sizes: LogSizes) -> None:
        """Drop what came after a checkpoint."""
        ...

    def save_checkpoint(self, tensors: dict[str, Tensor], progress: dict[str, object]) -> None:
        """Keep a state from which training can go on."""
        ...

    def load_checkpoint(self, max_bytes: int) -> Checkpoint[Tensor] | None:
        """Return the newest state, or None if there is none."""
        ...


class MemoryStore:
    """A store that writes no file: it keeps the metrics, and there is nothing to go on from.

    Attributes:
        records: Every record: one per evaluated epoch and seed.
    """

    id = "in memory"

    def __init__(self) -> None:
        self.records: list[Record] = []

    def append_metrics(self, records: Sequence[Record]) -> None:
        """Keep the records."""
        self.records.extend(records)

    def append_probe_record(self, record: Mapping[str, object]) -> None:
        """Keep nothing: the probe's records are for the diagnosis of a stored run."""

    def truncate_logs(self, sizes: LogSizes) -> None:
        """Drop nothing: nothing comes after a checkpoint."""

    def save_checkpoint(self, tensors: dict[str, Tensor], progress: dict[str, object]) -> None:
        """Keep nothing: an interrupted training in memory starts again."""

    def load_checkpoint(self, max_bytes: int) -> None:
        """Return None: there is no earlier state."""
