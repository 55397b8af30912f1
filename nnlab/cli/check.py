"""nnlab check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nnlab import console
from nnlab.check.diagnosis import diagnose
from nnlab.check.fixes import fix_file
from nnlab.check.lint import find_rule, lint
from nnlab.check.rules_page import explain
from nnlab.config.bundled import configs_dir, find_config
from nnlab.config.load import read_document
from nnlab.errors import CheckFailedError, ConfigError, RunError
from nnlab.storage import folders, versions
from nnlab.storage.registry import find_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nnlab.check import diagnosis
    from nnlab.check.lint import Finding, Lint
    from nnlab.storage.run_dir import RunDir


@dataclass(frozen=True)
class Target:
    """What a word of the command line means: an experiment file, and the run it belongs to."""

    reference: str
    path: Path
    run: RunDir | None = None

    def why_not_edited(self) -> str | None:
        """Return why ``--fix`` leaves the file alone, or None if it does not."""
        if self.run is not None:
            return "a run stays as it was"
        if self.path.parent.resolve() == configs_dir().resolve():
            return f"it is bundled; begin with a copy: nnlab config init {self.path.stem}"
        return None


@dataclass(frozen=True)
class Verdict:
    """What was found about one target."""

    target: Target
    lint: Lint
    diagnosis: list[diagnosis.Finding]

    @property
    def num_failed(self) -> int:
        """How much of it fails a strict check."""
        levels = [finding.rule.level for finding in self.lint.findings]
        return levels.count("warning") + len(self.diagnosis)

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``--json``."""
        run = self.target.run
        return {
            "reference": self.target.reference,
            "file": str(self.target.path),
            "run": run and run.id,
            "findings": [finding.to_json() for finding in self.lint.findings],
            "ignored": [finding.to_json() for finding in self.lint.ignored],
            "skipped": self.lint.skipped,
            "diagnosis": [finding._asdict() for finding in self.diagnosis],
        }


def check(
    references: Sequence[str],
    overrides: Sequence[str],
    *,
    is_strict: bool,
    reads_data: bool,
    fixes: bool,
    data_dir: str | None,
    runs_dir: str | None,
    as_json: bool,
) -> None:
    """Print what is wrong with experiments and finished runs; strict: fail if anything is."""
    if not references:
        msg = "what should be checked? give a config file, a bundled experiment or a run"
        raise ConfigError(msg)
    targets = [_find(reference, folders.runs_dir(runs_dir)) for reference in references]
    data_folder = folders.data_dir(data_dir) if reads_data else None
    verdicts = []
    for target in targets:
        if fixes:
            _fix(target, overrides, data_folder)
        verdicts.append(_judge(target, overrides, data_folder))
        _say_skipped(verdicts[-1])
        if not as_json:
            _say(verdicts[-1])
    if as_json:
        checked = [verdict.to_json() for verdict in verdicts]
        console.say_json({"schema_version": versions.CHECK, "checked": checked})
    failed = sum(verdict.num_failed for verdict in verdicts)
    if failed and is_strict:
        msg = f"{failed} {'check' if failed == 1 else 'checks'} did not hold"
        raise CheckFailedError(msg)


def explain_rule(code: str, *, as_json: bool) -> None:
    """Print what a rule of the linter is for."""
    rule = find_rule(code)
    if as_json:
        facts = {key: value for key, value in asdict(rule).items() if key != "find"}
        console.say_json({"schema_version": versions.CHECK, "rule": facts})
    else:
        console.say(explain(rule))


def _find(reference: str, runs_dir: Path) -> Target:
    try:
        path = find_config(reference)
        if path.is_file():
            return Target(reference, path)
        problem = f"{path} is a folder"
    except ConfigError as error:
        problem = str(error)
    try:
        run = find_run(reference, runs_dir)
    except RunError as error:
        msg = f"'{reference}' is neither an experiment ({problem}) nor a run ({error})"
        raise ConfigError(msg) from error
    return Target(reference, run.resolved_path, run)


def _judge(target: Target, overrides: Sequence[str], data_dir: Path | None) -> Verdict:
    if target.run is None:
        return Verdict(target, lint(read_document(target.path, overrides), data_dir), [])
    return Verdict(target, _lint_run(target.run, data_dir), diagnose(target.run))


def _lint_run(run: RunDir, data_dir: Path | None) -> Lint:
    """Lint the experiment of a run; a table that the user may not know of is not read."""
    from nnlab.runs.load import with_known_table

    config, document = run.config, read_document(run.resolved_path)
    try:
        with_known_table(run, config, data_file=None)
    except RunError as error:
        return lint(document, None)._replace(skipped=str(error))
    return lint(document, data_dir)


def _fix(target: Target, overrides: Sequence[str], data_dir: Path | None) -> None:
    if reason := target.why_not_edited():
        console.note(f"{target.reference} is not edited: {reason}")
        return
    document = read_document(target.path, overrides)
    findings = lint(document, data_dir).findings
    for argument in dict.fromkeys(_arguments_to_blame(findings)):
        console.note(f"argument '{argument}' is not edited")
    for change in fix_file(target.path, document, findings, overrides):
        place = f"{target.path}:{change.location.line + 1}"
        console.note(f"fixed {place}: {change.key}: {change.before} -> {change.after}")


def _arguments_to_blame(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.flaw.edits and finding.location and finding.location.source.is_argument:
            yield finding.location.source.name


def _say_skipped(verdict: Verdict) -> None:
    if verdict.lint.skipped:
        reason = verdict.lint.skipped.partition("\n")[0]
        console.note(f"{verdict.target.reference}: the data are not checked: {reason}")


def _say(verdict: Verdict) -> None:
    for finding in verdict.lint.findings:
        console.say(finding.render())
    name = verdict.target.run.id if verdict.target.run else verdict.target.reference
    for seen in verdict.diagnosis:
        console.say(f"{name}: {seen.message}\n  try: {seen.advice}")
    console.say(f"{name}: {_summary(verdict)}")


def _summary(verdict: Verdict) -> str:
    levels = [finding.rule.level for finding in verdict.lint.findings]
    counts = {
        "warning": levels.count("warning"),
        "note": levels.count("note"),
        "problem": len(verdict.diagnosis),
    }
    words = [f"{number} {noun}{'s' * (number > 1)}" for noun, number in counts.items() if number]
    ignored = len(verdict.lint.ignored)
    text = ", ".join(words or ["nothing found"]) + (f" ({ignored} ignored)" if ignored else "")
    if verdict.lint.findings:
        text += f"; why: nnlab check --explain {verdict.lint.findings[0].rule.code}"
    return text
