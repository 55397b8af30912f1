"""The linter: runs the rules on an experiment and locates their findings in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.check import (
    column_rules,
    data_rules,
    evaluation_rules,
    image_rules,
    label_rules,
    leak_rules,
    model_rules,
    optimisation_rules,
    selection_rules,
    step_rules,
)
from nnlab.check.rule import Rule, Subject
from nnlab.config.key_paths import written
from nnlab.config.load import validate
from nnlab.config.located import located
from nnlab.config.messages import Location, Problem
from nnlab.config.problems import locate
from nnlab.config.yaml12 import plain_value
from nnlab.errors import ConfigError, DataError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nnlab.check.rule import Flaw
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.yaml12 import Document
    from nnlab.data.types import Examples

MODULES = {
    "Data": (data_rules, label_rules, column_rules, leak_rules, image_rules),
    "Model": (model_rules,),
    "Optimisation": (optimisation_rules, step_rules),
    "Evaluation": (evaluation_rules, selection_rules),
}
SUBJECTS: dict[str, list[Rule]] = {
    subject: [
        rule for module in modules for rule in vars(module).values() if isinstance(rule, Rule)
    ]
    for subject, modules in MODULES.items()
}
LEARNING = [*SUBJECTS["Model"], *SUBJECTS["Optimisation"]]
RULES: dict[str, Rule] = {rule.code: rule for rules in SUBJECTS.values() for rule in rules}


@dataclass(frozen=True)
class LintFinding:
    """A flaw and its location.

    Attributes:
        rule: The rule that found it.
        flaw: The flaw.
        location: Location of the key, or else of the nearest section above it.
        reason: Why the experiment ignores it, or None if it does not.
    """

    rule: Rule
    flaw: Flaw
    location: Location | None
    reason: str | None

    def render(self) -> str:
        """Return the message with its file, line, column and caret, and the fix."""
        text = f"{self.rule.level} {self.rule.code}: {self.flaw.message}"
        problem = Problem(self.flaw.path, text, self.location).render()
        return f"{problem}\n  fix: {self.rule.fix}"

    def to_json(self) -> dict[str, object]:
        """Return the finding as ``nnlab check --json`` lists it; line and column count from 1."""
        at = self.location
        return {
            "code": self.rule.code,
            "level": self.rule.level,
            "title": self.rule.title,
            "message": self.flaw.message,
            "key": ".".join(map(str, self.flaw.path)),
            "source": at and at.source.name,
            "line": at and at.line + 1,
            "column": at and at.column + 1,
            "why": self.rule.why,
            "fix": self.rule.fix,
            "can_fix": bool(self.flaw.edits),
            "edits": [
                {"key": written(path), "value": plain_value(text)} for path, text in self.flaw.edits
            ],
            "ignored_because": self.reason,
        }


class Lint(NamedTuple):
    """The linter's findings for one experiment.

    Attributes:
        findings: In file order.
        ignored: Findings that the experiment ignores, in file order.
        skipped: Why the rules that read data could not run; None if they ran or were not wanted.
        config: The experiment.
    """

    findings: list[LintFinding]
    ignored: list[LintFinding]
    skipped: str | None
    config: ExperimentConfig

    @property
    def all(self) -> list[LintFinding]:
        """All findings, ignored or not."""
        return [*self.findings, *self.ignored]


def lint(document: Document, data_dir: Path | None, accuracy: float | None = None) -> Lint:
    """Run the rules on an experiment.

    Args:
        document: The experiment and its locations.
        data_dir: Folder of installed data; None skips the rules that read data.
        accuracy: See ``Subject``.

    Raises:
        ConfigProblems: If the experiment is not valid.
    """
    config = validate(document)
    subject, skipped = Subject(config), None
    if data_dir is not None:
        from nnlab.check.data_facts import read_data

        try:
            with located(document):
                facts = read_data(config, data_dir)
            subject = Subject(config, facts, accuracy, is_trained=document.is_stored)
        except DataError as error:
            skipped = str(error)
    with np.errstate(all="ignore"):  # numbers near the limit of float64 overflow
        findings = [
            LintFinding(rule, flaw, _place(flaw, document), config.ignore.get(rule.code))
            for rule, flaw in find_flaws(subject)
        ]
    findings.sort(key=_position)
    kept = [finding for finding in findings if finding.reason is None]
    ignored = [finding for finding in findings if finding.reason is not None]
    return Lint(kept, ignored, skipped, config)


def find_flaws(subject: Subject) -> Iterator[tuple[Rule, Flaw]]:
    """Yield the flaws that each rule that applies finds; without data, none of the data."""
    is_explained = subject.is_trained
    for rule in sorted(RULES.values(), key=lambda rule: rule.is_fallback):
        if rule.applies(subject) and not (rule.is_fallback and is_explained):
            for flaw in rule.find(subject):
                is_explained |= rule.level == "warning" and rule in LEARNING
                yield rule, flaw


def flaws_of(config: ExperimentConfig) -> dict[str, str]:
    """Return what is wrong by the code of the rule, as far as the rules need no data."""
    return {rule.code: flaw.message for rule, flaw in find_flaws(Subject(config))}


def config_warnings(config: ExperimentConfig, unmatched_search: str | None = None) -> list[str]:
    """Return a line for each warning that does not read data and is not ignored.

    Args:
        config: The experiment.
        unmatched_search: See ``Subject``.
    """
    subject = Subject(config, unmatched_search=unmatched_search)
    return [
        f"{rule.code}: {flaw.message}"
        for rule, flaw in find_flaws(subject)
        if rule.level == "warning" and rule.code not in config.ignore
    ]


def data_warnings(config: ExperimentConfig, examples: Examples) -> list[str]:
    """Return a line for each warning about the user's own table that takes little time to find."""
    from nnlab.check.data_facts import facts_of

    if config.dataset.data_path is None:
        return []
    subject = Subject(config, facts_of(config, examples))
    with np.errstate(all="ignore"):
        return [
            f"{rule.code}: {flaw.message}"
            for rule in RULES.values()
            if rule.in_training and rule.code not in config.ignore
            for flaw in rule.find(subject)
        ]


def find_rule(code: str) -> Rule:
    """Return the rule with a code.

    Raises:
        ConfigError: If there is none.
    """
    if code in RULES:
        return RULES[code]
    msg = f"there is no rule {code}{did_you_mean(code, RULES)}; known: {', '.join(RULES)}"
    raise ConfigError(msg)


def _place(flaw: Flaw, document: Document) -> Location | None:
    return locate(flaw.path, document, prefer_key=flaw.path not in document.values)


def _position(finding: LintFinding) -> tuple[bool, int, int]:
    at = finding.location
    return (False, 0, 0) if at is None else (at.source.is_argument, at.line, at.column)
