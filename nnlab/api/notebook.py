"""Progress in a notebook: a bar and the latest metrics, replaced after every evaluated epoch."""

from __future__ import annotations

import contextlib
import importlib
import sys
from html import escape
from typing import TYPE_CHECKING, Any

from nnlab.formatting import format_metric
from nnlab.metrics import CURVES
from nnlab.storage.schemas import SPLITS, mean_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nnlab.runs.execute import Watcher
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress


def notebook_watcher() -> Watcher | None:
    """Return a watcher that shows the progress below the cell; None outside of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return _watch if hasattr(shell, "kernel") else None


@contextlib.contextmanager
def _watch(
    run: RunDir, job: Job, progress: Progress
) -> Iterator[Callable[[Sequence[Record]], None]]:
    ipython: Any = importlib.import_module("IPython.display")

    def page(text: str) -> object:
        bar = f'<progress value="{progress.epoch}" max="{job.num_epochs}"></progress>'
        return ipython.HTML(f"{bar} {escape(run.id)}: {escape(text)}")

    shown: Any = ipython.display(page("the first epoch ..."), display_id=True)
    yield lambda records: shown.update(page(_line(records, job.num_epochs)))


def _line(records: Sequence[Record], num_epochs: int) -> str:
    """Return the epoch, and each metric averaged over the replicas that still train."""
    words = [f"epoch {records[0]['epoch']}/{num_epochs}"]
    for split in SPLITS:
        for metric in CURVES:
            mean = mean_in(records, split, metric)
            if mean is not None:
                words.append(f"{split} {metric} {format_metric(metric, mean)}")
    return ", ".join(words)
