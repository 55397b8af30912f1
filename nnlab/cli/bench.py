"""nnlab bench."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Config, DataDir, Device, Overrides, Seeds
from nnlab.formatting import format_fraction, format_seconds

if TYPE_CHECKING:
    from nnlab.inspection.profiling import Profile

ORDER = (
    "data",
    "forward",
    "backward",
    "optimizer",
    "rest of the step",
    "steps in one call",
    "evaluation",
)


def bench(
    config: Config,
    overrides: Overrides = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How long to measure.")
    ] = 3.0,
    seeds: Seeds = None,
    device: Device = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Measure where training time goes.

    Trains for a few seconds and breaks an epoch's time down by phase. For comparison, it also times
    the matrix products of a step alone: training cannot be faster than these.

    Example: nnlab bench mnist_mlp --seconds 5
    """
    from nnlab import api
    from nnlab.inspection.profiling import profile

    experiment = api.as_config(config, overrides or [], seeds=seeds, device=device)
    result = profile(experiment, seconds=seconds, data_dir=data_dir)
    if as_json:
        console.print_json(result)
    else:
        _print(experiment.name, result)


def _print(name: str, result: Profile) -> None:
    seeds = f"{result['num_seeds']} seeds, " if result["num_seeds"] > 1 else ""
    console.print_line(
        f"{name}: {result['num_parameters']:,} parameters, {seeds}{result['engine']} engine on "
        f"{result['device']}, threads: {result['threads']}"
    )
    total = result["seconds_per_epoch"]
    phases = sorted(result["phases"].items(), key=lambda phase: ORDER.index(phase[0]))
    rows = [
        [phase, format_seconds(seconds), format_fraction(seconds / total, 0)]
        for phase, seconds in phases
    ]
    rows.append(["epoch", format_seconds(total), "100 %"])
    console.print_table(["", "time per epoch", "share"], rows)
    _print_limits(result)


def _print_limits(result: Profile) -> None:
    phases, floor = result["phases"], result["floor_seconds_per_epoch"]
    step = result["seconds_per_epoch"] - phases.get("data", 0.0) - phases["evaluation"]
    console.print_line(
        f"matrix products alone: {format_seconds(floor)} per epoch; "
        f"the steps take {step / floor:.1f} x as long"
    )
    console.print_line(
        f"one checkpoint: {format_seconds(result['checkpoint_seconds'])} "
        f"(while training, all of them together take at most 1 % of the time)"
    )
    console.print_line(f"measured over {result['steps_measured']:,} steps")
