"""What Slurm is told about the jobs: ``--on slurm:partition=cpu,time=60``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean

MOST = 10**6


@dataclass(frozen=True)
class SlurmOptions:
    """Options of jobs.

    Attributes:
        partition: Where they run; None for Slurm's default.
        account: Who pays.
        qos: Quality of service.
        constraint: Features that a node must have.
        time: Most minutes of a job.
        memory: Memory of a job [GB].
        jobs: How many wait or run at once.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    time: int = 24 * 60
    memory: int | None = None
    jobs: int = 64

    @property
    def parameters(self) -> dict[str, Any]:
        """The options as submitit names them, without those that are left to Slurm."""
        named = {
            "timeout_min": self.time,
            "mem_gb": self.memory,
            "slurm_partition": self.partition,
            "slurm_account": self.account,
            "slurm_qos": self.qos,
            "slurm_constraint": self.constraint,
        }
        return {name: value for name, value in named.items() if value is not None}


NUMBERS = ("time", "memory", "jobs")
KEYS = tuple(field.name for field in fields(SlurmOptions))


def slurm_options_of(where: str) -> SlurmOptions:
    """Return the options after ``slurm:``.

    Args:
        where: All that a user wrote after ``--on``.

    Raises:
        ConfigError: If an option is unknown, given twice, or has no value that it can have.
    """
    _, colon, text = where.partition(":")
    found: dict[str, Any] = {}
    for part in text.split(",") if colon else ():
        key, _, value = part.partition("=")
        if key not in KEYS:
            msg = (
                f"--on {where}: {part!r} is no option of a job{did_you_mean(key, KEYS)}; known are "
                f"{', '.join(f'{known}=...' for known in KEYS)}"
            )
            raise ConfigError(msg)
        if key in found:
            msg = f"--on {where}: {key} is given twice"
            raise ConfigError(msg)
        found[key] = _number(where, key, value) if key in NUMBERS else _text(where, key, value)
    return SlurmOptions(**found)


def _number(where: str, key: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST:
        return int(text)
    unit = {"time": " of minutes", "memory": " of GB"}.get(key, "")
    msg = f"--on {where}: {key} is {text!r}, and must be a whole number{unit} from 1 to {MOST:,}"
    raise ConfigError(msg)


def _text(where: str, key: str, text: str) -> str:
    if text and text.isprintable() and not text.isspace():
        return text
    msg = f"--on {where}: {key} has no value; write {key}=NAME"
    raise ConfigError(msg)
