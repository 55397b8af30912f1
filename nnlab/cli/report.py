"""nnlab report."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab import console
from nnlab.cli import many
from nnlab.cli.options import DataDir, DataFile, Overwrite, RunsDir, check_suffix
from nnlab.errors import RunError
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.submissions import Submission


def report(
    runs: many.Runs,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Output file (default: report.html in the run's folder; for several runs, here).",
        ),
    ] = None,
    overwrite: Overwrite = False,
    is_interactive: Annotated[
        bool,
        typer.Option(
            "--interactive",
            help="Write the page of nnlab ui instead, with charts that answer; it needs no server.",
        ),
    ] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Write an HTML report of runs or a sweep.

    The page is a single file with metrics, plots, the model's mistakes and the config; it loads
    nothing from the network. With --interactive, it is the page that nnlab ui shows. Runs of a
    folder that cannot be shown are left out, and named. Prints the path of the file.

    Example: nnlab report latest --open
    """
    import webbrowser

    from nnlab import api

    check_suffix("-o", output, ".html")
    submissions = many.find_many(runs, runs_dir)
    shown: Sequence[str | RunDir] = runs if submissions is None else _usable(submissions)
    folders: Any = {"data_dir": data_dir, "data_file": data_file, "runs_dir": runs_dir}
    write = _write_interactive if is_interactive else api.report
    path = write(shown, output, overwrite=overwrite, **folders)
    if submissions is None:
        with contextlib.suppress(RunError):  # a comparison or a sweep
            _warn(api.load_run(runs[0], runs_dir=runs_dir))
    console.print_exact(str(path))
    if open_page:
        webbrowser.open(path.resolve().as_uri())


def _write_interactive(
    runs: Sequence[str | RunDir],
    output: Path | None,
    *,
    data_dir: Path | None,
    data_file: Path | None,
    runs_dir: Path | None,
    overwrite: bool,
) -> Path:
    """Write the page of ``nnlab ui`` as one file."""
    from nnlab.storage.folders import Folders
    from nnlab.ui.one_file import write_file

    folders = Folders.choose(runs_dir, data_dir, data_file)
    return write_file(runs, output, folders, overwrite=overwrite)


def _warn(run: RunDir) -> None:
    """Print how the summary of a run contradicts its predictions, as the page says, too."""
    from nnlab.storage.overview import overview

    if text := overview(run.path)["contradiction"]:
        console.print_note(f"warning {run.id}: {text}")


def _usable(submissions: Sequence[Submission]) -> list[RunDir]:
    """Return the runs that a page can show; name the others.

    Raises:
        RunError: If there is none.
    """
    rows = many.judge_all(submissions, many.read_all)
    for row in rows:
        if row.found.failures:
            console.print_note(f"left out: {row.submission.name}: {row.found.failures[0]}")
        for note in row.found.notes:
            console.print_note(f"warning {row.submission.name}: {note}")
    usable = [row.submission.run for row in rows if row.submission.run and not row.found.failures]
    if not usable:
        msg = f"none of {pluralize(len(rows), 'run')} can be shown"
        raise RunError(msg)
    return usable
