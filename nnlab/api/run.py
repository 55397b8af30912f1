"""A run as Python programs and notebooks use it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.formatting import format_metric, pluralize
from nnlab.metrics import label_of
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike
    from torch import Tensor, nn

    from nnlab.storage.schemas import Summary


class Run(RunDir):
    """A run. A notebook shows its metrics.

    >>> run = nnlab.load_run("latest")
    >>> logits = run.model()(run.preprocess(rows))
    """

    def model(self, seed: int | None = None, *, checkpoint: str | None = None) -> nn.Module:
        """Return the trained network of one seed, on the CPU, in evaluation mode.

        It is an ordinary module, independent of the run. Its inputs are what ``preprocess`` returns;
        its outputs are logits, or values in the unit of the target.

        Args:
            seed: The seed; default: the first one.
            checkpoint: ``last`` or ``best``; default: the weights the experiment selects.

        Raises:
            RunError: If the run has no such seed, or no usable weights.
        """
        from nnlab.runs.inference import load_model
        from nnlab.runs.load import open_run

        return load_model(open_run(self), seed, checkpoint)

    def preprocess(self, rows: ArrayLike, seed: int | None = None) -> Tensor:
        """Return rows as the network takes them, standardised as the training data were.

        Args:
            rows: Features as in the run's data, ``(N, ...)``: pixels, the columns of its table in
                their order, or a data frame with them.
            seed: As for ``model``; it matters where ``split.vary`` gives each seed its own split.

        Raises:
            DataError: If the rows do not have the shape of the run's inputs.
        """
        from nnlab.runs.arrays import raw_of
        from nnlab.runs.inference import preprocess
        from nnlab.runs.load import open_run

        stored = open_run(self)
        return preprocess(stored, raw_of(stored, rows), seed)

    def _repr_html_(self) -> str:
        try:
            body = "".join(_table(self.summary))
        except RunError:
            body = f"<p>{escape(self.status)}</p>"
        return f"<b>{escape(self.id)}</b>{body}"


def _table(summary: Summary) -> Iterator[str]:
    """Yield the metrics by split as an HTML table, then what they are of."""
    from nnlab.storage.schemas import deviations, survivors, values_in
    from nnlab.storage.seeds import about_diverged

    splits = [split for split in ("test", "val", "train") if split in summary]
    yield "<table><tr><th></th>"
    for split in splits:
        yield f"<th>{split} ({summary['num_evaluated'][split]:,})</th>"
    for metric in values_in(summary, splits[0]):
        yield f"</tr><tr><th>{escape(label_of(metric))}</th>"
        for split in splits:
            mean, deviation = values_in(summary, split)[metric], deviations(summary, split)[metric]
            yield f"<td>{format_metric(metric, mean, deviation)}</td>"
    num_seeds = len(survivors(summary))
    spread = f"mean +- standard deviation of {num_seeds} seeds, " if num_seeds > 1 else ""
    if lost := about_diverged(summary):
        spread = f"{escape(lost)}, {spread}"
    yield (
        f"</tr></table><p>{spread}{pluralize(summary['epochs'], 'epoch')} in "
        f"{summary['train_seconds']:.1f} s</p>"
    )
