"""What nnlab check prints about one experiment or run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import console
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from nnlab.check.remedies import Diagnosis
    from nnlab.check.target import CheckReport
    from nnlab.check.tried import TriedSuggestion


def print_skipped(report: CheckReport) -> None:
    """Print why the rules that read data were skipped, if they were."""
    if report.lint.skipped:
        reason = report.lint.skipped.partition("\n")[0]
        console.print_note(f"{report.target.reference}: the data are not checked: {reason}")


def print_report(report: CheckReport) -> None:
    """Print the findings about one experiment or run."""
    for finding in report.lint.findings:
        console.print_line(finding.render())
    name = report.target.run.id if report.target.run else report.target.reference
    for diagnosis in report.diagnosis:
        _print_diagnosis(name, diagnosis)
    for limit in report.limits:
        console.print_line(f"{name}: {limit}")
    if report.trial is not None:
        _print_trial(name, report.trial)
    if report.looks is not None:
        console.print_line(f"{name}: {report.looks}")
    console.print_line(f"{name}: {_summary(report)}")


def _print_diagnosis(name: str, diagnosis: Diagnosis) -> None:
    console.print_line(f"{name}: {diagnosis.message}")
    for label, texts in (("for", diagnosis.evidence), ("against", diagnosis.against)):
        for text in texts:
            console.print_line(f"  {label}: {text}")
    if diagnosis.advice:
        console.print_line(f"  try: {diagnosis.advice}")


def _print_trial(name: str, trial: TriedSuggestion) -> None:
    settings = " ".join(trial.overrides)
    console.print_line(
        f"{name}: tried {settings} in {trial.run}, on the same seeds, judged by the validation split "
        f"(the test split stays out of it): {trial.verdict}"
    )
    if trial.note:
        console.print_line(f"  note: {trial.note}")


def counts_of(report: CheckReport) -> dict[str, float]:
    """Return the number of findings by kind."""
    levels = [finding.rule.level for finding in report.lint.findings]
    return {
        "warnings": levels.count("warning"),
        "notes": levels.count("note"),
        "problems": len(report.diagnosis),
    }


def _summary(report: CheckReport) -> str:
    counts = counts_of(report)
    words = [
        pluralize(int(number), noun.removesuffix("s")) for noun, number in counts.items() if number
    ]
    ignored = len(report.lint.ignored)
    text = ", ".join(words or ["nothing found"]) + (f" ({ignored} ignored)" if ignored else "")
    if report.lint.findings:
        text += f"; why: nnlab check --explain {report.lint.findings[0].rule.code}"
    return text
