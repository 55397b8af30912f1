"""Events of a sweep on a cluster: who trains what when, who is slow, who is lost.

The search waits for the last unit of a rung; so does the simulation. One coordinator sends and receives
the units, one at a time. A unit whose worker is lost begins again on another.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Cluster:
    """Where a sweep is trained.

    Attributes:
        workers: How many there are; each trains one unit at a time.
        start: From the start of a worker until it can train [s].
        per_unit: What a worker does for a unit besides training it [s].
        coordinator: What the coordinator does for a unit [s].
        noise: Standard deviation of the logarithm of a unit's time.
        slow_share: Share of the workers that are slow.
        slow_factor: How many times longer these take.
        between_losses: Mean time until a busy worker is lost [s].
        replacement: From the loss of a worker until another takes its place [s].
        processors: On how many processors all workers run; infinite for one each.
    """

    workers: int
    start: float = 0.0
    per_unit: float = 0.0
    coordinator: float = 0.0
    noise: float = 0.0
    slow_share: float = 0.0
    slow_factor: float = 1.0
    between_losses: float = math.inf
    replacement: float = 0.0
    processors: float = math.inf


@dataclass
class Outcome:
    """What has happened.

    Attributes:
        makespan: From the first unit to the last [s].
        workers: How many there were.
        work: What the units take without a cluster, all together [s].
        lost: What lost workers had done for units that were not finished [s].
        losses: How many workers were lost.
        ended: Numbers of the units that were trained to the end, in this order.
    """

    workers: int
    makespan: float = 0.0
    work: float = 0.0
    lost: float = 0.0
    losses: int = 0
    ended: list[int] = field(default_factory=list)

    @property
    def utilisation(self) -> float:
        """Share of the workers' time that was work."""
        return self.work / (self.workers * self.makespan)

    @property
    def paid(self) -> float:
        """Time of all workers, from the first unit to the last, busy or not [s]."""
        return self.workers * self.makespan


class Simulation:
    """A sweep on a cluster.

    Args:
        cluster: Where.
        seed: Of all that is random.
    """

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster = cluster
        self.random = np.random.default_rng(seed)
        is_slow = self.random.random(cluster.workers) < cluster.slow_share
        self.factors = np.where(is_slow, cluster.slow_factor, 1.0)
        self.idle = list(range(cluster.workers))
        self.is_new = [True] * cluster.workers
        # Time as it would be with a processor for each worker; ``outcome.makespan`` is real.
        self.now = 0.0
        self.coordinator_until = 0.0
        self.events: list[tuple[float, int, str, int]] = []
        self.training: dict[int, float] = {}  # when each busy worker is done, or lost
        self.outcome = Outcome(cluster.workers)

    def run(self, rungs: Sequence[Sequence[float]]) -> Outcome:
        """Train units, each rung after the one before.

        Args:
            rungs: What each unit of each rung takes [s].
        """
        first = 0
        for rung in rungs:
            self._train(dict(enumerate(rung, first)))
            first += len(rung)
        return self.outcome

    def _train(self, units: dict[int, float]) -> None:
        """Train the units of a rung until the coordinator has received them all."""
        waiting, sent = deque(units), dict[int, int]()
        num_left = len(units)
        while num_left:
            while waiting and self.idle:
                worker = heapq.heappop(self.idle)
                sent[worker] = waiting.popleft()
                self._start(worker, units[sent[worker]])
            match self._next():
                case "trained", worker:
                    self._schedule(self._coordinate(), "received", worker)
                case "received", worker:
                    self._end(sent.pop(worker), units)
                    heapq.heappush(self.idle, worker)
                    num_left -= 1
                case "lost", worker:
                    waiting.appendleft(sent.pop(worker))
                    self.is_new[worker] = True
                    self._schedule(self.now + self.cluster.replacement, "replaced", worker)
                case _, worker:
                    heapq.heappush(self.idle, worker)

    def _end(self, unit: int, units: dict[int, float]) -> None:
        self.outcome.ended.append(unit)
        self.outcome.work += units[unit]

    def _start(self, worker: int, work: float) -> None:
        """Send a unit to a worker, and decide whether it comes back."""
        cluster = self.cluster
        noise = math.exp(cluster.noise * self.random.standard_normal())
        seconds = (work * noise + cluster.per_unit) * self.factors[worker]
        seconds += cluster.start if self.is_new[worker] else 0.0
        self.is_new[worker] = False
        begin = self._coordinate()
        until_lost = self.random.exponential() * cluster.between_losses
        if until_lost < seconds:
            self.outcome.lost += until_lost
            self.outcome.losses += 1
        kind = "lost" if until_lost < seconds else "trained"
        self.training[worker] = begin + min(seconds, until_lost)
        self._schedule(self.training[worker], kind, worker)

    def _coordinate(self) -> float:
        """Return when the coordinator has done its half of a unit: sending, or receiving."""
        begin = max(self.now, self.coordinator_until)
        self.coordinator_until = begin + self.cluster.coordinator / 2
        return self.coordinator_until

    def _schedule(self, when: float, kind: str, worker: int) -> None:
        heapq.heappush(self.events, (when, len(self.outcome.ended), kind, worker))

    def _next(self) -> tuple[str, int]:
        """Go on to the next event; processors that are shared make that take longer."""
        when, _, kind, worker = heapq.heappop(self.events)
        share = max(1.0, len(self.training) / self.cluster.processors)
        self.outcome.makespan += (when - self.now) * share
        self.now = when
        if kind in ("trained", "lost"):
            del self.training[worker]
        return kind, worker
