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
from nnlab.cli.check_report import counts_of, print_report, print_skipped
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


Strict = Annotated[bool, typer.Option("--strict", help="Exit with 8 on a warning.")]
NoData = Annotated[bool, typer.Option("--no-data", help="Skip the rules that read the data.")]
Explain = Annotated[str | None, typer.Option(metavar="CODE", help="Explain a rule, such as NL101.")]
Fix = Annotated[bool, typer.Option("--fix", help="Apply fixes that change one value of the file.")]
Tries = Annotated[
    bool,
    typer.Option(
        "--try",
        help="Train the first suggestion for a run on the same seeds, and compare both on the "
        "validation split.",
    ),
]


Code = Annotated[
    bool,
    typer.Option(
        "--code",
        help="Also run the experiment's own code: three steps of several seeds together and alone, "
        "which must give the same bytes.",
    ),
]


def check(
    words: Targets = None,
    strict: Strict = False,
    no_data: NoData = False,
    explain: Explain = None,
    fix: Fix = False,
    tries: Tries = False,
    code: Code = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    csv_file: CsvFile = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find mistakes in an experiment or a run.

    Looks for classic mistakes in the design of an experiment, such as model selection on the test
    set. A finished run is diagnosed too, the most likely cause first: an unsuitable learning rate,
    overfitting, dead units, wrong labels; --try tries what is suggested.
    Several runs, or a folder of them, make a table.

    Example: nnlab check my.yaml --fix
    """
    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    references, overrides = split_words(words or [])
    if not references:
        msg = "what should be checked? give a config file, a bundled experiment or a run"
        raise ConfigError(msg)
    folders = Folders.choose(runs_dir, data_dir)
    if code:
        _check_code(references, overrides, folders, as_json=as_json)
        return
    data_folder = None if no_data else folders.data
    if tries:
        _check_trial(references, fix=fix, no_data=no_data)
    submissions = None if fix or tries else _submissions(references, folders.runs)
    check_csv(submissions, csv_file, overwrite=overwrite)
    if submissions is not None:
        _refuse(overrides)
        judge = _judge(folders.runs, data_folder, strict=strict)
        _print_rows(many.judge_all(submissions, judge), csv_file=csv_file, as_json=as_json)
        return
    targets = _targets(references, overrides, folders, data_folder, fix=fix)
    reports = _check_each(targets, overrides, folders, data_folder, tries=tries, as_json=as_json)
    if strict:
        _require_none(sum(report.num_failed for report in reports))


def _check_code(
    references: Sequence[str], overrides: Sequence[str], folders: Folders, *, as_json: bool
) -> None:
    """Run the own code of experiments, and compare what should be the same bytes.

    Raises:
        ConfigError: If an experiment has none.
        CheckFailedError: If something differs.
    """
    from nnlab import api
    from nnlab.check.own_code import check_code_of

    reports = {}
    for reference in references:
        config = api.as_config(reference, overrides)
        if not config.code:
            msg = f"{reference} has no code of its own; leave out --code"
            raise ConfigError(msg)
        reports[reference] = check_code_of(config, folders.data)
    if as_json:
        checked = {reference: report._asdict() for reference, report in reports.items()}
        console.print_json({"schema_version": versions.CHECK, "code": checked})
    for reference, report in reports.items() if not as_json else ():
        files = ", ".join(report.files)
        found = "; ".join(report.problems[:1]) or "the same bytes together, alone, and resumed"
        console.print_line(f"{reference}: {files}: {found}")
        for problem in report.problems[1:]:
            console.print_line(f"  {problem}")
    _require_none(sum(bool(report.problems) for report in reports.values()))


def _check_trial(references: Sequence[str], *, fix: bool, no_data: bool) -> None:
    """Refuse what cannot be combined with a trial.

    Raises:
        ConfigError: With what to leave out.
    """
    if len(references) > 1:
        msg = f"--try takes one run, not {len(references)}"
        raise ConfigError(msg)
    if fix or no_data:
        msg = f"--try reads the data of a run; leave out {'--fix' if fix else '--no-data'}"
        raise ConfigError(msg)


def _targets(
    references: Sequence[str],
    overrides: Sequence[str],
    folders: Folders,
    data_folder: Path | None,
    *,
    fix: bool,
) -> list[Target]:
    """Return what is checked, after its mistakes are fixed if that is asked for."""
    from nnlab.check.target import find_target

    targets = [find_target(reference, folders.runs) for reference in references]
    if any(target.run for target in targets):
        _refuse(overrides)
    for target in targets if fix else ():
        _fix(target, overrides, data_folder)
    return targets


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
    tries: bool,
    as_json: bool,
) -> list[CheckReport]:
    """Check and print experiments, or single runs."""
    from nnlab.check.target import check_target

    reports = []
    for target in targets:
        report = check_target(target, overrides, folders.runs, data_folder)
        reports.append(_tried(report, folders) if tries else report)
        print_skipped(reports[-1])
        if not as_json:
            print_report(reports[-1])
    if as_json:
        checked = [report.to_json() for report in reports]
        console.print_json({"schema_version": versions.CHECK, "checked": checked})
    return reports


def _tried(report: CheckReport, folders: Folders) -> CheckReport:
    from nnlab.api.trying import with_trial
    from nnlab.cli.progress import watch

    return with_trial(report, folders, watch)


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
        return many.Judgement(counts_of(report), failures, notes, report.to_json())

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
