"""What plan.json must hold before anything uses it; it may hold more."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.config.base import Count, Seed
from nnlab.config.sweep import MAX_TRIALS, SweepConfig
from nnlab.storage.schemas import STRICT

Number = Annotated[int, Field(ge=0, lt=MAX_TRIALS)]


@with_config(STRICT)
class StoredRung(TypedDict):
    """A rung."""

    epochs: Count
    num_trials: Annotated[int, Field(ge=1, le=MAX_TRIALS)]


@with_config(STRICT)
class PlanFile(TypedDict):
    """plan.json."""

    sweep: SweepConfig
    base: dict[str, Any]
    trials: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_TRIALS)]
    packs: list[Annotated[list[Number], Field(min_length=1)]]
    rungs: Annotated[list[StoredRung], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    metric: Annotated[str, Field(pattern=r"^val\.[a-z0-9_]+$")]


@with_config(STRICT)
class BatchFile(TypedDict):
    """batches/bN.json."""

    optuna: Annotated[str, Field(pattern=r"^[0-9][0-9A-Za-z.+]{0,39}$")]
    trials: Annotated[list[dict[str, Any]], Field(max_length=MAX_TRIALS)]
    packs: list[Annotated[list[Number], Field(min_length=1)]]


@with_config(STRICT)
class TrialValues(TypedDict):
    """What a rung has shown of a trial; None for a seed that has diverged."""

    trial: Number
    score: float | None
    seeds: list[float | None]


@with_config(STRICT)
class RungFile(TypedDict):
    """rungs/rN.json."""

    epochs: Count
    trials: list[TrialValues]
    survivors: list[Number]
    audited: list[Number]
