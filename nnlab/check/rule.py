"""What a rule of the linter is, what it looks at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnlab.check.data_facts import DataFacts
    from nnlab.config.codes import RuleCode
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.messages import KeyPath

Level = Literal["warning", "note"]
Edit = tuple["KeyPath", str]


class Subject(NamedTuple):
    """An experiment under the linter.

    Attributes:
        config: The experiment.
        facts: Its data, or None if they are not read.
    """

    config: ExperimentConfig
    facts: DataFacts | None = None

    @property
    def data(self) -> DataFacts:
        """The data, for a rule that reads data."""
        assert self.facts is not None, "rules that read data are passed over without them"
        return self.facts


class Flaw(NamedTuple):
    """One thing a rule sees in an experiment.

    Attributes:
        path: The key to blame.
        message: What was seen, with its numbers.
        edits: Keys and the scalars that would mend it; empty if that takes thought.
    """

    path: KeyPath
    message: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One mistake that an experiment can make.

    Attributes:
        code: What ``ignore`` and ``--explain`` call it.
        title: Its name.
        why: Why it matters.
        fix: What to do.
        level: A warning fails ``--strict``; a note says what a result will not tell.
        reads_data: Whether it looks at the data.
        find: Yields what is wrong with an experiment.
    """

    code: RuleCode
    title: str
    why: str
    fix: str
    level: Level
    reads_data: bool
    find: Callable[[Subject], Iterator[Flaw]]


def rule(
    code: RuleCode,
    title: str,
    *,
    why: str,
    fix: str,
    level: Level = "warning",
    reads_data: bool = False,
) -> Callable[[Callable[[Subject], Iterator[Flaw]]], Rule]:
    """Return a decorator that makes a rule of the function that finds its flaws; see ``Rule``."""

    def decorate(find: Callable[[Subject], Iterator[Flaw]]) -> Rule:
        return Rule(code, title, why, fix, level, reads_data, find)

    return decorate
