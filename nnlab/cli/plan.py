"""nnlab plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli.compare import Contenders, DatasetName, Metric, Reuse, print_reuse
from nnlab.cli.options import AsJson, DataDir, Device, RunsDir, split_words
from nnlab.formatting import format_fraction
from nnlab.storage import versions

if TYPE_CHECKING:
    from nnlab.comparison.planning import Plan
    from nnlab.comparison.result import Comparison

MOST_PLANNED = "more than 1,000"
Detect = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="DIFFERENCE",
        help="Difference to detect (for accuracies: percentage points).",
    ),
]


def plan(
    contenders: Contenders,
    detect: Detect,
    dataset: DatasetName = None,
    seeds: Annotated[int, typer.Option(min=2, metavar="N", help="Pilot seeds per contender.")] = 5,
    metric: Metric = None,
    reuse: Reuse = True,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Estimate how many seeds a comparison needs.

    Trains two contenders on a few pilot seeds, and estimates from their spread how many seeds
    would detect a difference of a given size.

    Example: nnlab plan logistic mlp --detect 0.5
    """
    from nnlab import api
    from nnlab.cli.progress import watch

    references, overrides = split_words(contenders)
    pilot, seed_plan = api.plan(
        references,
        detect,
        overrides,
        dataset=dataset,
        seeds=seeds,
        metric=metric,
        reuse=reuse,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        watch=watch,
        on_reuse=print_reuse,
    )
    if as_json:
        console.print_json(
            {"schema_version": versions.OUTPUT, "pilot": pilot.id, **seed_plan._asdict()}
        )
    else:
        _print_plan(pilot, seed_plan)


def _print_plan(comparison: Comparison, seed_plan: Plan) -> None:
    from nnlab.comparison.words import format_difference

    metric, num_examples = comparison.metric, comparison.num_examples
    difference = format_difference(metric, seed_plan.difference)
    console.print_line(
        f"power to detect a difference of {difference} in {comparison.split} {metric}:"
    )
    rows = [[str(seeds), format_fraction(power, 0)] for seeds, power in seed_plan.powers.items()]
    console.print_table(["seeds", "power"], rows)
    source = f"estimated from {len(comparison.rows[0].seeds)} pilot seeds"
    if seed_plan.num_seeds is None:
        console.print_line(
            f"no number of seeds reaches a power of 80 % on {num_examples:,} {comparison.split} examples "
            f"({source}); the smallest detectable difference is "
            f"{format_difference(metric, seed_plan.smallest)}"
        )
        return
    low, high = seed_plan.num_seeds_range
    console.print_line(
        f"{seed_plan.num_seeds} seeds detect it four times out of five (a power of 80 %), {source}, "
        f"which know the variance only roughly: {low or MOST_PLANNED} to {high or MOST_PLANNED} seeds"
    )
