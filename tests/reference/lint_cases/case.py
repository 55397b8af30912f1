"""A small experiment whose design is known to be flawed or sound."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Columns = Mapping[str, Sequence]
MakeTable = Callable[[], Columns]

MLP = """\
model: {name: mlp, hidden_sizes: [32], activation: relu}
optimizer: {name: adam, lr: 3e-3}
train: {epochs: 80, batch_size: 16, seeds: 3, early_stopping: {patience: 12}}
"""
MOMENTUM = """\
model: {name: mlp, hidden_sizes: [24, 24], activation: tanh}
optimizer: {name: sgd, lr: 0.02, momentum: 0.9}
schedule: {name: cosine}
train: {epochs: 60, batch_size: 16, seeds: 3}
"""
LOGISTIC = """\
model: {name: logistic}
optimizer: {name: lbfgs, C: 1.0}
train: {epochs: 1, batch_size: full}
"""
FOREST = """\
model: {name: sklearn, estimator: random_forest}
optimizer: {name: none}
train: {epochs: 1, batch_size: full}
"""


@dataclass(frozen=True)
class Case:
    """One labelled experiment.

    Args:
        says: The flaw as a practitioner would state it, or why the design is sound.
        yaml: The experiment; its table is ``table.csv``.
        table: Makes the columns of ``table.csv``.
        others: Further tables, by file name.
        kind: The kind of the flaw; empty if the design is sound.
        blind: Whether it was written without knowledge of the rules.
    """

    says: str
    yaml: str
    table: MakeTable | None = None
    others: Mapping[str, MakeTable] = field(default_factory=dict)
    kind: str = ""
    blind: bool = True

    def write(self, folder: Path) -> Path:
        """Write the experiment and its tables, and return the path of the experiment."""
        tables = dict(self.others)
        if self.table is not None:
            tables["table.csv"] = self.table
        for name, make in tables.items():
            columns = make()
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([columns, *zip(*columns.values(), strict=True)])
        path = folder / "experiment.yaml"
        path.write_text(self.yaml, encoding="utf-8")
        return path


def lines(*sections: str) -> str:
    """Return sections of an experiment, one to a line."""
    return "".join(f"{section}\n" for section in sections)


def classify(target: str, training: str = MLP, keys: str = "") -> str:
    """Return an experiment that classifies the rows of ``table.csv``."""
    return f"dataset: {{name: csv, path: table.csv, target: {target}{keys}}}\n{training}"


def regress(target: str, training: str = MLP, keys: str = "") -> str:
    """Return an experiment that predicts a number from the rows of ``table.csv``."""
    return classify(target, training, f", task: regression{keys}")


def changed(training: str, old: str, new: str) -> str:
    """Return a training section with one part replaced; the part must be there."""
    if old not in training:
        msg = f"no {old!r} in {training!r}"
        raise ValueError(msg)
    return training.replace(old, new)
