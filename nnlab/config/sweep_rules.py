"""What a sweep may not ask for: what would not be a fair search, or could not be trained."""

from __future__ import annotations

from collections.abc import Iterator

from nnlab.config.base import Contradiction
from nnlab.config.dataset_base import PREPROCESSING_KEYS
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.key_paths import path_of
from nnlab.config.space import Range, leaves, size_of
from nnlab.config.sweep import MAX_TRIALS, SweepConfig
from nnlab.formatting import did_you_mean
from nnlab.metrics import metrics_of

SAME_SEEDS = "every trial has the same seeds: train.seed of the base, and as many as seeds says"
NOT_LEARNED = "has no part in what is learned"
# Keys that cannot be in a space, nor anything below them, and why.
REFUSED: dict[tuple[str, ...], str] = {
    ("name",): NOT_LEARNED,
    ("ignore",): NOT_LEARNED,
    ("metrics",): "is what trials are compared by",
    ("train", "seed"): SAME_SEEDS,
    ("train", "seeds"): SAME_SEEDS,
    ("train", "monitor"): "is what decides; see metric",
    ("train", "device"): NOT_LEARNED,
    ("train", "threads"): NOT_LEARNED,
    ("train", "checkpoint_every"): NOT_LEARNED,
    ("train", "log_every"): NOT_LEARNED,
    ("train", "eval_every"): NOT_LEARNED,
    ("train", "max_minutes"): "trials would end by the clock; see train.epochs",
}


def sweep_rules(sweep: SweepConfig, base: ExperimentConfig, metric: str) -> Iterator[Contradiction]:
    """Yield the path in the sweep and the message of every contradiction.

    Args:
        sweep: The sweep.
        base: Its experiment.
        metric: What decides.
    """
    for key in sweep.space:
        if (reason := _why_refused(key, sweep)) is not None:
            yield ("space", key), reason
    yield from _overlaps(sweep)
    yield from _sampler_rules(sweep)
    yield from _halving_rules(sweep, base)
    yield from _metric_rules(sweep, base, metric)


def _why_refused(key: str, sweep: SweepConfig) -> str | None:
    path = path_of(key)
    if path[0] == "dataset" and (len(path) == 1 or path[1] not in PREPROCESSING_KEYS):
        hint = did_you_mean(path[1], PREPROCESSING_KEYS) if path[1:] else ""
        known = ", ".join(sorted(PREPROCESSING_KEYS))
        return f"trials on other data cannot be compared{hint}; dataset keys that can vary: {known}"
    if path == ("train",):
        return "name the keys that vary, such as train.batch_size"
    if path == ("train", "epochs") and sweep.prune.name == "halving":
        return "halving decides how long a trial trains; use prune: none, or leave it out"
    return next((REFUSED[path[:n]] for n in (1, 2) if path[:n] in REFUSED), None)


def _overlaps(sweep: SweepConfig) -> Iterator[Contradiction]:
    """Yield each key that an option of a section above it sets, too."""
    for key in sweep.space:
        for above in sweep.space:
            path, start = path_of(key), path_of(above)
            if len(start) < len(path) and path[: len(start)] == start:
                rest = path[len(start) :]
                if any(_has(option, rest) for option in sweep.space[above].get("choice", ())):
                    yield ("space", key), f"an option of {above} has it, too; keep one"


def _has(value: object, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def _sampler_rules(sweep: SweepConfig) -> Iterator[Contradiction]:
    if sweep.sampler.name == "tpe":
        yield from _tpe_rules(sweep)
    elif "batch" in sweep.sampler.model_fields_set:
        yield ("sampler", "batch"), "has no effect: it is for sampler: tpe"
    if sweep.sampler.name != "grid":
        for key, value in sweep.space.items():
            for place, found in leaves(value):
                if isinstance(found, Range) and found.count:
                    yield ("space", key, *place, "count"), "has no effect: it is for sampler: grid"
        return
    endless = [
        (("space", key, *place), found)
        for key, value in sweep.space.items()
        for place, found in leaves(value)
        if isinstance(found, Range) and not found.num_points
    ]
    for path, found in endless:
        yield path, f"a grid needs a number of points: {{{found.kind}: [...], count: 5}}"
    if not endless:
        yield from _grid_size(sweep)
    if "seed" in sweep.sampler.model_fields_set:
        yield ("sampler", "seed"), "has no effect: a grid has no draws"


def _tpe_rules(sweep: SweepConfig) -> Iterator[Contradiction]:
    if sweep.prune.name == "halving":
        text = "tpe learns from trials that were trained to the end; use prune: none, or sampler: sobol"
        yield ("prune",), text
    if sweep.max_trials <= sweep.sampler.batch:
        text = (
            f"tpe has no effect on {sweep.max_trials} trials: the first {sweep.sampler.batch} "
            f"(sampler.batch) are drawn as by sobol; allow more trials, or use sampler: sobol"
        )
        yield ("sampler",), text


def _grid_size(sweep: SweepConfig) -> Iterator[Contradiction]:
    size = size_of(sweep.space)
    if size > MAX_TRIALS:
        text = f"the grid has {size:,} points, more than {MAX_TRIALS:,}; use sampler: sobol"
        yield ("sampler",), text
    elif sweep.trials not in {None, size}:
        yield ("trials",), f"the grid has {size:,} points; leave it out"


def _halving_rules(sweep: SweepConfig, base: ExperimentConfig) -> Iterator[Contradiction]:
    if sweep.prune.name == "none":
        if sweep.audit:
            yield ("audit",), "has no effect: nothing is pruned"
        return
    factor, train = sweep.prune.factor, base.train
    first = sweep.prune.first_epochs(train.epochs, train.eval_every)
    if first * factor > train.epochs:
        text = (
            f"needs at least {first * factor} epochs to prune after {first} "
            f"(first x factor), but train.epochs is {train.epochs}"
        )
        yield ("prune",), text
    if first % train.eval_every:
        yield ("prune", "first"), f"should be a multiple of train.eval_every, {train.eval_every}"


def _metric_rules(
    sweep: SweepConfig, base: ExperimentConfig, metric: str
) -> Iterator[Contradiction]:
    split, _, name = metric.partition(".")
    if split == "test":
        if sweep.metric:  # else it is the base's, and reported there
            text = f"a search that sees the test split fools itself; use val.{name}"
            yield ("metric",), text
        return
    known = [*metrics_of(base.dataset.task), *(own.metric for own in base.metrics)]
    if name not in known:
        text = f"unknown metric '{name}'{did_you_mean(name, known)}; known: {', '.join(known)}"
        yield ("metric",), text
    if not _has_val(base):
        yield ("metric",), "there is no val split to search on; see dataset.split.val of the base"
    loss = next((key for key in sweep.space if path_of(key)[0] == "loss"), None)
    if name == "loss" and loss is not None:
        text = f"{metric} cannot compare trials of other losses; give a metric such as val.accuracy"
        yield ("space", loss), text


def _has_val(config: ExperimentConfig) -> bool:
    split = config.dataset.split
    is_in_column = split.own is not None and split.own[0] == "column"
    return is_in_column or "val" in config.dataset.files_of_splits or bool(split.val)


def experiment_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield what a single experiment can do, but no trial of a sweep."""
    if config.train.monitor.startswith("test."):
        yield ("train", "monitor"), "a search must not see the test split; monitor a val metric"
    if config.train.max_minutes is not None:
        yield ("train", "max_minutes"), "trials would end by the clock; use train.epochs"
