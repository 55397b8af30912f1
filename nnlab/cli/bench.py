"""nnlab bench."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab import api, console
from nnlab.inspection.profiling import profile

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDER = ("data", "forward", "backward", "optimizer", "rest of the step", "evaluation")


def bench(
    config: str,
    overrides: Sequence[str],
    *,
    seconds: float,
    seeds: int | None,
    device: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Train an experiment for some seconds and say where an epoch's time goes."""
    experiment = api.as_config(config, overrides, seeds=seeds, device=device)
    result = profile(experiment, seconds=seconds, data_dir=data_dir)
    if as_json:
        console.print_json(result)
    else:
        _say(experiment.name, result)


def _say(name: str, result: dict[str, Any]) -> None:
    total = result["seconds_per_epoch"]
    phases = sorted(result["phases"].items(), key=lambda phase: ORDER.index(phase[0]))
    rows = [[phase, _shown(seconds), f"{seconds / total:.0%}"] for phase, seconds in phases]
    rows.append(["epoch", _shown(total), "100%"])
    seeds = f"{result['num_seeds']} seeds, " if result["num_seeds"] > 1 else ""
    console.print_line(
        f"{name}: {result['num_parameters']:,} parameters, {seeds}{result['engine']} engine on "
        f"{result['device']}, threads: {result['threads']}"
    )
    console.print_table(["", "time per epoch", "share"], rows)
    step = total - result["phases"]["data"] - result["phases"]["evaluation"]
    floor = result["floor_seconds_per_epoch"]
    console.print_line(
        f"matrix products alone: {_shown(floor)} per epoch; the steps take {step / floor:.1f} x"
    )
    console.print_line(
        f"one checkpoint: {_shown(result['checkpoint_seconds'])} (all together at most 1 % of the "
        f"time, and one at the end)"
    )
    console.print_line(f"measured over {result['steps_measured']:,} steps")


def _shown(seconds: float) -> str:
    """Return a time with three digits and a unit that suits it."""
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"
