"""What result.json of a sweep must hold before anything uses it; it may hold more."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.config.base import Seed
from nnlab.storage.schemas import STRICT, Count
from nnlab.sweep.plan_schema import Number

Bounds = Annotated[list[float], Field(min_length=2, max_length=2)]


class TrialResult(TypedDict):
    """A trial, and its score in the search; None if it has diverged."""

    trial: Number
    overrides: dict[str, Any]
    score: float | None


class Finalist(TrialResult):
    """A finalist, and its score on fresh seeds: the mean, and of each seed."""

    fresh: float | None
    per_seed: list[float | None]


class Fresh(TypedDict):
    """The winner on fresh seeds, by validation."""

    val: float | None
    interval: Bounds | None
    per_seed: list[float | None]


class Luck(TypedDict):
    """How much better the winner looked in the search than it is, and from what."""

    seeds: float | None
    examples: float | None


class AuditedTrial(TypedDict):
    """A pruned trial that was trained to the end."""

    trial: Number
    score: float | None
    rank: Count


class Contender(TypedDict):
    """The winner, or the base, on the test examples."""

    name: str
    mean: float
    interval: Bounds | None
    seeds: list[Seed]
    per_seed: list[float]


class TestResult(TypedDict):
    """The comparison of the winner with the base."""

    metric: str
    num_examples: Count
    contenders: Annotated[list[Contender], Field(min_length=2, max_length=2)]
    difference: float
    verdict: str


@with_config(STRICT)
class ResultFile(TypedDict):
    """result.json."""

    metric: str
    num_trials: Count
    num_finished: Count
    seeds: list[Seed]
    replica_epochs: Count
    best: TrialResult
    winner: TrialResult
    finalists: list[Finalist]
    fresh: Fresh
    luck: Luck
    audited: list[AuditedTrial]
    test: TestResult
