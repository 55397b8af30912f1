"""What training has understood of its data: rows, splits, classes or target, and features."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch

from nnlab.formatting import pluralize, shorten
from nnlab.storage.schemas import SPLIT_TITLES, SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.data.types import Dataset
    from nnlab.storage.schemas import SplitName

MAX_NAMES = 12


@dataclass(frozen=True)
class DataSummary:
    """The data of a training as it uses them.

    Attributes:
        source: The files, or the name of the data set.
        is_table: Whether it is the user's own table.
        num_rows: Examples that are used, of all splits; of the first replica if they are varied.
        rows_dropped: Number of rows that are not used, by the reason.
        left_out: Why columns are not used, by name.
        splits: Number of examples of each split.
        how_split: How they are split, in words.
        classes: Examples of each class, in the order of the outputs; empty for regression.
        target: Mean and standard deviation of the training targets; None for classification.
        is_target_scaled: Whether the target is learned standardised.
        kinds: Number of columns of each kind; empty for images.
        input_shape: Shape of the inputs of one example.
        is_standardised: Whether features are standardised.
    """

    source: str
    is_table: bool
    num_rows: int
    rows_dropped: Mapping[str, int]
    left_out: Mapping[str, str]
    splits: Mapping[SplitName, int]
    how_split: str
    classes: Mapping[str, int]
    target: tuple[float, float] | None
    is_target_scaled: bool
    kinds: Mapping[str, int]
    input_shape: tuple[int, ...]
    is_standardised: bool

    def to_json(self) -> dict[str, object]:
        """Return the entry ``data`` of meta.json."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """Yield a line about each: rows, splits, classes or target, features."""
        yield f"data: {self._rows()}"
        sizes = ", ".join(f"{SPLIT_TITLES[name]} {n:,}" for name, n in self.splits.items())
        yield f"splits: {sizes} ({self.how_split})"
        yield self._classes() if self.classes else self._target()
        yield f"features: {self._features()}"

    def _rows(self) -> str:
        reasons = ", ".join(f"{n:,} with {reason}" for reason, n in self.rows_dropped.items())
        dropped = f"; left out: {reasons}" if reasons else ""
        columns = [f"{name or 'the unnamed column'} ({why})" for name, why in self.left_out.items()]
        unused = f"; columns left out: {shorten(columns, MAX_NAMES)}" if columns else ""
        number = pluralize(self.num_rows, "row" if self.is_table else "example")
        return f"{self.source}, {number}{dropped}{unused}"

    def _classes(self) -> str:
        counts = [f"{name} ({count:,})" for name, count in self.classes.items()]
        return f"classes: {len(counts):,}, in this order: {shorten(counts, MAX_NAMES)}"

    def _target(self) -> str:
        mean, std = self.target or (0.0, 0.0)
        learned = "learned standardised" if self.is_target_scaled else "learned as it is"
        return f"target: mean {mean:,.6g}, standard deviation {std:,.6g}, {learned}"

    def _features(self) -> str:
        scaled = ", standardised" if self.is_standardised else ""
        if not self.kinds:
            return f"{' x '.join(map(str, self.input_shape))} pixels{scaled or ', from 0 to 1'}"
        plural = {kind: kind.replace("category", "categorie") for kind in self.kinds}
        named = [f"{n} {kind if n == 1 else plural[kind] + 's'}" for kind, n in self.kinds.items()]
        total = sum(self.kinds.values())
        inputs = self.input_shape[0]
        encoded = f" as {inputs:,} inputs" if inputs != total else ""
        return f"{', '.join(named)}{encoded}{scaled}"


def summarize(dataset: Dataset, config: DatasetConfig) -> DataSummary:
    """Return what is understood of a prepared data set."""
    fitted, splits = dataset.preprocessing.of(0), dataset.splits
    targets = torch.cat([split.of(0).targets.cpu() for split in splits.values()])
    trained = dataset.train.of(0).targets.double()
    is_number = dataset.spec.task == "regression"
    counts = []
    if not is_number:
        counts = torch.bincount(targets, minlength=dataset.spec.num_outputs).tolist()
    spread = trained.std(correction=0).item() if is_number else 0.0
    return DataSummary(
        source=_source(config),
        is_table=config.table_path is not None,
        num_rows=len(targets),
        rows_dropped=dataset.rows_dropped,
        left_out=dataset.left_out,
        splits={name: len(splits[name]) for name in SPLITS if name in splits},
        how_split=_how_split(config, dataset),
        classes=dict(zip(fitted.class_names, counts, strict=True)),
        target=(trained.mean().item(), spread) if is_number else None,
        is_target_scaled=fitted.target is not None,
        kinds=_kinds(dataset),
        input_shape=dataset.spec.input_shape,
        is_standardised=fitted.mean is not None,
    )


def _source(config: DatasetConfig) -> str:
    if config.data_path is None:
        return str(config.name)  # type: ignore[attr-defined]
    others = [getattr(config, f"{split}_path") for split in sorted(config.files_of_splits)]
    return " and ".join([config.data_path, *others])


def _kinds(dataset: Dataset) -> dict[str, int]:
    fitted = dataset.preprocessing.of(0)
    columns = [column.kind for column in fitted.columns] or ["number"] * len(fitted.feature_names)
    return dict(Counter(columns))


def _how_split(config: DatasetConfig, dataset: Dataset) -> str:
    split = config.split
    if config.files_of_splits:
        return "from separate files"
    own = getattr(split, "own", None)
    if own is not None and split.folds is None:
        return f"by the {own[0]} '{own[1]}'" if own[0] != "column" else f"as column '{own[1]}' says"
    if split.test == "official" or (split.test == "auto" and dataset.has_official_test):
        return "the official test images"
    if split.order == "sequential":
        return "in the order of the rows"
    by_class = ", in the proportions of the classes" if split.stratify else ""
    drawn = "drawn anew for each seed" if split.vary else "drawn at random"
    if split.folds is not None:
        drawn = f"a fold of {split.folds} for each seed"
    return drawn + (by_class if config.task == "classification" else "")
