"""nnlab trace."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Config, DataDir, Overrides, read_indices
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from nnlab.inspection.derivation import Quantity
    from nnlab.inspection.trace import Trace
    from nnlab.learners.numpy_mlp import Array

MAX_SHOWN = 40
NUM_COLUMNS = 6
# Arrays with a column for each input.
OF_INPUTS = {"a0", "W1", "dW1", "W1 new"}


def trace(
    config: Config,
    overrides: Overrides = None,
    example: Annotated[
        str,
        typer.Option(
            metavar="I[,J,K]", help="Examples of the training split, counted from 0 (default: 0)."
        ),
    ] = "0",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Derive one training step with numbers.

    Takes one training example, or a few, forward and backward through a dense network at its
    initial weights, and updates it once: formula, shape and numbers of every step, compared with
    autograd. Large arrays are shortened.

    Example: nnlab trace xor_mlp --example 0,1
    """
    from nnlab import api

    examples = read_indices("--example", example)
    result = api.trace(config, overrides or [], examples=examples, data_dir=data_dir)
    if as_json:
        console.print_json(result.to_json())
        return
    for line in _lines(result, console.screen_width(sys.stdout)):
        console.print_line(line)


def _lines(trace: Trace, width: int) -> Iterator[str]:
    for line in _head(trace):
        yield textwrap.fill(line, width, subsequent_indent="    ")
    columns = _busiest(trace.sections[0].quantities[0].values)
    for title, quantities in trace.sections:
        rule = f": {trace.optimizer}, lr {trace.lr:g}" if title == "Update" else ""
        yield f"\n{title}{rule}"
        for quantity in quantities:
            yield from _quantity(quantity, width, columns)
    yield f"\nloss before the update {trace.loss_before:.6g}, after {trace.loss_after:.6g}"
    yield f"largest difference from autograd's gradients: {trace.gradient_difference:.1e}"
    if trace.update_difference is not None:
        yield f"largest difference from torch.optim's update: {trace.update_difference:.1e}"


def _head(trace: Trace) -> Iterator[str]:
    chosen = ", ".join(
        f"{example} (target {target:g})" if isinstance(target, float) else f"{example} ({target})"
        for example, target in zip(trace.examples, trace.targets, strict=True)
    )
    noun = "example" if len(trace.examples) == 1 else "examples"
    yield f"{trace.name}: {noun} {chosen} of {pluralize(trace.num_examples, 'training example')}"
    yield f"initial weights of seed {trace.seed}, float64; * is elementwise; a row is an example"
    for note in trace.notes:
        yield f"note: {note}"


def _busiest(inputs: Array) -> list[int]:
    """Return the columns of the largest of many inputs: at an image's edge all are 0."""
    if inputs.shape[1] <= MAX_SHOWN:
        return []
    largest = abs(inputs).max(axis=0).argsort(kind="stable")[-NUM_COLUMNS:]
    return sorted(largest.tolist())


def _quantity(quantity: Quantity, width: int, columns: Sequence[int]) -> Iterator[str]:
    name, formula, meaning, values = quantity
    equation = f"{name} = {formula}" if formula else name
    words = f"   ({meaning})" if meaning else ""
    if values.size == 1:
        yield f"  {equation} = {values.item():.6g}{words}"
        return
    yield f"  {equation}   [{' x '.join(map(str, values.shape))}]{words}"
    shown = values
    if columns and name in OF_INPUTS:
        shown = values[:, columns]
        yield f"    columns {', '.join(map(str, columns))} of {values.shape[1]}:"
    yield from (f"    {line}" for line in _numbers(shown, width - 5).splitlines())
    if values.size > MAX_SHOWN:
        num_nonzero = int((values != 0).sum())
        bounds = f"from {values.min():.4g} to {values.max():.4g}"
        yield f"    ({values.size:,} numbers, {num_nonzero:,} not 0, {bounds})"


def _numbers(values: Array, width: int) -> str:
    import numpy as np

    return np.array2string(
        values,
        max_line_width=width,
        threshold=MAX_SHOWN,
        edgeitems=3,
        formatter={"float_kind": lambda value: f"{value + 0.0:10.4g}"},
    )
