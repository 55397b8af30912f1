"""Two contenders of the page, and what is known of them while their seeds arrive."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.config.bundled import bundled_configs
from nnlab.config.load import load_config
from nnlab.ui.verdicts import Look, look_of, lotteries_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.config.experiment import ExperimentConfig

# What ``--until`` needs for the anytime interval; with --max-seeds, it adds no seed.
ANY_WIDTH = 1.0


class Side(NamedTuple):
    """A contender.

    Attributes:
        name: Its name in the verdict.
        yaml: Its experiment.
        reference: What names it on the command line.
    """

    name: str
    yaml: str
    reference: str


def sides_of(texts: Sequence[str], configs: Sequence[ExperimentConfig]) -> list[Side]:
    """Return contenders with names that differ."""
    sides: list[Side] = []
    for text, config in zip(texts, configs, strict=True):
        is_taken = any(side.name == config.name for side in sides)
        name = f"{config.name}-{len(sides) + 1}" if is_taken else config.name
        is_bundled = not is_taken and _is_bundled(config)
        sides.append(Side(name, text, name if is_bundled else f"{name}.yaml"))
    return sides


def _is_bundled(config: ExperimentConfig) -> bool:
    """Return whether an experiment is a bundled one, but for its number of seeds."""
    path = bundled_configs().get(config.name)
    return path is not None and _without_seeds(load_config(path)) == _without_seeds(config)


def _without_seeds(config: ExperimentConfig) -> ExperimentConfig:
    train = config.train.model_copy(update={"seeds": 1})
    return config.model_copy(update={"train": train})


@dataclass
class LiveComparison:
    """A comparison that the page has begun.

    Attributes:
        sides: The two contenders.
        seeds: At most so many seeds of each.
        until: Stop when the interval is at most this wide: points, or the metric's unit.
        looks: What was known after each number of seeds.
        found: What is known now, as ``nnlab compare --json`` prints it.
        reused: Runs that were not trained again.
        note: Why the interval is wider than asked for.
        is_stored: Whether what is known now lies in the folder.
        is_finished: Whether it has come to its end.
        run: The run that was interrupted, to go on with; None if there is none.
    """

    sides: list[Side]
    seeds: int
    until: float | None
    looks: dict[int, Look] = field(default_factory=dict)
    found: dict[str, Any] | None = None
    reused: list[str] = field(default_factory=list)
    note: str | None = None
    is_stored: bool = False
    is_finished: bool = False
    run: str | None = None

    @property
    def stage(self) -> tuple[int, int, bool, bool]:
        """How far it has come: seeds, runs that were reused, whether it is stored, and finished."""
        return len(self.looks), len(self.reused), self.is_stored, self.is_finished

    def order(self) -> dict[str, Any]:
        """Return what the process that trains is told; what was interrupted goes on."""
        contenders = [{"name": side.name, "yaml": side.yaml} for side in self.sides]
        limits = {"seeds": self.seeds, "until": self.until, "run": self.run}
        self.is_stored, self.reused = False, []
        return {"do": "compare", "contenders": contenders, **limits}

    def take(self, message: Mapping[str, Any]) -> None:
        """Take in what the process that trains says."""
        match message.get("event"):
            case "reused":
                self.reused.append(message["run"])
            case "started":
                self.run = message["run"]
            case "judged":
                self._judge(message["comparison"])
            case "stored":
                self.is_finished, self.note = message["is_finished"], message["note"]
                self.is_stored = message["comparison"] is not None
                self.found = message["comparison"] or self.found
            case _:
                pass

    def _judge(self, found: dict[str, Any]) -> None:
        self.found, self.run = found, None
        look = look_of(found, self.sides[0].name)
        self.looks[look.seeds] = look

    def to_json(self) -> dict[str, Any]:
        """Return what the page shows."""
        found = self.found
        known = None
        if found is not None:
            known = {**found, "verdict": verdict_of(found), "lotteries": lotteries_of(found)}
        return {
            "names": [side.name for side in self.sides],
            "yaml": [side.yaml for side in self.sides],
            "seeds": self.seeds,
            "until": self.until,
            "looks": [self.looks[number]._asdict() for number in sorted(self.looks)],
            "found": known,
            "reused": len(self.reused),
            "note": self.note,
            "is_stored": self.is_stored,
            "is_finished": self.is_finished,
            "command": self._command(),
        }

    def _command(self) -> str | None:
        """Return the command that gives the verdict on the same seeds; None before it takes two."""
        number = max(self.looks, default=0)
        if number < 2:
            return None
        width = ANY_WIDTH if self.until is None else self.until
        limits = [f"--until={width:g}", f"--seeds={number}", f"--max-seeds={number}"]
        return shlex.join(["nnlab", "compare", *(side.reference for side in self.sides), *limits])
