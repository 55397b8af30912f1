"""nnlab check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab import console
from nnlab.cli.options import AsJson, DataDir, RunsDir, split_words
from nnlab.errors import CheckFailedError, ConfigError, RunError
from nnlab.formatting import pluralize
from nnlab.storage import folders

if TYPE_CHECKING:
    from nnlab.check import diagnosis
    from nnlab.check.lint import Lint, LintFinding
    from nnlab.storage.run_dir import RunDir

SCHEMA_VERSION = 2


def check(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONFIG|RUN",
            help="Experiment files, bundled experiments or finished runs; then KEY=VALUE settings "
            "for all of them.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 8 on a warning.")] = False,
    no_data: Annotated[
        bool, typer.Option("--no-data", help="Skip the rules that read the data.")
    ] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Explain a rule, such as NL101.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply fixes that change one value of the file.")
    ] = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Find mistakes in an experiment or a run.

    Looks for classic mistakes in the design of an experiment, such as a test set that chooses the
    model. A finished run is diagnosed too: overfitting, dead units, a learning rate out of range.

    Example: nnlab check my.yaml --fix
    """
    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    references, overrides = split_words(words or [])
    if not references:
        msg = "what should be checked? give a config file, a bundled experiment or a run"
        raise ConfigError(msg)
    targets = [_find(reference, folders.runs_dir(runs_dir)) for reference in references]
    data_folder = None if no_data else folders.data_dir(data_dir)
    reports = []
    for target in targets:
        if fix:
            _fix(target, overrides, data_folder)
        reports.append(_check(target, overrides, data_folder))
        _print_skipped(reports[-1])
        if not as_json:
            _print(reports[-1])
    if as_json:
        checked = [report.to_json() for report in reports]
        console.print_json({"schema_version": SCHEMA_VERSION, "checked": checked})
    num_failed = sum(report.num_failed for report in reports)
    if num_failed and strict:
        msg = f"{pluralize(num_failed, 'check')} failed"
        raise CheckFailedError(msg)


@dataclass(frozen=True)
class Target:
    """An experiment file to check, and the run it belongs to."""

    reference: str
    path: Path
    run: RunDir | None = None

    def why_not_edited(self) -> str | None:
        """Return why ``--fix`` leaves the file alone, or None if it does not."""
        from nnlab.config.bundled import configs_dir

        if self.run is not None:
            return "a run is never changed"
        if self.path.parent.resolve() == configs_dir().resolve():
            return f"it is bundled; start with a copy: nnlab config init {self.path.stem}"
        return None


@dataclass(frozen=True)
class CheckReport:
    """The findings about one target."""

    target: Target
    lint: Lint
    diagnosis: list[diagnosis.Diagnosis]

    @property
    def num_failed(self) -> int:
        """How many findings fail a strict check."""
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


def _explain(code: str, *, as_json: bool) -> None:
    from nnlab.check.lint import find_rule
    from nnlab.check.rules_page import explain

    rule = find_rule(code)
    if as_json:
        facts = {key: value for key, value in asdict(rule).items() if key != "find"}
        console.print_json({"schema_version": SCHEMA_VERSION, "rule": facts})
    else:
        console.print_line(explain(rule))


def _find(reference: str, runs_dir: Path) -> Target:
    from nnlab.config.bundled import find_config
    from nnlab.storage.registry import find_run

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


def _check(target: Target, overrides: Sequence[str], data_dir: Path | None) -> CheckReport:
    from nnlab.check.diagnosis import diagnose
    from nnlab.check.lint import lint
    from nnlab.config.load import read_document

    if target.run is None:
        return CheckReport(target, lint(read_document(target.path, overrides), data_dir), [])
    return CheckReport(target, _lint_run(target.run, data_dir), diagnose(target.run))


def _lint_run(run: RunDir, data_dir: Path | None) -> Lint:
    """Lint the experiment of a run; a table that the user may not know of is not read."""
    from nnlab.check.lint import lint
    from nnlab.config.load import read_document
    from nnlab.runs.load import with_trusted_table

    config, document = run.config, read_document(run.resolved_path)
    try:
        with_trusted_table(run, config, data_file=None)
    except RunError as error:
        return lint(document, None)._replace(skipped=str(error))
    return lint(document, data_dir)


def _fix(target: Target, overrides: Sequence[str], data_dir: Path | None) -> None:
    from nnlab.check.fixes import fix_file
    from nnlab.check.lint import lint
    from nnlab.config.load import read_document

    if reason := target.why_not_edited():
        console.print_note(f"{target.reference} is not edited: {reason}")
        return
    document = read_document(target.path, overrides)
    findings = lint(document, data_dir).findings
    for argument in dict.fromkeys(_arguments_to_blame(findings)):
        console.print_note(f"argument '{argument}' is not edited")
    for change in fix_file(target.path, document, findings, overrides):
        place = f"{target.path}:{change.location.line + 1}"
        console.print_note(f"fixed {place}: {change.key}: {change.before} -> {change.after}")


def _arguments_to_blame(findings: Sequence[LintFinding]) -> Iterator[str]:
    for finding in findings:
        if finding.flaw.edits and finding.location and finding.location.source.is_argument:
            yield finding.location.source.name


def _print_skipped(report: CheckReport) -> None:
    if report.lint.skipped:
        reason = report.lint.skipped.partition("\n")[0]
        console.print_note(f"{report.target.reference}: the data are not checked: {reason}")


def _print(report: CheckReport) -> None:
    for finding in report.lint.findings:
        console.print_line(finding.render())
    name = report.target.run.id if report.target.run else report.target.reference
    for diagnosis in report.diagnosis:
        console.print_line(f"{name}: {diagnosis.message}\n  try: {diagnosis.advice}")
    console.print_line(f"{name}: {_summary(report)}")


def _summary(report: CheckReport) -> str:
    levels = [finding.rule.level for finding in report.lint.findings]
    counts = {
        "warning": levels.count("warning"),
        "note": levels.count("note"),
        "problem": len(report.diagnosis),
    }
    words = [pluralize(number, noun) for noun, number in counts.items() if number]
    ignored = len(report.lint.ignored)
    text = ", ".join(words or ["nothing found"]) + (f" ({ignored} ignored)" if ignored else "")
    if report.lint.findings:
        text += f"; why: nnlab check --explain {report.lint.findings[0].rule.code}"
    return text
