"""nnlab verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import api, console
from nnlab.errors import CheckFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.runs.verify import Verification


def verify(
    reference: str,
    *,
    is_resumed: bool,
    data_dir: str | None,
    data_file: Path | None,
    runs_dir: str | None,
    as_json: bool,
) -> None:
    """Train a finished run again and print what that proves; fail if it does not hold."""
    run = api.load_run(reference, runs_dir=runs_dir)
    verdict = api.verify(run, resume=is_resumed, data_dir=data_dir, data_file=data_file)
    if as_json:
        console.say_json(verdict.to_json())
    else:
        _say(verdict)
    if verdict.problems:
        problems = "\n".join(verdict.problems)
        msg = f"run {run.id} does not come out again:\n{problems}"
        raise CheckFailedError(msg)


def _say(verdict: Verification) -> None:
    console.say(f"{verdict.run}: trained again from its stored config, on the same data")
    if verdict.killed_at is not None:
        console.say(
            f"killed after step {verdict.killed_at:,}, resumed from step {verdict.resumed_at:,}"
        )
    for change in verdict.changes:
        console.say(f"another computer: {change}")
    if verdict.problems:
        return
    if verdict.changes:
        console.say(f"not the same bytes; every final metric within {verdict.tolerance}")
        return
    console.say(f"{verdict.num_tensors:,} tensors are equal: SHA-256 {verdict.tensors_sha256}")
    console.say(f"{verdict.num_records:,} lines of metrics too: SHA-256 {verdict.metrics_sha256}")
