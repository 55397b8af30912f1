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
        is_trained: Whether there is a run, whose diagnosis says what it learned.
        unmatched_search: Which search it won, and which experiments that it is compared with had none;
            None if that is not so.
    """

    config: ExperimentConfig
    facts: DataFacts | None = None
    accuracy: float | None = None
    is_trained: bool = False
    unmatched_search: str | None = None

    @property
    def data(self) -> DataFacts:
        """The data, for a rule that reads data."""
        assert self.facts is not None, "rules that read data are skipped without them"
        return self.facts

    @property
    def has_table(self) -> bool:
        """Whether the data are the user's own table."""
        return self.config.dataset.table_path is not None


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
        about_table: Whether it is only about the user's own table.
        in_training: Whether training reports it about the user's own table: it takes little time.
        is_fallback: Whether it runs only if there is no run, and no rule about the model or its steps
            has warned: it finds by a measurement what they find by a look.
        find: Yields the flaws of an experiment.
    """

    code: RuleCode
    title: str
    why: str
    fix: str
    level: Level
    reads_data: bool
    about_table: bool
    in_training: bool
    is_fallback: bool
    find: Callable[[Subject], Iterator[Flaw]]

    def applies(self, subject: Subject) -> bool:
        """Return whether it can examine an experiment."""
        has_data = subject.facts is not None or not self.reads_data
        return has_data and (subject.has_table or not self.about_table)


def rule(
    code: RuleCode,
    title: str,
    *,
    why: str,
    fix: str,
    level: Level = "warning",
    reads_data: bool = False,
    about_table: bool = False,
    in_training: bool = False,
    is_fallback: bool = False,
) -> Callable[[Callable[[Subject], Iterator[Flaw]]], Rule]:
    """Return a decorator that turns a function that finds flaws into a ``Rule``."""

    def decorate(find: Callable[[Subject], Iterator[Flaw]]) -> Rule:
        return Rule(
            code,
            title,
            why,
            fix,
            level,
            reads_data,
            about_table,
            in_training,
            is_fallback,
            find,
        )

    return decorate
