"""What the results of a system of the course are compared with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import configs_dir
from nnlab.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nnlab.api.browsing import RunDir

# Written by ``python -m benchmarks.plain_pytorch``.
PLAIN_SEEDS = configs_dir() / "course" / "plain_pytorch.json"
# Metrics that need the model of a run, not only what it has written.
OF_THE_MODEL = "probability"
GAP = "gap"


@dataclass(frozen=True)
class Measure:
    """A result of a system, and the range it is compared with.

    Where single seeds scatter, the range is that of plain PyTorch's seeds.

    Attributes:
        part: ``train`` or ``test``.
        metric: Metric of that split; ``gap``: accuracy in training minus accuracy in the test.
        low: Lower end of the range; None where seeds scatter.
        high: Upper end of the range; None where seeds scatter.
        published: The value printed in the document.
        source: Where ``low`` and ``high`` come from; empty: 20 seeds of plain PyTorch.
        epoch: Epoch after which it is measured; default: the last.
        name: Its name, if it is not the metric of a split.
    """

    part: str
    metric: str
    low: float | None = None
    high: float | None = None
    published: str = "-"
    source: str = ""
    epoch: int | None = None
    name: str = ""

    @property
    def scatters(self) -> bool:
        """Whether seeds scatter so much that only their distribution can be compared."""
        return self.low is None or self.high is None

    @property
    def needs_model(self) -> bool:
        """Whether it asks the model, and is not written in the records of a run."""
        return self.metric == OF_THE_MODEL

    @property
    def label(self) -> str:
        """Name of the measure, in words."""
        after = f" after epoch {self.epoch}" if self.epoch else ""
        return self.name or f"{self.part} {self.metric}{after}"

    def read(self, run: RunDir) -> list[float]:
        """Return the value of each replica of a run.

        Raises:
            RunError: If the run has no such value.
        """
        try:
            return [self._value(record) for record in self._records(run)]
        except (LookupError, TypeError) as error:
            msg = f"run {run.id} has no {self.label}"
            raise RunError(msg) from error

    def _records(self, run: RunDir) -> Iterable[Mapping[str, Any]]:
        if self.epoch is None:
            return run.summary["per_seed"]
        return [record for record in run.metrics if record["epoch"] == self.epoch]

    def _value(self, record: Mapping[str, Any]) -> float:
        if self.metric == GAP:
            return float(record["train"]["accuracy"] - record["test"]["accuracy"])
        return float(record[self.part][self.metric])


@dataclass(frozen=True)
class System:
    """A row of the documents' list.

    Attributes:
        row: Its name in the list.
        config: The bundled experiment.
        measures: The results to measure.
        overrides: Overrides of the experiment.
        then: The command that shows the value, if training does not.
        is_split_by_seed: Whether each seed is its own run, not a replica.
        has_images: Whether it needs the official archives.
        is_slow: Whether three seeds take more than a minute.
    """

    row: str
    config: str
    measures: tuple[Measure, ...]
    overrides: tuple[str, ...] = ()
    then: str = ""
    is_split_by_seed: bool = False
    has_images: bool = False
    is_slow: bool = False

    def plain_seeds(self, measure: Measure) -> list[float]:
        """Return what the seeds of plain PyTorch gave, for a measure that scatters."""
        return plain_seeds()[f"{self.row}: {measure.label}"]


def plain_seeds() -> dict[str, list[float]]:
    """Return, for each ``row: measure``, the value of each seed of plain PyTorch."""
    return json.loads(PLAIN_SEEDS.read_text(encoding="utf-8")) if PLAIN_SEEDS.is_file() else {}
