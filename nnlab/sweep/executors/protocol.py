"""What a sweep needs of the place where its units are trained."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.sweep.units import Unit


class Executor(Protocol):
    """Trains units."""

    @property
    def capacity(self) -> int:
        """How many units it trains at once."""
        ...

    def submit(self, unit: Unit) -> Future[None]:
        """Start a unit; the future ends when its files are in the folder of the sweep."""
        ...

    def cancel(self) -> None:
        """Stop what is being trained, which keeps its checkpoints, and give everything back."""
        ...


def run_all(executor: Executor, units: Sequence[Unit], on_done: Callable[[Unit], object]) -> None:
    """Train units, at most ``capacity`` at once.

    Args:
        executor: Where.
        units: What; the order in which they end does not matter.
        on_done: Called with each unit that has ended.

    Raises:
        Exception: What the first unit that failed has raised; no other is started then.
    """
    waiting, running = list(reversed(units)), dict[Future[None], "Unit"]()
    while waiting or running:
        while waiting and len(running) < executor.capacity:
            unit = waiting.pop()
            running[executor.submit(unit)] = unit
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
            on_done(running.pop(future))
