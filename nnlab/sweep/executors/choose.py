"""From what a user writes after ``--on`` to an executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.sweep.executors.local import LocalExecutor
from nnlab.sweep.executors.slurm_options import slurm_options_of

if TYPE_CHECKING:
    from nnlab.sweep.executors.protocol import Executor
    from nnlab.sweep.places import AnyPlace

KINDS = ("process", "ray", "slurm")
MAX_PROCESSES = 1024


def executor_of(where: str | None, place: AnyPlace) -> Executor:
    """Return what trains the units of a sweep; nothing is started before the first unit.

    Args:
        where: ``process``, ``process:N``, ``ray``, ``slurm`` or ``slurm:time=60``; None for this process.
        place: The sweep, and where its data are.

    Raises:
        ConfigError: If it is none of these.
    """
    if where is None:
        return LocalExecutor(place)
    kind, colon, number = where.partition(":")
    if kind == "process":
        from nnlab.sweep.executors.process import ProcessExecutor

        return ProcessExecutor(place, _number(where, number) if colon else None)
    if where == "ray":
        from nnlab.sweep.executors.ray import RayExecutor

        return RayExecutor(place)
    if kind == "slurm":
        from nnlab.sweep.executors.slurm import SlurmExecutor

        return SlurmExecutor(place, slurm_options_of(where))
    known = f"{', '.join(KINDS)}, process:N and slurm:OPTION=VALUE,..."
    msg = f"--on {where}: known are {known}{did_you_mean(kind, KINDS)}"
    raise ConfigError(msg)


def _number(where: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_PROCESSES:
        return int(text)
    msg = (
        f"--on {where}: the number of processes is {text!r}, and must be from 1 to {MAX_PROCESSES}"
    )
    raise ConfigError(msg)
