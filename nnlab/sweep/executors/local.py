"""Units trained in this process, one after another."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from nnlab.sweep.training import train_unit

if TYPE_CHECKING:
    from nnlab.sweep.places import AnyPlace
    from nnlab.sweep.units import Unit


class LocalExecutor:
    """Trains a unit when it is submitted.

    Args:
        place: The sweep, and where its data are.
    """

    capacity = 1

    def __init__(self, place: AnyPlace) -> None:
        self.place = place

    def submit(self, unit: Unit) -> Future[None]:
        """Train a unit; see ``Executor``."""
        train_unit(self.place, unit)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def cancel(self) -> None:
        """Do nothing: nothing is left running."""
