"""A comparison that is watched while its seeds arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.api.contending import Trainer
from nnlab.api.judging import known_metric, stored_in
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from nnlab.comparison.contenders import Reference
    from nnlab.comparison.portions import Portion
    from nnlab.comparison.result import Comparison
    from nnlab.runs.execute import Watcher
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import SplitName


class LiveComparison(NamedTuple):
    """What a comparison has found, however it ended.

    Attributes:
        comparison: Stored; None if it was interrupted before every contender had a seed.
        is_finished: Whether it was not interrupted.
        note: Why the interval is wider than asked for, or None.
    """

    comparison: Comparison | None
    is_finished: bool
    note: str | None = None


def compare_live(
    contenders: Sequence[Reference],
    *,
    seeds: int,
    until: float | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
    on_reuse: Callable[[RunDir], None] | None = None,
    on_judged: Callable[[Comparison], None] | None = None,
) -> LiveComparison:
    """Train contenders seed after seed, and judge them after each by the interval of ``--until``.

    That interval is valid after any number of looks: to interrupt is to stop, and what is known by
    then is stored. Calling it again reuses the seeds that are done.

    Args:
        contenders: As of ``compare``, but no finished runs: seeds are added to experiments.
        seeds: At most so many of each contender.
        until: Stop when every interval is at most this wide: points, or the metric's unit.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs; the comparison is stored there too.
        watch: See ``train``.
        on_reuse: Called with each run that is reused.
        on_judged: Called with what is known after each seed; it may interrupt, too.

    Raises:
        ConfigError: If the contenders cannot be compared.
    """
    from nnlab.comparison.contenders import find_contenders
    from nnlab.comparison.study import StoppingRule, run_study
    from nnlab.comparison.words import shortfall, to_unit

    folders = Folders.choose(runs_dir, data_dir)
    found = find_contenders(contenders, None, (), folders, fixed=False)
    split, metric = known_metric(None, found, folders.data, is_sequential=True)
    judge = _Judge(metric, split, folders.data, on_judged)
    width = None if until is None else to_unit(metric, until)
    get_all = Trainer(folders, None, watch, True, on_reuse, None, None).portions_of
    try:
        rule = StoppingRule(width, seeds)
        comparison = run_study(found, seeds=1, get_all=get_all, judge=judge, stop=rule)
    except KeyboardInterrupt:  # of a run, or between two
        last = judge.last and stored_in(judge.last, folders)
        return LiveComparison(last, is_finished=False)
    note = None if width is None else shortfall(comparison, width)
    return LiveComparison(stored_in(comparison, folders), is_finished=True, note=note)


@dataclass
class _Judge:
    """Compares runs, and tells what it has found.

    Attributes:
        metric: What is compared.
        split: On which examples.
        data_dir: Folder of installed data.
        on_judged: Is told; or None.
        last: What it has found last; None before.
    """

    metric: str
    split: SplitName
    data_dir: Path
    on_judged: Callable[[Comparison], None] | None
    last: Comparison | None = None

    def __call__(self, runs: Mapping[str, Sequence[Portion]], **more: Any) -> Comparison:
        from nnlab.comparison.result import compare_runs

        self.last = compare_runs(
            runs, self.metric, data_dir=self.data_dir, split=self.split, **more
        )
        if self.on_judged is not None:
            self.on_judged(self.last)
        return self.last
