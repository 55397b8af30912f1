"""nnlab check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli.options import AsJson, DataDir, RunsDir, split_words
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import pluralize
from nnlab.storage import versions
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from nnlab.check.lint import LintFinding
    from nnlab.check.target import CheckReport, Target

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CONFIG|RUN",
        help="Experiment files, bundled experiments or finished runs; then KEY=VALUE settings "
        "for all of them.",
    ),
]


def check(
    words: Targets = None,
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

    Looks for classic mistakes in the design of an experiment, such as model selection on the test
    set. A finished run is diagnosed too: overfitting, dead units, an unsuitable learning rate.

    Example: nnlab check my.yaml --fix
    """
    from nnlab.check.target import check_target, find_target

    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    references, overrides = split_words(words or [])
    if not references:
        msg = "what should be checked? give a config file, a bundled experiment or a run"
        raise ConfigError(msg)
    folders = Folders.choose(runs_dir, data_dir)
    targets = [find_target(reference, folders.runs) for reference in references]
    data_folder = None if no_data else folders.data
    reports = []
    for target in targets:
        if fix:
            _fix(target, overrides, data_folder)
        reports.append(check_target(target, overrides, folders.runs, data_folder))
        _print_skipped(reports[-1])
        if not as_json:
            _print(reports[-1])
    if as_json:
        checked = [report.to_json() for report in reports]
        console.print_json({"schema_version": versions.CHECK, "checked": checked})
    num_failed = sum(report.num_failed for report in reports)
    if num_failed and strict:
        msg = f"{pluralize(num_failed, 'check')} failed"
        raise CheckFailedError(msg)


def _explain(code: str, *, as_json: bool) -> None:
    from nnlab.check.lint import find_rule
    from nnlab.check.rules_page import explain

    rule = find_rule(code)
    if as_json:
        fields = {key: value for key, value in asdict(rule).items() if key != "find"}
        console.print_json({"schema_version": versions.CHECK, "rule": fields})
    else:
        console.print_line(explain(rule))


def _fix(target: Target, overrides: Sequence[str], data_dir: Path | None) -> None:
    from nnlab.check.fixes import fix_file
    from nnlab.check.lint import lint
    from nnlab.config.load import read_document

    if reason := target.why_not_edited():
        console.print_note(f"{target.reference} is not edited: {reason}")
        return
    assert target.path is not None
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
    if report.looks is not None:
        console.print_line(f"{name}: {report.looks}")
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
