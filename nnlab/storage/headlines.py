"""What a list of runs reads of their files; the rest of them is not checked."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.storage.schemas import STRICT, Count, NonNegative, Values

HEADLINE = ConfigDict(**{**STRICT, "extra": "ignore"})


@with_config(HEADLINE)
class MetaHeadline(TypedDict, total=False):
    """What a list of runs shows of meta.json."""

    status: str
    name: str | None
    started_at: str | None
    seeds: list[Count]


@with_config(HEADLINE)
class SummaryHeadline(TypedDict):
    """What a list of runs shows of summary.json."""

    val: NotRequired[Values | None]
    test: NotRequired[Values | None]
    diverged_replicas: NotRequired[list[Count]]
    train_seconds: NonNegative


@with_config(HEADLINE)
class FreshHeadline(TypedDict):
    """What a list of runs shows of a sweep's winner on fresh seeds."""

    val: float | None


@with_config(HEADLINE)
class ContenderHeadline(TypedDict):
    """What a list of runs shows of the tested winner."""

    mean: float


@with_config(HEADLINE)
class TestHeadline(TypedDict):
    """What a list of runs shows of a sweep's test: the winner is the first contender."""

    metric: str
    contenders: Annotated[list[ContenderHeadline], Field(min_length=1)]


@with_config(HEADLINE)
class SweepHeadline(TypedDict):
    """What a list of runs shows of a sweep's result.json."""

    metric: str
    num_trials: Count
    fresh: FreshHeadline
    test: TestHeadline
