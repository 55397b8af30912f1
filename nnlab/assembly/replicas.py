"""What trains in each replica of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig


class Replica(NamedTuple):
    """What trains in one replica.

    Attributes:
        config: Its experiment; that of another replica differs only in what ``varies`` allows.
        seed: Of its initial weights, the order of its examples, and its dropout.
        trial: Its number in a search, or None.
    """

    config: ExperimentConfig
    seed: int
    trial: int | None = None

    @property
    def label(self) -> dict[str, int]:
        """What its records say of it."""
        return (
            {"seed": self.seed} if self.trial is None else {"trial": self.trial, "seed": self.seed}
        )


def replicas_of(config: ExperimentConfig) -> tuple[Replica, ...]:
    """Return the replicas of one experiment, which differ in their seeds."""
    return tuple(Replica(config, seed) for seed in config.train.replica_seeds)
