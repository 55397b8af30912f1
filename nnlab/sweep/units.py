"""Units of work: what one process trains of a sweep, given its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.sweep.plan import Plan

# Fresh seeds are above those that people write.
FIRST_FRESH_SEED = 2**31
BASE = "base"


@dataclass(frozen=True)
class PackUnit:
    """A pack, trained to a rung.

    Attributes:
        pack: Number of the pack.
        active: For each rung until then, the trials of the pack that go on; a pack that has lost
            its folder can be trained again from the start.
        batch: Number of the batch, if the sweep has batches.
    """

    pack: int
    active: tuple[tuple[int, ...], ...]
    batch: int | None = None

    @property
    def title(self) -> str:
        """What it is part of, for people."""
        return f"rung {self.rung + 1}" if self.batch is None else f"batch {self.batch + 1}"

    @property
    def rung(self) -> int:
        """Number of the rung."""
        return len(self.active) - 1


@dataclass(frozen=True)
class RunUnit:
    """A trial, or the base, trained alone on fresh seeds.

    Attributes:
        name: Of its folder.
        trial: Number of the trial; None for the base.
        seed: First of its seeds.
        num_seeds: How many.
        withholds_test: Whether the test examples stay unread.
    """

    name: str
    trial: int | None
    seed: int
    num_seeds: int
    withholds_test: bool

    @property
    def title(self) -> str:
        """What it is part of, for people."""
        return "finalists on fresh seeds" if self.withholds_test else "winner and base, tested"


@dataclass(frozen=True)
class StoredUnit:
    """A run that is no part of a sweep: its folder says what it is, and how far it has come.

    Attributes:
        run: Name of its folder.
    """

    run: str

    @property
    def title(self) -> str:
        """Which it is, for people."""
        return self.run


Unit = PackUnit | RunUnit | StoredUnit


def unit_to_json(unit: Unit) -> dict[str, Any]:
    """Return plain values."""
    return asdict(unit)


def unit_from_json(value: object) -> Unit:
    """Return the unit that ``unit_to_json`` wrote.

    Raises:
        ValueError: If it is none.
    """
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Unit] = TypeAdapter(Unit)
    return adapter.validate_python(value)


def is_in(plan: Plan, unit: PackUnit | RunUnit) -> bool:
    """Return whether a plan holds what a unit trains, which may be of a later batch."""
    if isinstance(unit, PackUnit):
        return unit.pack < len(plan.packs)
    return unit.trial is None or unit.trial < len(plan.trials)


def config_of(plan: Plan, unit: RunUnit) -> ExperimentConfig:
    """Return the experiment of a unit that trains alone."""
    config = plan.base if unit.trial is None else plan.trials[unit.trial].config
    train = config.train.model_copy(update={"seed": unit.seed, "seeds": unit.num_seeds})
    if unit.withholds_test:
        config = with_test_withheld(config)
    return config.model_copy(update={"train": train})


def experiment_of(plan: Plan, unit: PackUnit | RunUnit) -> ExperimentConfig:
    """Return the experiment of a unit; that of the first trial stands for a pack."""
    if isinstance(unit, PackUnit):
        return with_test_withheld(plan.trials[plan.packs[unit.pack][0]].config)
    return config_of(plan, unit)


def with_test_withheld(config: ExperimentConfig) -> ExperimentConfig:
    """Return an experiment whose test examples stay unread."""
    split = config.dataset.split.model_copy(update={"withhold_test": True})
    dataset = config.dataset.model_copy(update={"split": split})
    return config.model_copy(update={"dataset": dataset})


def fresh_seed(plan: Plan, purpose: str, taken: range | None = None) -> int:
    """Return the first of as many seeds as the confirmation needs, which the search has not seen.

    Args:
        plan: The plan.
        purpose: What they are for; other purposes have other seeds.
        taken: Seeds for another purpose.
    """
    used = [range(plan.seeds[0], plan.seeds[-1] + 1), *([taken] if taken is not None else [])]
    size, index = plan.sweep.confirm.seeds, 0
    while True:
        draw = derive_seed(f"{purpose} of a sweep", plan.sweep.sampler.seed, index)
        first = FIRST_FRESH_SEED + draw % (FIRST_FRESH_SEED - size)
        if all(first + size <= other.start or other.stop <= first for other in used):
            return first
        index += 1
