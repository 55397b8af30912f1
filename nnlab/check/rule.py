"""A lint rule, the experiment it examines and the flaws it finds."""

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
    """An experiment to lint.

    Attributes:
        config: The experiment.
        facts: Its data, or None if they are not read.
        accuracy: Measured on the test split, if it has been trained; the mean over seeds.
    """

    config: ExperimentConfig
    facts: DataFacts | None = None
    accuracy: float | None = None

    @property
    def data(self) -> DataFacts:
        """The data, for a rule that reads data."""
        assert self.facts is not None, "rules that read data are skipped without them"
        return self.facts


class Flaw(NamedTuple):
    """One flaw that a rule finds in an experiment.

    Attributes:
        path: The key to blame.
        message: What is wrong, with its numbers.
        edits: Keys and the scalars that would fix it; empty if the fix needs thought.
    """

    path: KeyPath
    message: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule that finds one kind of mistake in an experiment.

    Attributes:
        code: Its code for ``ignore`` and ``--explain``.
        title: Its title.
        why: Why it matters.
        fix: What to do.
        level: A warning fails ``--strict``; a note states a limit of the result.
        reads_data: Whether it reads the data.
        in_training: Whether training reports it about the user's own table: it takes little time.
        find: Yields the flaws of an experiment.
    """

    code: RuleCode
    title: str
    why: str
    fix: str
    level: Level
    reads_data: bool
    in_training: bool
    find: Callable[[Subject], Iterator[Flaw]]


def rule(
    code: RuleCode,
    title: str,
    *,
    why: str,
    fix: str,
    level: Level = "warning",
    reads_data: bool = False,
    in_training: bool = False,
) -> Callable[[Callable[[Subject], Iterator[Flaw]]], Rule]:
    """Return a decorator that turns a function that finds flaws into a ``Rule``."""

    def decorate(find: Callable[[Subject], Iterator[Flaw]]) -> Rule:
        return Rule(code, title, why, fix, level, reads_data, in_training, find)

    return decorate
