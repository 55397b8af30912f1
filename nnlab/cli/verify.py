"""nnlab verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli import many
from nnlab.cli.csv_table import CsvFile, check_csv
from nnlab.cli.options import AsJson, DataDir, DataFile, Overwrite, RunsDir
from nnlab.errors import CheckFailedError
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from nnlab.api.sweeping import Sweep
    from nnlab.runs.verify import Verification
    from nnlab.storage.run_dir import RunDir
    from nnlab.sweep.verify import SweepVerification


def verify(
    runs: many.Runs,
    resume: Annotated[
        bool, typer.Option(help="Also kill the second training at a random step and resume it.")
    ] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    csv_file: CsvFile = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Retrain runs and check that nothing differs.

    Trains a finished run again from its stored config and compares every byte of the results.
    Exits with 8 if they differ. Several runs, or a folder of them, are retrained one after another
    and make a table.

    Example: nnlab verify latest --resume
    """
    from nnlab import api

    def verify_one(run: RunDir) -> Verification:
        return api.verify(run, resume=resume, data_dir=data_dir, data_file=data_file)

    if len(runs) == 1 and (found := api.load_sweep(runs[0], runs_dir=runs_dir)) is not None:
        _verify_sweep(found, data_dir, as_json=as_json)
        return
    submissions = many.find_many(runs, runs_dir)
    check_csv(submissions, csv_file, data_file, overwrite=overwrite)
    if submissions is not None:
        rows = many.judge_all(submissions, lambda run: _judgement(verify_one(run)), "retraining")
        many.print_rows(rows, [], csv_file=csv_file, as_json=as_json)
        return
    original = api.load_run(runs[0], runs_dir=runs_dir)
    verification = verify_one(original)
    if as_json:
        console.print_json(verification.to_json())
    else:
        _print(verification)
    if verification.problems:
        problems = "\n".join(verification.problems)
        msg = f"run {original.id} was not reproduced:\n{problems}"
        raise CheckFailedError(msg)


def _verify_sweep(sweep: Sweep, data_dir: str | None, *, as_json: bool) -> None:
    from nnlab import api

    found = api.verify_sweep(sweep, data_dir=data_dir)
    if as_json:
        console.print_json(found.to_json())
    else:
        console.print_line(
            f"{found.sweep}: every decision follows from its metrics; {found.pack}, one of "
            f"{pluralize(found.num_packs, 'pack')}, was trained again"
        )
        _print_digests(found)
    if found.problems:
        problems = "\n".join(found.problems)
        msg = f"sweep {found.sweep} was not reproduced:\n{problems}"
        raise CheckFailedError(msg)


def _judgement(verification: Verification) -> many.Judgement:
    details = verification.to_json()
    del details["schema_version"]
    notes = [f"different environment: {change}" for change in verification.changes]
    return many.Judgement({}, list(verification.problems), notes, details)


def _print(verification: Verification) -> None:
    console.print_line(f"{verification.run}: retrained from its stored config, on the same data")
    if verification.killed_at is not None:
        console.print_line(
            f"killed after step {verification.killed_at:,}, "
            f"resumed from step {verification.resumed_at:,}"
        )
    for change in verification.changes:
        console.print_line(f"different environment: {change}")
    if verification.problems:
        return
    if verification.changes:
        tolerance = verification.tolerance
        console.print_line(f"the bytes differ; every final metric agrees within {tolerance}")
        return
    _print_digests(verification)


def _print_digests(verification: Verification | SweepVerification) -> None:
    if verification.problems:
        return
    console.print_line(
        f"{verification.num_tensors:,} tensors are identical: SHA-256 {verification.tensors_sha256}"
    )
    console.print_line(
        f"{verification.num_records:,} lines of metrics are identical: "
        f"SHA-256 {verification.metrics_sha256}"
    )
