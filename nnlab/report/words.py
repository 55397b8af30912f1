"""A run in words and numbers, ready to be shown: no HTML here, the template escapes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.check.diagnosis import diagnose
from nnlab.config.load import dump_config
from nnlab.formatting import flatten, format_metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.report.run_view import RunView

PARTS = {"test": "test", "val": "validation", "train": "training"}
PRIMARY = {"classification": "accuracy", "regression": "mse"}


class Line(NamedTuple):
    """A line of the experiment, and whether its value is not the default."""

    text: str
    is_set: bool


def describe(source: RunView) -> dict[str, Any]:
    """Return everything a page says of a run."""
    summary, config = source.summary, source.config
    parts = [part for part in PARTS if part in summary]
    seeds = len(summary["per_seed"])
    metric = PRIMARY[source.job.dataset.spec.task]
    best = parts[0]
    spread = summary[f"{best}_std"][metric]
    return {
        "id": source.run.id,
        "name": config.name,
        "seeds": seeds,
        "answer": {
            "value": format_metric(metric, summary[best][metric]),
            "name": f"{PARTS[best]} {_spelt(metric)}",
            "spread": None if spread is None else _spread(metric, spread, seeds),
        },
        "story": _story(source, best, seeds),
        "parts": [
            {
                "title": f"{PARTS[part]} ({summary['num_evaluated'][part]:,})",
                "metrics": _metrics(summary, part),
            }
            for part in parts
        ],
        "held_out": _metrics(summary, best),
        "parameters": f"{summary['num_parameters']:,}",
        "seconds": f"{summary['train_seconds']:.1f} s",
        "settings": _settings(config),
        "config": _lines(config),
        "command": _command(source),
        "findings": [finding._asdict() for finding in diagnose(source.run.folder, source.summary)],
        "facts": list(_facts(source.run.meta)),
    }


def _facts(meta: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is recorded about how the run was made, one line for each fact."""
    for name, value in sorted(meta.items()):
        if name == "command" and isinstance(value, list):
            yield "command", shlex.join(["nnlab", *map(str, value[1:])])
        elif isinstance(value, dict):
            yield name.replace("_", " "), ", ".join(f"{key} {item}" for key, item in value.items())
        else:
            yield name.replace("_", " "), str(value)


def _metrics(summary: dict[str, Any], part: str) -> dict[str, str]:
    deviations = summary[f"{part}_std"]
    return {
        name: format_metric(name, value, deviations[name]).replace("+-", "\N{PLUS-MINUS SIGN}")
        for name, value in summary[part].items()
    }


def _spelt(metric: str) -> str:
    return {"mse": "mean squared error"}.get(metric, metric)


def _spread(metric: str, deviation: float, seeds: int) -> str:
    return f"standard deviation {format_metric(metric, deviation)} over {seeds} seeds"


def _story(source: RunView, best: str, seeds: int) -> str:
    summary, config = source.summary, source.config
    examples = len(source.job.dataset.train)
    repeated = f"{seeds} seeds of " if seeds > 1 else ""
    return (
        f"{repeated}{config.model.name} with {summary['num_parameters']:,} parameters, trained by "
        f"{config.optimizer.name} on {examples:,} examples of {config.dataset.name} for "
        f"{summary['epochs']:,} epochs in {summary['train_seconds']:.1f} s, measured on "
        f"{summary['num_evaluated'][best]:,} {PARTS[best]} examples."
    )


def _command(source: RunView) -> str:
    """Return what trains the same again and measures it, from within the folder of runs."""
    run = shlex.quote(source.run.id)
    return f"nnlab train {run}/{source.run.folder.resolved_path.name}\nnnlab eval {run}"


def _settings(config: ExperimentConfig) -> dict[str, str]:
    """Return every value by its dotted key."""
    return {key: str(value) for key, value in flatten(config.model_dump(mode="json")).items()}


def _lines(config: ExperimentConfig) -> list[Line]:
    """Return the experiment as YAML, line by line, values other than the default marked."""
    set_keys = flatten(config.model_dump(mode="json", exclude_defaults=True))
    lines: list[Line] = []
    path: list[str] = []
    for text in dump_config(config).splitlines():
        if not text.lstrip().startswith("- "):  # the items of a list belong to its key
            depth = (len(text) - len(text.lstrip())) // 2
            path = [*path[:depth], text.strip().partition(":")[0]]
        lines.append(Line(text, ".".join(path) in set_keys))
    return lines
