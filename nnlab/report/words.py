"""A run in words and numbers, as the page shows them; the template escapes them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.check.diagnosis import diagnose
from nnlab.check.lint import flaws_of
from nnlab.comparison.cross_validation import folds_interval, folds_of
from nnlab.config.load import dump_config
from nnlab.formatting import flatten, format_metric, format_range, pluralize
from nnlab.metrics import COMPARED
from nnlab.runs.agreement import disagreement
from nnlab.runs.baseline import baseline
from nnlab.runs.uncertainty import examples_interval
from nnlab.storage.schemas import SPLIT_TITLES, SPLITS, deviations, means, survivors, values_in
from nnlab.storage.seeds import about_diverged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.remedies import Diagnosis
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.report.run_view import RunView
    from nnlab.storage.schemas import Meta, SplitName, Summary


class Line(NamedTuple):
    """A line of the experiment, and whether its value is not the default."""

    text: str
    is_set: bool


class Answer(NamedTuple):
    """The number a report begins with, its name, and how uncertain it is.

    Attributes:
        value: The metric.
        name: Its split and name.
        interval: Its interval over new examples, or None if it is not known.
        spread: Its spread over seeds, or None for a single seed.
    """

    value: str
    name: str
    interval: str | None
    spread: str | None


class SplitTable(NamedTuple):
    """Formatted metrics of one split by name, and those of a constant prediction."""

    title: str
    metrics: dict[str, str]
    baseline: str | None
    baseline_metrics: dict[str, str]


class RunText(NamedTuple):
    """All that a page says about one run; ``heading`` tells it from the others."""

    id: str
    name: str
    heading: str
    seeds: int
    answer: Answer
    story: str
    splits: list[SplitTable]
    parameters: str
    seconds: str
    settings: dict[str, str]
    config: list[Line]
    command: str
    findings: list[Diagnosis]
    limits: list[str]
    contradiction: str | None
    facts: list[tuple[str, str]]

    @property
    def held_out(self) -> SplitTable:
        """The first split: the test split if there is one."""
        return self.splits[0]


def describe(source: RunView, heading: str) -> RunText:
    """Return all that a page says about a run."""
    summary, config = source.summary, source.config
    splits = [split for split in reversed(SPLITS) if split in summary]
    seeds = len(survivors(summary))
    found = diagnose(source.run, flaws_of(config), source.data_dir)
    return RunText(
        id=source.run.id,
        name=config.name,
        heading=heading,
        seeds=seeds,
        answer=_answer(source, splits[0], seeds),
        story=_story(source, splits[0], seeds),
        splits=[_split_table(summary, split) for split in splits],
        parameters=f"{summary['num_parameters']:,}",
        seconds=f"{summary['train_seconds']:.1f} s",
        settings=_settings(config),
        config=_lines(config),
        command=_command(source),
        findings=found.problems,
        limits=found.limits,
        contradiction=disagreement(source.run),
        facts=list(_facts(source.run.meta)),
    )


def _answer(source: RunView, split: SplitName, seeds: int) -> Answer:
    metric = COMPARED[source.job.dataset.spec.task]
    deviation = deviations(source.summary, split)[metric]
    name = {"mse": "mean squared error"}.get(metric, metric)
    return Answer(
        format_metric(metric, means(source.summary, split)[metric]),
        f"{SPLIT_TITLES[split]} {name}",
        _interval(source, split, metric),
        None if deviation is None else _spread(metric, deviation, seeds),
    )


def _interval(source: RunView, split: SplitName, metric: str) -> str | None:
    if (ends := folds_interval(source.run.folder, metric)) is not None:
        shown = format_range(metric, ends.low, ends.high)
        return f"95 % interval {shown} of the mean over {folds_of(source.run.folder)}"
    found = None if split == "train" else examples_interval(source.run.folder, split)
    if found is None:
        return None
    num_examples = source.summary["num_evaluated"][split]
    return (
        f"95 % interval for new examples {format_range(metric, *found)}, from "
        f"{pluralize(num_examples, 'example')}"
    )


def _split_table(summary: Summary, split: SplitName) -> SplitTable:
    spread = deviations(summary, split)
    metrics = {
        name: format_metric(name, value, spread[name]).replace("+-", "\N{PLUS-MINUS SIGN}")
        for name, value in values_in(summary, split).items()
    }
    title = f"{SPLIT_TITLES[split]} ({summary['num_evaluated'][split]:,})"
    constant = baseline(summary, split)
    if constant is None:
        return SplitTable(title, metrics, None, {})
    shown = {name: format_metric(name, value) for name, value in constant.metrics.items()}
    return SplitTable(title, metrics, constant.name, shown)


def _facts(meta: Meta) -> Iterator[tuple[str, str]]:
    """Yield each recorded fact about how the run was made, with its name."""
    for name, value in sorted(meta.items()):
        if name == "command" and isinstance(value, list):
            yield "command", shlex.join(["nnlab", *map(str, value[1:])])
        elif isinstance(value, dict):
            yield name.replace("_", " "), ", ".join(f"{key} {item}" for key, item in value.items())
        else:
            yield name.replace("_", " "), str(value)


def _spread(metric: str, deviation: float, seeds: int) -> str:
    return f"standard deviation {format_metric(metric, deviation)} over {seeds} seeds"


def _story(source: RunView, split: SplitName, seeds: int) -> str:
    summary, config = source.summary, source.config
    examples = pluralize(len(source.job.dataset.train), "example")
    evaluated = f"{summary['num_evaluated'][split]:,} {SPLIT_TITLES[split]}"
    repeated = f"{seeds} seeds of " if seeds > 1 else ""
    duration = f"in {summary['train_seconds']:.1f} s, evaluated on {evaluated} examples."
    if lost := about_diverged(summary):
        duration += f" Left out: {lost}."
    if source.run.preprocessing.target is not None:
        duration += " The loss is of the standardised target."
    if config.model.is_estimator:
        learned = pluralize(summary["num_parameters"], "learned value")
        return (
            f"{repeated}{config.model.title} of scikit-learn with {learned}, fitted to {examples} of "
            f"{_data_name(config)} {duration}"
        )
    return (
        f"{repeated}{config.model.name} with {pluralize(summary['num_parameters'], 'parameter')}, "
        f"trained with {config.optimizer.name} on {examples} of {_data_name(config)} for "
        f"{pluralize(summary['epochs'], 'epoch')} {duration}"
    )


def _data_name(config: ExperimentConfig) -> str:
    """Return the name of the user's own file or folder, else of the data set."""
    path = config.dataset.data_path
    return Path(path).name if path else config.dataset.name


def _command(source: RunView) -> str:
    """Return the commands that repeat the run and evaluate it, in the folder of runs."""
    run = shlex.quote(source.run.id)
    return f"nnlab train {run}/{source.run.folder.resolved_path.name}\nnnlab eval {run}"


def _settings(config: ExperimentConfig) -> dict[str, str]:
    """Return each value by its dotted key."""
    return {key: str(value) for key, value in flatten(config.model_dump(mode="json")).items()}


def _lines(config: ExperimentConfig) -> list[Line]:
    """Return the lines of the experiment as YAML; values that are not defaults are marked."""
    set_keys = flatten(config.model_dump(mode="json", exclude_defaults=True))
    lines: list[Line] = []
    path: list[str] = []
    for text in dump_config(config).splitlines():
        if not text.lstrip().startswith("- "):  # the items of a list belong to its key
            depth = (len(text) - len(text.lstrip())) // 2
            path = [*path[:depth], text.strip().partition(":")[0]]
        lines.append(Line(text, ".".join(path) in set_keys))
    return lines
