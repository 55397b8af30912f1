"""How often runs have looked at a test split, and what that costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import RunError
from nnlab.formatting import pluralize
from nnlab.storage.registry import list_runs
from nnlab.storage.schemas import means

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Summary


class Looks(NamedTuple):
    """The finished runs that were evaluated on the same test split.

    Attributes:
        num_runs: How many.
        num_examples: Test examples.
        accuracy: Best test accuracy of one of them; None for regression.
    """

    num_runs: int
    num_examples: int
    accuracy: float | None

    @property
    def optimism(self) -> float | None:
        """Expected gain in accuracy by choosing the best of as many equally good runs.

        An upper bound: the errors of runs on the same examples are not independent.

        Source: the expected maximum of n standard normal variables, of Tippett, "On the extreme
        individuals and the range of samples taken from a normal population" (1925).
        """
        from scipy.integrate import quad
        from scipy.stats import norm

        if self.accuracy is None:
            return None
        deviation = math.sqrt(self.accuracy * (1 - self.accuracy) / self.num_examples)
        n = self.num_runs
        largest = quad(lambda z: z * n * norm.pdf(z) * norm.cdf(z) ** (n - 1), -9, 9)[0]
        return deviation * float(largest)

    def to_json(self) -> dict[str, object]:
        """Return the entry of ``nnlab check --json``."""
        return {**self._asdict(), "optimism": self.optimism}

    def __str__(self) -> str:
        gain = f"up to {100 * self.optimism:.1f} points" if self.optimism else "somewhat"
        return (
            f"{self.num_runs} runs have been evaluated on these "
            f"{pluralize(self.num_examples, 'test example')}; the best of {self.num_runs} equally "
            f"good ones looks {gain} better than it is\n"
            f"  try: choose by validation (nnlab runs list, nnlab compare --metric val.accuracy), "
            f"and test the choice once"
        )


def count_looks(
    config: ExperimentConfig, runs_dir: Path, digest: Callable[[], str | None]
) -> Looks | None:
    """Count the finished runs with the test split of an experiment; None if fewer than two.

    Seeds with splits of their own share no test split.

    Args:
        config: The experiment.
        runs_dir: Folder of runs.
        digest: Returns the SHA-256 of its data, or None if they cannot be read.
    """
    if config.dataset.split.vary:
        return None
    wanted = config.dataset.which_examples()
    runs = [run for run in list_runs(runs_dir) if _has_data(run, wanted)]
    present = digest() if len(runs) > 1 else None
    summaries = [_summary(run) for run in runs if run.meta.get("data_sha256") == present]
    seen = [summary for summary in summaries if summary and "test" in summary]
    if len(seen) < 2:
        return None
    accuracies = [means(summary, "test").get("accuracy") for summary in seen]
    known = [accuracy for accuracy in accuracies if accuracy is not None]
    return Looks(len(seen), seen[-1]["num_evaluated"]["test"], max(known, default=None))


def _has_data(run: RunDir, wanted: dict[str, object]) -> bool:
    try:
        dataset = run.meta.get("dataset", {})
    except RunError:
        return False
    return {key: dataset.get(key) for key in wanted} == wanted


def _summary(run: RunDir) -> Summary | None:
    try:
        return run.summary if run.status == "finished" else None
    except RunError:
        return None
