"""nnlab check."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli import many
from nnlab.cli.csv_table import CsvFile, check_csv
from nnlab.cli.options import AsJson, DataDir, Overwrite, RunsDir, split_words
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import pluralize
from nnlab.storage import versions
from nnlab.storage.folders import Folders
from nnlab.storage.submissions import Submission, find_submissions

if TYPE_CHECKING:
    from nnlab.check.lint import LintFinding
    from nnlab.check.target import CheckReport, Target
    from nnlab.storage.run_dir import RunDir

COUNTS = ("warnings", "notes", "problems")
_print_rows = partial(many.print_rows, metrics=COUNTS, key="checked", version=versions.CHECK)

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
    csv_file: CsvFile = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find mistakes in an experiment or a run.

    Looks for classic mistakes in the design of an experiment, such as model selection on the test
    set. A finished run is diagnosed too: overfitting, dead units, an unsuitable learning rate.
    Several runs, or a folder of them, make a table.

    Example: nnlab check my.yaml --fix
    """
    from nnlab.check.target import find_target

    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    references, overrides = split_words(words or [])
    if not references:
        msg = "what should be checked? give a config file, a bundled experiment or a run"
        raise ConfigError(msg)
    folders = Folders.choose(runs_dir, data_dir)
    data_folder = None if no_data else folders.data
    submissions = None if fix else _submissions(references, folders.runs)
    check_csv(submissions, csv_file, overwrite=overwrite)
    if submissions is not None:
        _refuse(overrides)
        judge = _judge(folders.runs, data_folder, strict=strict)
        _print_rows(many.judge_all(submissions, judge), csv_file=csv_file, as_json=as_json)
        return
    targets = [find_target(reference, folders.runs) for reference in references]
    for target in targets if fix else ():
        _fix(target, overrides, data_folder)
    reports = _check_each(targets, overrides, folders, data_folder, as_json=as_json)
    if strict:
        _require_none(sum(report.num_failed for report in reports))


def _require_none(num_failed: int) -> None:
    if num_failed:
        msg = f"{pluralize(num_failed, 'check')} failed"
        raise CheckFailedError(msg)


def _check_each(
    targets: Sequence[Target],
    overrides: Sequence[str],
    folders: Folders,
    data_folder: Path | None,
    *,
    as_json: bool,
) -> list[CheckReport]:
    """Check and print experiments, or single runs."""
    from nnlab.check.target import check_target

    reports = []
    for target in targets:
        reports.append(check_target(target, overrides, folders.runs, data_folder))
        _print_skipped(reports[-1])
        if not as_json:
            _print(reports[-1])
    if as_json:
        checked = [report.to_json() for report in reports]
        console.print_json({"schema_version": versions.CHECK, "checked": checked})
    return reports


def _submissions(references: Sequence[str], runs_dir: Path) -> list[Submission] | None:
    """Return the runs of a table; None if there is an experiment file, or a single run."""
    from nnlab.config.bundled import find_config

    for reference in references:
        with contextlib.suppress(ConfigError):
            if find_config(reference).is_file():
                return None
    return find_submissions(references, runs_dir)


def _refuse(overrides: Sequence[str]) -> None:
    if overrides:
        msg = f"{overrides[0]}: settings are for experiment files; a run keeps its own"
        raise ConfigError(msg)


def _judge(
    runs_dir: Path, data_folder: Path | None, *, strict: bool
) -> Callable[[RunDir], many.Judgement]:
    """Return a function that checks a run, and whether its summary agrees with its predictions."""
    from nnlab.check.target import Target, check_target

    def judge(run: RunDir) -> many.Judgement:
        target = Target(str(run.path), run.resolved_path, run)
        report = check_target(target, [], runs_dir, data_folder)
        codes = list(dict.fromkeys(finding.rule.code for finding in report.lint.findings))
        found = [", ".join([*codes, *(diagnosis.name for diagnosis in report.diagnosis)])]
        found = found if any(found) else []
        wrong = many.contradiction(run)
        is_bad = strict and report.num_failed > 0
        failures, notes = (wrong + found, []) if is_bad else (wrong, found)
        return many.Judgement(_counts(report), failures, notes, report.to_json())

    return judge


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


def _counts(report: CheckReport) -> dict[str, float]:
    levels = [finding.rule.level for finding in report.lint.findings]
    return {
        "warnings": levels.count("warning"),
        "notes": levels.count("note"),
        "problems": len(report.diagnosis),
    }


def _summary(report: CheckReport) -> str:
    counts = _counts(report)
    words = [
        pluralize(int(number), noun.removesuffix("s")) for noun, number in counts.items() if number
    ]
    ignored = len(report.lint.ignored)
    text = ", ".join(words or ["nothing found"]) + (f" ({ignored} ignored)" if ignored else "")
    if report.lint.findings:
        text += f"; why: nnlab check --explain {report.lint.findings[0].rule.code}"
    return text
