"""Pages about results, with what can be taken away of them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from nnlab.export.results import result_table
from nnlab.export.seeds import records_of_epochs, records_of_seeds
from nnlab.export.to_csv import csv_text
from nnlab.export.to_latex import to_latex
from nnlab.report.downloads import Command, Download, Offer
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nnlab.comparison.result import Comparison
    from nnlab.export.results import Result
    from nnlab.report.run_view import RunView
    from nnlab.runs.load import StoredRun
    from nnlab.storage.sweep_dir import SweepDir

# A larger table does not belong into a page that is sent around.
MAX_BYTES = 300_000
# What the command for each format writes.
OF_NETWORKS = {"onnx": "ONNX graph", "torch": "plain PyTorch"}
OF_CURVES = {"tensorboard": "TensorBoard", "mlflow": "MLflow"}
OF_RESULTS = {"parquet": "Parquet table"}


def write_page(views: Sequence[RunView], path: Path) -> None:
    """Write the page of one run, or of several side by side."""
    from nnlab.report.page import render

    runs = [view.run for view in views]
    together, offers = offer_of_results(runs), [offer_of_run(run) for run in runs]
    if len(runs) == 1:
        together, offers = offers[0].and_also(together), []
    page = render(views, together, offers)
    write_atomic(path, page.encode())


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write the page of a comparison."""
    from nnlab.report.comparison_page import render

    write_atomic(path, render(comparison, offer_of_results([comparison])).encode())


def write_sweep(folder: SweepDir, path: Path) -> None:
    """Write the page of a finished sweep."""
    from nnlab.report.sweep import tables
    from nnlab.report.sweep.page import render
    from nnlab.report.sweep.view import SweepView

    view = SweepView.load(folder)
    file_name = f"{view.plan.base.name}-sweep.yaml"
    files = [
        Download(file_name, "sweep file", "application/yaml", view.plan.sweep_text),
        Download(f"{folder.id}.csv", "trials (CSV)", "text/csv", csv_text(tables.records(view))),
    ]
    page = render(view, Offer(*_small(files), []), file_name)
    write_atomic(path, page.encode())


def offer_of_results(results: Sequence[Result]) -> Offer:
    """Return what can be taken away of runs together, or of a comparison: tables."""
    table = result_table(results)
    files = [
        Download(f"{table.name}.csv", "results (CSV)", "text/csv", csv_text(table.records())),
        Download(f"{table.name}.tex", "results (LaTeX)", "text/plain", to_latex(table)),
    ]
    return Offer(*_small(files), list(_commands(OF_RESULTS, table.ids)))


def offer_of_run(run: StoredRun) -> Offer:
    """Return what can be taken away of a run by itself: its seeds, and its network."""
    tables = [
        ("epochs", "metrics after each epoch (CSV)", records_of_epochs(run)),
        ("seeds", "results of each seed (CSV)", records_of_seeds(run)),
    ]
    files = [
        Download(f"{run.id}-{kind}.csv", title, "text/csv", csv_text(records))
        for kind, title, records in tables
        if records
    ]
    formats = OF_CURVES if run.config.model.is_estimator else OF_NETWORKS | OF_CURVES
    return Offer(*_small(files), list(_commands(formats, [run.id])))


def _small(files: Sequence[Download]) -> tuple[list[Download], list[str]]:
    """Return the files that a page can hold, and why others are left out."""
    large = [file for file in files if len(file.text) > MAX_BYTES]
    left_out = [
        f"{file.title}, {len(file.text):,} bytes, would make this page too large." for file in large
    ]
    return [file for file in files if file not in large], left_out


def _commands(formats: dict[str, str], ids: Sequence[str]) -> Iterator[Command]:
    for name, title in formats.items():
        yield Command(title, shlex.join(["nnlab", "export", *ids, "--to", name]))
