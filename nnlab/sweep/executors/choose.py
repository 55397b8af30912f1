"""Which executor a word on the command line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from nnlab.sweep.executors.protocol import Executor
    from nnlab.sweep.training import Place


def executor_of(where: str | None, place: Place) -> Executor:
    """Return what trains the units of a sweep.

    Args:
        where: None for this process.
        place: The sweep.

    Raises:
        ConfigError: If there is no such place.
    """
    from nnlab.sweep.executors.local import LocalExecutor

    if where is None:
        return LocalExecutor(place)
    msg = f"--on {where}: there is no such place to train"
    raise ConfigError(msg)
