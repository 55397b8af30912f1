"""The numbers behind the pictures of a sweep: a heading, then rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.comparison.words import format_difference
from nnlab.formatting import format_fraction, format_metric, format_range, format_seconds, pluralize
from nnlab.report.sweep.expected import expected_best
from nnlab.report.sweep.luck import tested
from nnlab.report.sweep.marks import reach

if TYPE_CHECKING:
    from nnlab.report.sweep.forest import Importance
    from nnlab.report.sweep.view import SweepView
    from nnlab.report.tables import Table

MAX_TRIALS = 50


def trials(view: SweepView) -> Table:
    """Return the values and the score of the best trials, the best first."""
    rows = [["trial", *(d.key for d in view.dimensions), "epochs", "score", "worst to best seed"]]
    for trial in view.order[:MAX_TRIALS]:
        values = [dimension.text(dimension.values[trial]) for dimension in view.dimensions]
        entry = view.shown[trial]
        score = "diverged" if entry["score"] is None else format_metric(view.metric, entry["score"])
        _, low, high = reach(entry["seeds"])
        seeds = "-" if math.isnan(low) else format_range(view.metric, low, high)
        rows.append([str(trial), *values, f"{view.epochs[trial]:,}", score, seeds])
    hidden = len(view.order) - MAX_TRIALS
    return [*rows, *([[f"and {hidden:,} trials that did worse"]] if hidden > 0 else [])]


def records(view: SweepView) -> list[dict[str, object]]:
    """Return a flat record of every trial, by number, for a table that is taken away."""
    return [
        {
            "trial": trial,
            **{key: _plain(value) for key, value in view.plan.trials[trial].overrides.items()},
            "epochs": view.epochs[trial],
            view.result["metric"]: entry["score"],
            **dict(zip((f"seed {s}" for s in view.plan.seeds), entry["seeds"], strict=False)),
        }
        for trial, entry in view.shown.items()
    ]


def _plain(value: object) -> object:
    from nnlab.config.messages import format_value

    return value if isinstance(value, str | int | float) else format_value(value)


def rungs(view: SweepView) -> Table:
    """Return how many trials each rung had, how many went on, and the score of the last of them."""
    rows = [["up to epoch", "trials", "go on", "last to go on", "best"]]
    for number, rung in enumerate(view.rungs):
        scores = {entry["trial"]: entry["score"] for entry in rung["trials"]}
        going = rung["survivors"]
        is_last = number == len(view.rungs) - 1
        ends = [format_metric(view.metric, scores[trial]) for trial in (going[-1], going[0])]
        rows.append([
            f"{rung['epochs']:,}", f"{len(scores):,}", "-" if is_last else f"{len(going):,}",
            "-" if is_last else ends[0], ends[1],
        ])  # fmt: skip
    return rows


def luck(view: SweepView) -> Table:
    """Return the search score and the fresh score of each trial that was trained again."""
    sign = 1 if view.is_lower_better else -1
    rows = [["trained again", "in the search", "on fresh seeds", "95 % interval", "lost"]]
    for row in tested(view):
        name = f"trial {row.trial}" + (" (winner), on further seeds" if row.is_last else "")
        rows.append([
            name, format_metric(view.metric, row.search), format_metric(view.metric, row.fresh),
            format_range(view.metric, row.low, row.high),
            format_difference(view.metric, sign * (row.fresh - row.search)),
        ])  # fmt: skip
    return rows


def smaller(view: SweepView) -> Table:
    """Return the expected best of some numbers of trials."""
    scores = [entry["score"] for entry in view.shown.values()]
    found = expected_best(scores, lower_is_better=view.is_lower_better)
    total = len(scores)
    counts = sorted({*(2**k for k in range(int(math.log2(total)) + 1)), total})
    rows = [["trials", "expected best", "9 of 10 searches"]]
    for n in counts:
        mean, low, high = (float(value[n - 1]) for value in found)
        rows.append(
            [f"{n:,}", format_metric(view.metric, mean), format_range(view.metric, low, high)]
        )
    return rows


def importance(found: Importance) -> Table:
    """Return how many places each key is worth, with the spread over forests and shuffles."""
    rows = [["key", "places", "standard deviation"]]
    means, spread = np.mean(found.places, axis=1), np.std(found.places, axis=1)
    for key, mean, deviation in zip(found.keys, means, spread, strict=True):
        rows.append([key, f"{mean:.2f}", f"{deviation:.2f}"])
    return rows


def costs(view: SweepView) -> Table:
    """Return what the parts of the sweep cost: epochs of all replicas together, and seconds."""
    plan, rungs = view.plan, view.plan.rungs
    packs = [view.folder.pack(number) for number in range(len(plan.packs))]
    search_seconds = math.fsum(pack.metrics[-1]["seconds"] for pack in packs)
    runs = view.confirmations
    fresh_epochs = sum(run.summary["epochs"] * len(run.summary["per_seed"]) for run in runs)
    fresh_seconds = math.fsum(run.summary["train_seconds"] for run in runs)
    after = rungs[-1].epochs - rungs[0].epochs
    audit = len(plan.seeds) * after * len(view.result["audited"])
    spent, whole = plan.replica_epochs, plan.unpruned_replica_epochs
    rows = [["part", "replica-epochs", "training time"]]
    search = (
        f"search: {pluralize(len(plan.trials), 'trial')} x {pluralize(len(plan.seeds), 'seed')}"
    )
    rows.append([search, f"{spent + audit:,}", format_seconds(search_seconds)])
    rows.append(
        ["confirmation, on fresh seeds", f"{fresh_epochs:,}", format_seconds(fresh_seconds)]
    )
    if view.is_pruned:
        share = format_fraction((spent + audit) / whole, 0)
        rows.append([f"search without pruning ({share} were spent)", f"{whole:,}", "-"])
    return rows
