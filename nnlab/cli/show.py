"""nnlab show."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from nnlab import console
from nnlab.cli.options import AsJson, Config, DataDir, Overrides
from nnlab.formatting import Column, format_weights, pluralize

if TYPE_CHECKING:
    from nnlab.inspection.experiment import ExperimentFacts

BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
INDENT = 11


def show(
    config: Config, overrides: Overrides = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Show what an experiment will do.

    Shows its batches, device, engine, loss, learning rate and model, layer by layer, without
    training it.

    Example: nnlab show spiral_mlp schedule.name=cosine
    """
    from nnlab import api

    facts = api.describe(config, overrides or [], data_dir=data_dir)
    if as_json:
        console.print_json(facts.to_json())
        return
    width = console.screen_width(sys.stdout)
    for word, text in _facts(facts):
        head = f"{word:<{INDENT}}"
        for line in textwrap.wrap(text, max(width - INDENT, 20), break_long_words=False):
            console.print_line(head + line)
            head = " " * INDENT
    _print_layers(facts)


def _facts(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    sizes = ", ".join(f"{name} {count:,}" for name, count in facts.num_examples.items())
    num_steps = facts.epochs * facts.steps_per_epoch
    yield "name", facts.name
    yield "data", f"{facts.dataset}: {sizes}"
    inputs = f"inputs {_shape(facts.input_shape)} {facts.dtype}"
    yield "batch", f"{inputs}, targets {facts.input_shape[0]} {facts.target_dtype}"
    epochs = pluralize(facts.epochs, "epoch")
    yield "steps", f"{facts.steps_per_epoch:,} per epoch, {num_steps:,} in {epochs}"
    yield "device", f"{facts.device}, {pluralize(facts.num_threads, 'thread')}"
    yield "engine", f"{facts.engine} ({facts.why_engine})"
    yield "seeds", ", ".join(map(str, facts.seeds))
    yield "loss", facts.loss
    if facts.class_weights:
        yield "", f"class weights: {format_weights(facts.class_weights)}"
    if facts.target_scale:
        mean, deviation = facts.target_scale
        yield "", f"target standardised: mean {mean:.6g}, standard deviation {deviation:.4g}"
    if not facts.layers:
        return
    yield "optimizer", _options(facts.optimizer)
    yield "schedule", _options(facts.schedule)
    yield from _learning_rates(facts.lrs, "until a cut" if facts.is_cut_on_plateau else "")


def _learning_rates(lrs: Sequence[tuple[int, float]], condition: str) -> Iterator[tuple[str, str]]:
    values = [lr for _, lr in lrs]
    low, high = min(values), max(values)
    if low == high:
        yield "", f"lr {low:g} {condition or 'at every step'}"
        return
    bars = [BARS[round((lr - low) / (high - low) * (len(BARS) - 1))] for lr in values]
    peak = values.index(high)
    yield "", "".join(bars)
    at = [lrs[i] for i in sorted({0, peak, len(lrs) - 1})]
    yield "", "lr " + ", ".join(f"{lr:.3g} at step {step + 1:,}" for step, lr in at)


def _options(section: Mapping[str, object]) -> str:
    given = {key: value for key, value in section.items() if key != "name" and value is not None}
    options = ", ".join(f"{key} {_value(value)}" for key, value in given.items())
    return f"{section['name']}: {options}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _print_layers(facts: ExperimentFacts) -> None:
    num_examples = facts.input_shape[0]
    if not facts.layers:
        return
    rows = [["input", "", _shape(facts.input_shape), ""]]
    for layer in facts.layers:
        shape = _shape((num_examples, *layer.output_shape))
        parameters = f"{layer.num_parameters:,}" if layer.num_parameters else ""
        rows.append([layer.kind, layer.name, shape, parameters])
    rows.append(["total", "", "", f"{facts.num_parameters:,}"])
    columns = [Column("layer"), Column("name", 1), Column("output"), Column("parameters")]
    console.print_table(columns, rows, left=2)


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(f"{size}" for size in shape)
