"""nnlab check."""

from __future__ import annotations

from nnlab import api, console
from nnlab.check.diagnosis import diagnose
from nnlab.errors import CheckFailedError


def check(reference: str, *, is_strict: bool, runs_dir: str | None, as_json: bool) -> None:
    """Print what is wrong with a finished run; strict: fail if anything is."""
    run = api.load_run(reference, runs_dir=runs_dir)
    findings = diagnose(run)
    if as_json:
        rows = [finding._asdict() for finding in findings]
        console.say_json({"schema_version": 1, "run": run.id, "findings": rows})
    elif not findings:
        console.say(f"{run.id}: nothing found")
    else:
        console.say(f"{run.id}:")
        for finding in findings:
            console.say(f"- {finding.message}\n  try: {finding.advice}")
    if findings and is_strict:
        msg = f"{len(findings)} of the checks of run {run.id} did not hold"
        raise CheckFailedError(msg)
