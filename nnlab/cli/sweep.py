"""nnlab sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nnlab import console
from nnlab.cli.options import AsJson, DataDir, Device, On, RunsDir
from nnlab.formatting import format_fraction, format_seconds, pluralize, shorten, significant
from nnlab.storage import versions

if TYPE_CHECKING:
    from nnlab.api.sweeping import PlannedSweep, Sweep
    from nnlab.config.space import Distribution
    from nnlab.sweep.costs import Costs
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.units import Unit

SweepFile = Annotated[
    str,
    typer.Argument(metavar="SWEEP|CONFIG", help="Sweep file, or an experiment to search around."),
]
Space = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUES",
        help="What to try: 'KEY=log(LOW,HIGH)', uniform, int or 'choice(A,B)'; KEY=VALUE sets a key of "
        "the experiment.",
    ),
]
Trials = Annotated[
    int | None,
    typer.Option(metavar="N", help="Number of trials (default: all points of a grid, else 32)."),
]
SeedsPerTrial = Annotated[
    int | None, typer.Option(metavar="N", help="Seeds of each trial (default: 3).")
]
Sampler = Annotated[
    Literal["grid", "random", "sobol", "tpe"] | None,
    typer.Option(help="How values are chosen (default: grid of points, else sobol)."),
]
Metric = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Validation metric that decides (default: train.monitor)."),
]
Prune = Annotated[
    Literal["halving", "none"] | None,
    typer.Option(help="Whether bad trials are stopped early (default: none)."),
]
OnlyPlan = Annotated[
    bool, typer.Option("--plan", help="Print what the sweep would do and cost; train nothing.")
]


def sweep(
    config: SweepFile,
    space: Space = None,
    trials: Trials = None,
    seeds: SeedsPerTrial = None,
    sampler: Sampler = None,
    metric: Metric = None,
    prune: Prune = None,
    only_plan: OnlyPlan = False,
    on: On = None,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Search for better values, then test the winner.

    Every value is checked in a whole experiment before anything trains. The search sees training and
    validation examples only; the winner and the experiment as written are then trained on fresh
    seeds and tested once. The last line on stdout is the folder; nnlab resume goes on with a sweep
    that was interrupted.

    Example: nnlab sweep digits_mlp 'optimizer.lr=log(1e-4,1e-1)' --trials 16
    """
    from nnlab import api

    given: dict[str, Any] = {
        "trials": trials,
        "seeds": seeds,
        "sampler": sampler,
        "metric": metric,
        "prune": prune,
        "device": device,
        "data_dir": data_dir,
    }
    if only_plan:
        planned = api.plan_sweep(config, space or [], **given)
        console.print_json(planned.to_json()) if as_json else _print(planned)
        return
    watching: dict[str, Any] = {"on_start": say_start, "on_done": say_done}
    found = api.sweep(config, space or [], runs_dir=runs_dir, on=on, **given, **watching)
    if as_json:
        result = {**found.result, "schema_version": versions.OUTPUT}
        console.print_json({**result, "id": found.id, "path": str(found.path)})
    else:
        print_sweep(found)


def say_start(sweep: Sweep, plan: Plan) -> None:
    """Say what begins, and how to go on after an interruption."""
    replicas = plan.num_trials * len(plan.seeds)
    size = plan.sweep.sampler.batch
    parts = f"batches of {size:,}" if plan.has_batches else pluralize(len(plan.packs), "pack")
    console.print_note(
        f"{sweep.id}: {pluralize(plan.num_trials, 'trial')} x {pluralize(len(plan.seeds), 'seed')} "
        f"= {pluralize(replicas, 'replica')} in {parts}; "
        f"if it is interrupted: nnlab resume {sweep.id}"
    )


def say_done(unit: Unit, done: int, total: int) -> None:
    """Say that a part has been trained."""
    console.print_note(f"{unit.title}: {done:,} of {total:,} trained")


