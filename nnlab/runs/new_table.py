"""Measuring a stored run on a labelled table that is not its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from nnlab.assembly.learner import DTYPES
from nnlab.config.resolve import build_task
from nnlab.data.columns.cells import Cells
from nnlab.data.columns.encoders import Column
from nnlab.data.columns.new_rows import are_good, examine_new_rows, refusal, skipping_advised
from nnlab.data.labels import as_known, encode, with_hints
from nnlab.data.tables.reader import read_table
from nnlab.data.tables.source import digest_of, opened
from nnlab.data.types import Split
from nnlab.errors import DataError, RunError
from nnlab.formatting import pluralize, shorten
from nnlab.runs.inference import evaluation, load_models, outputs_of, preprocess
from nnlab.storage.schemas import survivors
from nnlab.training.loop import evaluate_split
from nnlab.training.runtime import choose_device

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from nnlab.data.columns.new_rows import NewRows
    from nnlab.data.tables.table import Table
    from nnlab.learners.protocol import Learner
    from nnlab.runs.load import StoredRun
    from nnlab.tasks.protocol import Task

# What the rows of such a table are called where a split has its name.
NEW = "new"
MAX_SHOWN = 8


def is_new(run: StoredRun, path: Path) -> bool:
    """Return whether a table is another than the one that a run was made with."""
    if run.config.dataset.table_path is None:
        return False
    try:
        dataset = run.with_table(path).config.dataset
    except RunError:  # the run has more files, and they are not beside this one
        return True
    keys = ["path", *(f"{s}_path" for s in ("val", "test") if s in dataset.files_of_splits)]
    digests = []
    for key in keys:
        with opened(getattr(dataset, key)) as file:
            digests.append(digest_of(file))
    whole = digests[0] if len(digests) == 1 else _digest("".join(digests))
    return whole != run.meta.get("data_sha256")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def evaluate_table(
    run: StoredRun,
    path: Path,
    *,
    which: str | None = None,
    device: str = "auto",
    skip_bad_rows: bool = False,
) -> dict[str, Any]:
    """Return the metrics of a run on all rows of a labelled table; see ``evaluation``.

    Args:
        run: The run.
        path: The table; its columns are found by name.
        which: ``last`` or ``best`` weights; default: those the experiment selects.
        device: ``auto``, ``cpu`` or ``cuda``.
        skip_bad_rows: Whether to leave out rows that cannot be used.

    Raises:
        DataError: If a cell cannot be used, or the run does not know a label.
        RunError: If the run has no usable weights.
    """
    table, raw, notes = _read(run, path, skip_bad_rows)
    targets = _targets(run, table)
    seeds = run.config.train.replica_seeds
    fitted = run.preprocessing
    inputs = [preprocess(run, raw, seed) for seed in (seeds if fitted.is_varied else seeds[:1])]
    place = choose_device("cpu" if run.config.model.is_estimator else device)
    split = Split(inputs[0].to(place), targets.to(place))
    if fitted.is_varied:
        split = Split.stack([Split(rows.to(place), split.targets) for rows in inputs])
    networks = [network.to(place) for network in load_models(run, seeds, which)]
    models = _Models(networks, _task(run, targets.to(place)))
    dtype = DTYPES[run.config.train.precision]
    with torch.no_grad():
        metrics = evaluate_split(cast("Learner", models), split, dtype)
    if len(table) == 1 and "r2" in metrics[0].scalars:
        metrics = [m.without("r2") for m in metrics]
    found = evaluation(run, NEW, metrics, len(table), which)
    return {**found, "data_file": str(path), "data_sha256": table.sha256, "notes": notes}


def _read(run: StoredRun, path: Path, skip_bad_rows: bool) -> tuple[Table, np.ndarray, list[str]]:
    """Return the rows of a table that can be used, their cells, and what a user should know of them.

    Raises:
        DataError: If there is no such row, or one cannot be used and is not skipped.
    """
    broken: dict[int, int] | None = {} if skip_bad_rows else None
    with skipping_advised():
        table = read_table(path, run.table_format, broken=broken)
    new = examine_new_rows(table, run.preprocessing, broken)
    _note_target(run, table, new)
    if new.problems and not skip_bad_rows:
        raise refusal(table.path, new.problems)
    notes = _about_unknown(run, new)
    if not new.faults:
        return table, new.values, notes
    is_good = are_good(len(table), new.faults)
    if not is_good.any():
        raise refusal(table.path, new.problems) if new.problems else _nothing_left(table)
    left_out = f"{len(new.faults):,} of {pluralize(len(table), 'row')} left out"
    notes.append(f"{left_out}: {shorten(_reasons(new, broken or {}), MAX_SHOWN)}")
    return table.select(is_good, table.columns), new.values[is_good], notes


def _reasons(new: NewRows, broken: Mapping[int, int]) -> list[str]:
    """Return why rows are left out, counted."""
    counts = {f"{p.column} {p.text}": (~np.isin(p.lines, [*broken])).sum() for p in new.problems}
    counts |= {"another number of cells than the header": len(broken)}
    return [f"{reason} ({count:,})" for reason, count in counts.items() if count]


def _nothing_left(table: Table) -> DataError:
    return DataError(f"{table.path}: no row has as many cells as the header")


def _note_target(run: StoredRun, table: Table, new: NewRows) -> None:
    """Note rows whose target is missing, or is no number where it has to be one."""
    dataset = run.config.dataset
    is_class = bool(run.preprocessing.class_names)
    name = table.column(table.matching([dataset.target_name])[0])
    words = () if is_class else run.preprocessing.table_columns[0].missing_words
    cells, column = Cells(table, name, words), Column(name, "category" if is_class else "number")
    new.note_problems(cells, column, cells.numbers(column))


def _about_unknown(run: StoredRun, new: NewRows) -> list[str]:
    """Return what to say about categories that the run has never seen."""
    columns = {column.name: column for column in run.preprocessing.table_columns}
    notes = []
    for name, counts in new.unknown.items():
        hints = with_hints(counts, columns[name].categories)
        shown = [f"{hint} ({counts[text]:,})" for text, hint in hints.items()]
        rows = pluralize(counts.total(), "row")
        notes.append(f"{rows} with an unknown category of {name}: {shorten(shown, MAX_SHOWN)}")
    return notes


def _targets(run: StoredRun, table: Table) -> Tensor:
    """Return the targets of a table as the run counts its classes, or as values.

    Raises:
        DataError: If the run does not know a label.
    """
    dataset, names = run.config.dataset, run.preprocessing.class_names
    column = table.matching([dataset.target_name])[0]
    if not names:
        values = torch.from_numpy(table.numbers(column))
        return (
            values if dataset.standardizes_target else values.to(DTYPES[run.config.train.precision])
        )
    labels = table.texts(column)
    known = as_known(set(labels), names)
    if unknown := sorted(set(labels) - set(known)):
        counts = Counter(labels)
        hints = with_hints(unknown, names)
        shown = [f"{shown} ({counts[text]:,})" for text, shown in hints.items()]
        msg = (
            f"{table.path}, column '{column}': run {run.id} does not know "
            f"{shorten(shown, MAX_SHOWN)}; its classes: {shorten(names, MAX_SHOWN)}"
        )
        raise DataError(msg)
    return torch.from_numpy(encode([known[label] for label in labels], names))


def _task(run: StoredRun, targets: Tensor) -> Task:
    """Return the task of a run; class weights count the examples that it was trained on."""
    loss, fitted = run.config.loss, run.preprocessing
    if loss.weighs_classes:
        per_class = survivors(run.summary)[0]["train"]["per_class"]
        support = [per_class[name]["support"] for name in fitted.class_names]
        targets = torch.from_numpy(np.repeat(np.arange(len(support)), support))
    squashing = run.config.model.output_squashing
    return build_task(loss, fitted.class_names, targets, squashing, fitted.target)


class _Models:
    """The trained networks of all seeds, as far as an evaluation needs a learner."""

    def __init__(self, models: Sequence[nn.Module], task: Task) -> None:
        self.models = models
        self.task = task

    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs ``(R, N, C)``."""
        return outputs_of(self.models, inputs, is_varied=is_varied)
