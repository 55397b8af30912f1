"""A table with one row per run, for commands that take a folder of submissions."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nnlab import console
from nnlab.cli.csv_table import write_csv
from nnlab.errors import CheckFailedError, NnlabError, RunError
from nnlab.formatting import Column, format_metric, pluralize, shorten
from nnlab.metrics import METRICS
from nnlab.storage import versions
from nnlab.storage.submissions import Submission, find_submissions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.storage.run_dir import RunDir

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN",
        help="Runs: paths, ids, unique prefixes, tags, latest or latest~1; or folders of runs at "
        "any depth. Several make a table.",
    ),
]
WHY_NOT = {
    "interrupted": "it was not trained to the end",
    "diverged": "its loss was not finite",
    "failed": "its training failed",
    "running": "it is being trained",
    "damaged": "its meta.json is damaged",
}


class Judgement(NamedTuple):
    """What a command found about one run.

    Attributes:
        metrics: Numbers for the table.
        failures: Why it does not pass; empty if it does.
        notes: What else to look at.
        details: Further fields for JSON.
    """

    metrics: dict[str, float]
    failures: list[str]
    notes: list[str]
    details: dict[str, Any]


class Row(NamedTuple):
    """A run, and what was found; see ``Judgement``."""

    submission: Submission
    status: str
    found: Judgement

    @property
    def reason(self) -> str:
        """What is to be read about the run."""
        return "; ".join([*self.found.failures, *self.found.notes])

    def to_json(self) -> dict[str, object]:
        """Return plain values."""
        name, path, run, _ = self.submission
        return {
            "name": name,
            "path": str(path),
            "run": run.id if run else None,
            "status": self.status,
            "passed": not self.found.failures,
            "reason": self.reason or None,
            **self.found.details,
        }


def find_many(references: Sequence[str], runs_dir: str | None) -> list[Submission] | None:
    """Return the runs of a table; None if the user named a single run."""
    from nnlab.storage.folders import Folders

    return find_submissions(references, Folders.choose(runs_dir).runs)


def judge_all(
    submissions: Sequence[Submission], judge: Callable[[RunDir], Judgement], doing: str = ""
) -> list[Row]:
    """Judge every run; one that cannot be judged is a row with the reason.

    Args:
        submissions: The runs.
        judge: Called with each finished run.
        doing: What a note says before each finished run; nothing if it is fast.
    """
    rows = []
    for number, submission in enumerate(submissions, start=1):
        if doing and submission.run and submission.run.status == "finished":
            console.print_note(f"[{number}/{len(submissions)}] {submission.name}: {doing}")
        rows.append(_judge(submission, judge))
    return _with_copies(rows)


def _judge(submission: Submission, judge: Callable[[RunDir], Judgement]) -> Row:
    if submission.run is None:
        return Row(submission, "no run", _failed(submission.problem or "there is no run"))
    status = submission.run.status
    if status != "finished":
        return Row(submission, status, _failed(WHY_NOT.get(status, f"its status is {status}")))
    try:
        return Row(submission, status, judge(submission.run))
    except (NnlabError, OSError) as error:
        return Row(submission, status, _failed(_in_a_row(error, submission.run)))


def _in_a_row(error: Exception, run: RunDir) -> str:
    """Return an error about a run in one line, without the run's name, which the row has."""
    text = str(error).replace(f"{run.path}{os.sep}", "").replace(f"run {run.id} ", "it ")
    first, _, others = text.partition("\n")
    return f"{first} {others.partition(chr(10))[0].strip()}" if first.endswith(":") else first


def _failed(reason: str) -> Judgement:
    return Judgement({}, [reason], [], {})


def _with_copies(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, with a note at runs whose predictions other rows have, too."""
    prints = [_fingerprints(row) for row in rows]
    owners: defaultdict[str, list[int]] = defaultdict(list)
    for number, keys in enumerate(prints):
        for key in keys:
            owners[key].append(number)
    marked = []
    for number, row in enumerate(rows):
        others = sorted({other for key in prints[number] for other in owners[key]} - {number})
        names = shorten([rows[other].submission.name for other in others], 3)
        note = [f"same predictions as {names}"] if others else []
        marked.append(row._replace(found=row.found._replace(notes=[*row.found.notes, *note])))
    return marked


def _fingerprints(row: Row) -> frozenset[str]:
    from nnlab.runs.agreement import fingerprints

    run = row.submission.run
    if run is None or row.status != "finished":
        return frozenset()
    try:
        return fingerprints(run)
    except (NnlabError, OSError):
        return frozenset()


def print_rows(
    rows: Sequence[Row],
    metrics: Sequence[str],
    *,
    csv_file: str | None,
    as_json: bool,
    key: str = "runs",
    version: int = versions.OUTPUT,
) -> None:
    """Print the table, or write it as CSV or JSON.

    Args:
        rows: The runs.
        metrics: Numbers that the table shows; CSV and JSON have all.
        csv_file: The CSV file, ``-`` for stdout, or None.
        as_json: Whether to print JSON instead.
        key: Name of the list in JSON.
        version: Version of the JSON.

    Raises:
        CheckFailedError: If a run did not pass.
    """
    if csv_file is not None:
        write_csv(rows, csv_file)
    if as_json:
        runs = [row.to_json() for row in rows]
        console.print_json({"schema_version": version, key: runs})
    elif csv_file != "-":
        _print_table(rows, metrics)
    num_failed = sum(bool(row.found.failures) for row in rows)
    if num_failed:
        msg = f"{num_failed:,} of {pluralize(len(rows), 'run')} did not pass"
        raise CheckFailedError(msg)


def _print_table(rows: Sequence[Row], metrics: Sequence[str]) -> None:
    columns = [
        Column("run"),
        Column("status", 1),
        *map(Column, metrics),
        Column("result"),
        Column(""),
    ]
    cells = [
        [
            row.submission.name,
            row.status,
            *(_cell(row, metric) for metric in metrics),
            "FAIL" if row.found.failures else "pass",
            row.reason,
        ]
        for row in rows
    ]
    console.print_table(columns, cells, left=len(columns))


def _cell(row: Row, metric: str) -> str:
    value = row.found.metrics.get(metric)
    if metric in METRICS:
        return format_metric(metric, value)
    return "-" if value is None else f"{value:g}"


def read_all(run: RunDir) -> Judgement:
    """Read all that a page shows of a finished run, but its data.

    Raises:
        NnlabError: If something is missing or damaged.
    """
    from nnlab.runs.agreement import disagreement
    from nnlab.runs.load import open_run

    stored = open_run(run)
    stored.weights()
    _ = run.metrics, run.probe_records
    found = disagreement(stored)
    return Judgement({}, [], [found] if found else [], {})


def contradiction(run: RunDir) -> list[str]:
    """Return how a run's summary contradicts its predictions, as failures."""
    from nnlab.runs.agreement import disagreement
    from nnlab.runs.load import open_run

    try:
        found = disagreement(open_run(run))
    except RunError as error:
        return [_in_a_row(error, run)]
    return [found] if found else []
