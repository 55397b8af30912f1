"""The result of a sweep in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.comparison.words import format_difference
from nnlab.config.messages import format_value
from nnlab.formatting import format_metric, format_range, pluralize
from nnlab.metrics import label_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnlab.sweep.result_schema import ResultFile


def sentences(result: ResultFile) -> Iterator[str]:
    """Yield what a sweep has found: the search, what was luck, the test, the audit."""
    yield _tried(result)
    yield _best(result)
    yield _fresh(result)
    if result["luck"]["examples"] is not None:
        yield _of_examples(result)
    yield result["test"]["verdict"]
    if result["audited"]:
        yield _audit(result)


def words_of(overrides: Mapping[str, Any]) -> str:
    """Return the values of a trial as arguments."""
    return ", ".join(f"{key}={format_value(value)}" for key, value in overrides.items())


def _name(result: ResultFile) -> str:
    return result["metric"].partition(".")[2]


def _tried(result: ResultFile) -> str:
    tried = pluralize(result["num_trials"], "experiment")
    seeds = pluralize(len(result["seeds"]), "seed")
    is_pruned = result["num_finished"] < result["num_trials"]
    to_the_end = f" ({result['num_finished']:,} to the end)" if is_pruned else ""
    return f"tried {tried} x {seeds}{to_the_end}, on training and validation examples only"


def _best(result: ResultFile) -> str:
    best, winner = result["best"], result["winner"]
    score = format_metric(_name(result), best["score"])
    text = (
        f"best in the search: {words_of(best['overrides'])}: {score} val {label_of(_name(result))}"
    )
    if best["trial"] == winner["trial"]:
        return text
    other = format_metric(_name(result), winner["score"])
    return (
        f"{text}\nbest of {pluralize(len(result['finalists']), 'finalist')} on fresh seeds: "
        f"{words_of(winner['overrides'])}, {other} in the search"
    )


def _fresh(result: ResultFile) -> str:
    fresh, luck, name = result["fresh"], result["luck"]["seeds"], _name(result)
    seeds = pluralize(len(fresh["per_seed"]), "fresh seed")
    if fresh["val"] is None or luck is None:
        lost = sum(value is None for value in fresh["per_seed"])
        return f"on {seeds}: {lost} diverged"
    text = f"on {seeds}: {format_metric(name, fresh['val'])}"
    if fresh["interval"] is not None:
        text += f" (95 % interval {format_range(name, *fresh['interval'])})"
    if luck <= 0:
        return f"{text}: no worse than in the search"
    return f"{text}: {format_difference(name, luck)} of its score in the search were lucky seeds"


def _of_examples(result: ResultFile) -> str:
    lucky = format_difference(_name(result), result["luck"]["examples"] or 0.0)
    return (
        f"choosing among {result['num_finished']:,} trials by the same validation examples adds about "
        f"{lucky} of luck (bootstrap); the test examples were not part of the search"
    )


def _audit(result: ResultFile) -> str:
    ranks = [f"{entry['rank']:,}" for entry in result["audited"]]
    finished = pluralize(result["num_finished"], "trial")
    verb = "ranks" if len(ranks) == 1 else "rank"
    return (
        f"audit: {pluralize(len(ranks), 'pruned trial')}, trained to the end, {verb} "
        f"{', '.join(ranks)} beside the {finished} that survived"
    )
