"""Judging experiments from Python: compare, plan and verify."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.api.contending import Trainer
from nnlab.api.training import load_run
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.metrics import COMPARED, TaskName, metrics_of
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nnlab.api.elsewhere import OnTrained
    from nnlab.comparison.contenders import Contender, Reference
    from nnlab.comparison.planning import Plan
    from nnlab.comparison.result import Comparison
    from nnlab.comparison.study import StoppingRule
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.execute import Watcher
    from nnlab.runs.verify import Verification
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import SplitName

DEFAULT_SEEDS = 5


def compare(
    contenders: Sequence[Reference],
    overrides: Overrides = (),
    *,
    dataset: str | None = None,
    seeds: int | None = None,
    metric: str | None = None,
    until: float | None = None,
    max_seeds: int = 50,
    reuse: bool = True,
    device: str | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
    on_reuse: Callable[[RunDir], None] | None = None,
    on: str | None = None,
    on_trained: OnTrained | None = None,
) -> Comparison:
    """Train contenders on the same seeds and splits, and say which is better, with its uncertainty.

    Args:
        contenders: Two or more runs, config files, bundled experiments, model words or mappings.
        overrides: See ``train``; for every contender that is trained.
        dataset: Data of model words: a data set, or an experiment file; default: mnist.
        seeds: Replicas of each contender that is trained; default: 5, or one for each fold.
        metric: The test metric, or ``val.accuracy`` while you tune; default: accuracy or mse.
        until: Add seeds until every interval is at most this wide: points, or the metric's unit.
        max_seeds: Number of seeds at which ``until`` stops anyway.
        reuse: Reuse finished runs of the same experiment, data and version instead of training.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs; the comparison is stored there too.
        watch: See ``train``.
        on_reuse: Called with each run that is reused.
        on: Where to train, several at once: ``process:4``, ``ray`` or ``slurm``; default: here.
        on_trained: Called with each run that was trained there, how many were, and how many there are.

    Raises:
        ConfigError: If there are fewer than two contenders, or they cannot be compared.
    """
    from nnlab.comparison.contenders import check_overrides, find_contenders

    folders = Folders.choose(runs_dir, data_dir)
    words = as_arguments(overrides)
    found = find_contenders(contenders, dataset, words, folders, fixed=until is None)
    check_overrides(words, found)
    trainer = Trainer(folders, device, watch, reuse, on_reuse, on, on_trained)
    return _study(found, trainer, seeds=seeds, metric=metric, until=until, max_seeds=max_seeds)


def _study(
    contenders: Sequence[Contender],
    trainer: Trainer,
    *,
    seeds: int | None,
    metric: str | None,
    until: float | None,
    max_seeds: int,
) -> Comparison:
    """Train contenders, compare them and store what was found; see ``compare``."""
    from nnlab.comparison.result import compare_runs
    from nnlab.comparison.study import run_study

    folders, is_sequential = trainer.folders, until is not None
    split, metric = known_metric(metric, contenders, folders.data, is_sequential=is_sequential)
    study = run_study(
        contenders,
        seeds=_num_seeds(contenders, seeds),
        get_all=trainer.portions_of,
        judge=partial(compare_runs, metric=metric, split=split, data_dir=folders.data),
        stop=_stopping_rule(metric, until, max_seeds),
    )
    return stored_in(study, folders)


def _num_seeds(contenders: Sequence[Contender], wanted: int | None) -> int:
    """Return the seeds of each contender that is trained.

    Raises:
        ConfigError: If they do not test every fold equally often.
    """
    from nnlab.config.fold_rules import why_unfinished

    folds = contenders[0].config.dataset.split.folds
    seeds = wanted or folds or DEFAULT_SEEDS
    if folds is not None and seeds % folds:
        msg = f"--seeds {seeds}: {why_unfinished(folds, seeds)}"
        raise ConfigError(msg)
    return seeds


def _stopping_rule(metric: str, until: float | None, max_seeds: int) -> StoppingRule | None:
    from nnlab.comparison.study import StoppingRule
    from nnlab.comparison.words import to_unit

    return None if until is None else StoppingRule(to_unit(metric, until), max_seeds)


def _check_split(config: ExperimentConfig, split: SplitName, *, is_sequential: bool) -> None:
    """Refuse, before anything is trained, what the split of the data does not allow.

    Raises:
        ConfigError: With what to change.
    """
    if split == "val" and not config.dataset.split.val:
        msg = "there is no val split to compare on; set dataset.split.val"
        raise ConfigError(msg)
    if is_sequential and config.dataset.split.vary:
        key = "vary" if config.dataset.split.folds is None else "folds"
        msg = f"--until needs one test split for all seeds; leave out dataset.split.{key}"
        raise ConfigError(msg)


def known_metric(
    metric: str | None, contenders: Sequence[Contender], data_dir: Path, *, is_sequential: bool
) -> tuple[SplitName, str]:
    """Return the split and the metric that ``accuracy``, ``test.accuracy`` or ``val.accuracy`` name."""
    from nnlab.comparison.comparable import check_metric

    config = contenders[0].config
    task = config.dataset.task
    known = [*metrics_of(task), *(own.metric for own in config.metrics)]
    split, name = (
        ("test", COMPARED[task]) if metric is None else _split_and_name(metric, task, known)
    )
    chosen: SplitName = "val" if split == "val" else "test"
    _check_split(config, chosen, is_sequential=is_sequential)
    check_metric(contenders, name, data_dir)
    return chosen, name


def _split_and_name(metric: str, task: TaskName, known: Sequence[str]) -> tuple[str, str]:
    split, dot, name = metric.rpartition(".")
    if name not in known:
        hint = did_you_mean(name, known)
        msg = f"unknown metric '{metric}'{hint}; {task} metrics: {', '.join(known)}"
        raise ConfigError(msg)
    if dot and split not in {"test", "val"}:
        msg = f"unknown split in '{metric}'; use {name} or test.{name}, or val.{name}"
        raise ConfigError(msg)
    return split, name


def stored_in(comparison: Comparison, folders: Folders) -> Comparison:
    """Store a comparison with its picture, and return it with its id."""
    from nnlab.comparison.store import store
    from nnlab.report.comparison_page import write_picture

    stored, folder = store(comparison, folders.runs)
    write_picture(stored, folder.picture_path)
    return stored


class CompareOptions(TypedDict, total=False):
    """Keywords of ``compare`` that ``plan`` passes on."""

    dataset: str | None
    metric: str | None
    reuse: bool
    device: str | None
    data_dir: str | Path | None
    runs_dir: str | Path | None
    watch: Watcher | None
    on_reuse: Callable[[RunDir], None] | None


class SeedPlan(NamedTuple):
    """How many seeds detect a difference, and the pilot that the estimate is based on."""

    pilot: Comparison
    plan: Plan


def plan(
    contenders: Sequence[Reference],
    detect: float,
    overrides: Overrides = (),
    *,
    seeds: int = 5,
    **options: Unpack[CompareOptions],
) -> SeedPlan:
    """Estimate from a pilot how many seeds would detect a difference between two contenders.

    Args:
        contenders: Two, as in ``compare``.
        detect: The difference to detect: points for accuracies, else the unit of the metric.
        overrides: See ``train``; for every contender that is trained.
        seeds: Replicas of the pilot; two or more.
        options: As in ``compare``: dataset, metric, reuse, device, data_dir, runs_dir, watch, on_reuse.

    Raises:
        ConfigError: If there are not exactly two contenders, or only one seed.
    """
    from nnlab.comparison.planning import plan as plan_seeds
    from nnlab.comparison.words import to_unit

    if len(contenders) != 2:
        msg = f"plan takes two contenders, not {len(contenders)}"
        raise ConfigError(msg)
    if seeds < 2:
        msg = f"a pilot of {seeds} seed has no variance; use two seeds or more"
        raise ConfigError(msg)
    pilot = compare(contenders, overrides, seeds=seeds, **options)
    (pair,) = pilot.pairs
    if pair.parts is None:
        msg = (
            "the pilot needs two or more seeds of each contender on the same test examples to "
            "estimate the variance"
        )
        raise ConfigError(msg)
    return SeedPlan(pilot, plan_seeds(pair.parts, to_unit(pilot.metric, detect)))


def verify(
    run: str | Path | RunDir,
    *,
    resume: bool = False,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> Verification:
    """Retrain a finished run in a scratch folder, and compare.

    Args:
        run: The run.
        resume: Also kill the second training at a random step, and resume it.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.

    Raises:
        RunError: If the run is not finished, a checkpoint is damaged, or its data have changed.
    """
    from nnlab.runs.load import open_run
    from nnlab.runs.verify import verify_run

    folders = Folders.choose(runs_dir, data_dir, data_file)
    stored = open_run(load_run(run, runs_dir=folders.runs))
    return verify_run(stored, folders, is_resumed=resume)
