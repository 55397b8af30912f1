"""A sweep: an experiment, the values to try for some of its keys, and how they are tried."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from nnlab.config.base import Config, Count, Seed
from nnlab.config.messages import MONITOR
from nnlab.config.space import Distribution, distribution_of, is_finite
from nnlab.errors import KeyedError

MAX_TRIALS = 10_000
MAX_FINALISTS = 100
DEFAULT_TRIALS = 32
BAD_SPACE = "sweep_space"


def _named(value: Any) -> Any:
    """Return a section that was given by its name alone as a mapping."""
    return {"name": value} if isinstance(value, str) else value


FromWord = BeforeValidator(_named, json_schema_input_type=str | dict[str, Any])


class SamplerConfig(Config):
    """How the values of a trial are chosen: each a function of (seed, trial)."""

    name: Literal["grid", "random", "sobol", "tpe"] = "sobol"
    """grid: every combination; random: independent draws; sobol: draws that cover the space evenly; tpe:
    near the best so far."""
    seed: Seed = 0
    """Seed of the draws; a grid has none."""
    batch: Annotated[int, Field(ge=2, le=MAX_TRIALS)] = 16
    """Trials that tpe proposes at once, from all trials before; the first ones are drawn as by sobol."""


class HalvingConfig(Config):
    """Successive halving: of all trials, the best part goes on at each rung."""

    name: Literal["halving"] = "halving"
    factor: Annotated[int, Field(ge=2, le=100)] = 3
    """Of this many trials one goes on, and trains this many times as long."""
    first: Count | None = None
    """Epochs of the first rung; by default a tenth of all, at least one."""

    def first_epochs(self, epochs: int, eval_every: int) -> int:
        """Return the epochs of the first rung, by default after one of the evaluations.

        Args:
            epochs: Epochs of the experiment.
            eval_every: Epochs between two evaluations.
        """
        return self.first or max(epochs // (10 * eval_every), 1) * eval_every


class NoPruningConfig(Config):
    """Every trial is trained to the end."""

    name: Literal["none"] = "none"


class ConfirmConfig(Config):
    """The test of the best trials and of the base on seeds that the search has not seen."""

    finalists: Annotated[int, Field(ge=1, le=MAX_FINALISTS)] = 3
    """Number of trials, the best of the search."""
    seeds: Annotated[int, Field(ge=2, le=10_000)] = 10
    """Fresh seeds of each."""


AnyPruning = Annotated[
    Annotated[HalvingConfig | NoPruningConfig, Field(discriminator="name")], FromWord
]


def _checked(space: dict[str, Any]) -> dict[str, Any]:
    for key, value in space.items():
        try:
            distribution_of(value)
        except KeyedError as error:
            place, text = ".".join(map(str, (key, *error.path))), error.text
            raise PydanticCustomError(
                BAD_SPACE, "{place}: {text}", {"place": place, "text": text}
            ) from None
    return space


def _default_sampler(data: dict[str, Any]) -> SamplerConfig:
    """Return a grid if the space has a number of points and no number of trials is given."""
    is_grid = data.get("trials") is None and is_finite(data.get("space"))
    return SamplerConfig(name="grid" if is_grid else "sobol")


class SweepConfig(Config):
    """A sweep file."""

    base: Annotated[str, Field(min_length=1)] | dict[str, Any]
    """The experiment: a file, relative to the sweep file; a bundled experiment; or its sections."""
    space: Annotated[dict[str, Any], Field(min_length=1), AfterValidator(_checked)]
    """Keys of the experiment, such as optimizer.lr, each with the values to try."""
    trials: Annotated[int, Field(ge=1, le=MAX_TRIALS)] | None = None
    """Number of trials; default: all points of a grid, else 32."""
    sampler: Annotated[SamplerConfig, FromWord] = Field(default_factory=_default_sampler)
    """How values are chosen; default: a grid where there are points to count, else sobol."""
    seeds: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Seeds of each trial, the same for all: train.seed, train.seed + 1, ..."""
    metric: Annotated[str, Field(pattern=MONITOR)] | None = None
    """Validation metric that decides; default: train.monitor."""
    prune: AnyPruning = NoPruningConfig()
    """Whether bad trials are stopped early."""
    confirm: ConfirmConfig = ConfirmConfig()
    """The test of the winner on fresh seeds."""
    audit: Annotated[int, Field(ge=0, le=MAX_TRIALS)] = 0
    """Number of pruned trials, drawn at random, that are trained to the end to judge the pruning."""

    def to_json(self) -> dict[str, Any]:
        """Return a sweep file with every default that has an effect."""
        value = self.model_dump(mode="json")
        if self.sampler.name == "grid":
            del value["sampler"]["seed"]
        if self.sampler.name != "tpe":
            del value["sampler"]["batch"]
        return value

    @property
    def max_trials(self) -> int:
        """Number of trials; fewer if some would have the values of others. Not for a grid."""
        return self.trials or DEFAULT_TRIALS

    @property
    def distributions(self) -> dict[str, Distribution]:
        """The distribution of every key of the space."""
        return {key: distribution_of(value) for key, value in self.space.items()}