def print_sweep(sweep: Sweep) -> None:
    """Print what a finished sweep has found; its folder is the last line."""
    for line in sweep.sentences:
        console.print_line(line)
    console.print_line(f"to keep the winner: nnlab config show {sweep.id} --winner -o tuned.yaml")
    console.print_line(str(sweep.path))


def _print(planned: PlannedSweep) -> None:
    plan, costs = planned.plan, planned.costs
    num_trials, num_seeds = pluralize(plan.num_trials, "trial"), pluralize(len(plan.seeds), "seed")
    console.print_line(
        f"{plan.base.name}: {num_trials} x {num_seeds}, {plan.sweep.sampler.name}, "
        f"judged by {plan.metric}"
    )
    for note in planned.notes:
        console.print_note(note)
    rows = [[key, _words_of(found)] for key, found in plan.sweep.distributions.items()]
    console.print_table(["key", "values"], rows)
    if plan.has_batches:
        console.print_line(
            f"{plan.num_batches:,} batches of up to {plan.sweep.sampler.batch:,} trials: the first as by "
            f"sobol, each other proposed from the metrics of all before"
        )
    sizes = [len(pack) for pack in plan.packs]
    console.print_line(
        f"{pluralize(len(sizes), 'pack')}{_of_first(plan)}, each trained in one pass: {_range(sizes)} trials, "
        f"{costs.engine} engine on {costs.device}, threads: {costs.threads}"
    )
    if len(plan.rungs) > 1:
        rows = [[f"{rung.epochs:,}", f"{rung.num_trials:,}"] for rung in plan.rungs]
        console.print_table(["up to epoch", "trials"], rows)
    for line in (_epochs(plan, costs), _time(plan, costs), _space_needed(plan, costs)):
        console.print_line(line)


def _words_of(found: Distribution) -> str:
    from nnlab.config.messages import format_value
    from nnlab.config.space import Choice

    if isinstance(found, Choice):
        return shorten([format_value(option) for option in found.options], 6)
    points = f", {found.count} points" if found.count else ""
    return f"{found.kind} {found.low:.4g} to {found.high:.4g}{points}"


def _of_first(plan: Plan) -> str:
    return " of the first batch" if plan.has_batches else ""


def _range(sizes: list[int]) -> str:
    low, high = min(sizes), max(sizes)
    return str(low) if low == high else f"{low} to {high}"


def _epochs(plan: Plan, costs: Costs) -> str:
    text = f"epochs of all replicas together: {plan.replica_epochs:,} in the search"
    if len(plan.rungs) > 1:
        share = format_fraction(plan.replica_epochs / plan.unpruned_replica_epochs, 0)
        text += f" ({share} of the {plan.unpruned_replica_epochs:,} without pruning)"
    confirm = plan.sweep.confirm
    finalists = pluralize(min(confirm.finalists, plan.num_survivors), "finalist")
    return (
        f"{text}, {costs.confirmation_epochs:,} in the confirmation ({finalists} and the base on "
        f"{confirm.seeds} fresh seeds)"
    )


def _time(plan: Plan, costs: Costs) -> str:
    if costs.search_seconds is None or costs.confirmation_seconds is None:
        return "estimated time: unknown, because its steps are whole optimisations"
    parts = [
        f"{_duration(costs.search_seconds)} for the search",
        f"{_duration(costs.confirmation_seconds)} for the confirmation",
    ]
    if plan.audited and costs.audit_seconds is not None:
        parts.append(f"{_duration(costs.audit_seconds)} for the audit")
    return f"estimated time, from a few steps: {', '.join(parts)}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return format_seconds(seconds)
    unit, size = ("min", 60) if seconds < 3600 else ("h", 3600)
    return f"{significant(seconds / size, 2)} {unit}"


def _space_needed(plan: Plan, costs: Costs) -> str:
    from rich.filesize import decimal

    return (
        f"memory: {decimal(costs.memory_bytes)} for the largest pack{_of_first(plan)}, besides the data; disk: at least "
        f"{decimal(costs.disk_bytes)}"
    )
