"""Whether the target of a table can be a set of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.labels import number_of
from nnlab.data.tables.hints import num_styled_numbers
from nnlab.data.tables.problems import MAX_CELL
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.data.types import Examples

# A target with more different numbers is a quantity, unless they number the classes.
MAX_NUMBERS = 20
# With more different decimals than this, each has several rows if they are classes.
FEW_DECIMALS, MIN_ROWS_PER_DECIMAL = 5, 5
MIN_ROWS_PER_CLASS = 3
MIN_ROWS_PER_NAME = 2
NUM_SHOWN = 3
# A few words among numbers stand for missing ones.
MOST = 0.8


def check_classes(config: DatasetConfig, examples: Examples) -> None:
    """Check that the target of a new experiment on a table is a set of classes.

    Raises:
        DataError: If it is a quantity and no task was chosen, or nearly every row has its own label.
    """
    if problem := why_no_classes(config, examples):
        msg = f"{config.table_path}: {problem}"
        raise DataError(msg)


def check_numbers(config: DatasetConfig, examples: Examples) -> None:
    """Check that the target of a new experiment on the user's data is a number that can be measured.

    Raises:
        DataError: If it never changes, or float64 has no squares of its values or of their spread.
    """
    if config.data_path is None or examples.class_names:
        return
    what = f"column '{config.target_name}'" if config.table_path else config.target_name
    values, where = examples.targets, f"{config.data_path}: {what}"
    low, high = values.min(), values.max()
    with np.errstate(over="ignore", under="ignore"):
        total, spread = np.square(values).sum(), np.square(high - low)
    if low == high and len(values) > 1:
        msg = f"{where} is {low:g} in all {len(values):,} rows: there is nothing to predict"
    elif not np.isfinite(total):
        msg = f"{where} has values too large to square in float64: {low:g} to {high:g}; divide them"
    elif low < high and spread < np.finfo(np.float64).tiny:
        msg = (
            f"{where} has values whose differences are too small to square in float64: {low:g} to "
            f"{high:g}; multiply them"
        )
    else:
        return
    raise DataError(msg)


def why_no_classes(config: DatasetConfig, examples: Examples) -> str | None:
    """Return why the target of a table is no set of classes, and what to do; None if it is one."""
    if config.table_path is None or not examples.class_names:
        return None
    counts = np.bincount(examples.targets, minlength=len(examples.class_names))
    names, num_rows = examples.class_names, len(examples.targets)
    found = f"column '{config.target_name}' has {len(names):,} different"
    if "task" not in config.model_fields_set and is_quantity(names, num_rows):
        return (
            f"{found} numbers in {num_rows:,} rows ({', '.join(names[:NUM_SHOWN])}, ...), more like "
            f"a quantity than classes\nto predict the number: dataset.task=regression; "
            f"if each number is a class: dataset.task=classification"
        )
    others = [name for name in names if number_of(name) is None]
    num_numbers = len(names) - len(others) + num_styled_numbers(others)
    is_open = "task" not in config.model_fields_set and len(names) > MAX_NUMBERS
    if is_open and others and num_numbers > MOST * len(names):
        shown = ", ".join(name[:MAX_CELL] for name in others[:NUM_SHOWN])
        return (
            f"{found} labels in {num_rows:,} rows, most of them numbers, but not plain ones or not all "
            f"({shown}, ...)\nto predict the number: dataset.task=regression, which names the cells to "
            f"mend; if each is a class: dataset.task=classification"
        )
    num_single = int((counts == 1).sum())
    is_sparse = len(names) > MAX_NUMBERS and num_rows < MIN_ROWS_PER_NAME * len(names)
    if 2 * num_single > num_rows or is_sparse:
        return (
            f"{found} labels in {num_rows:,} rows, and {num_single:,} of them are in one row only: "
            f"nothing can be learned about a class from one row\nchoose another column to predict: "
            f"dataset.target"
        )
    return None


def why_quantity(config: DatasetConfig, examples: Examples) -> str | None:
    """Return why the classes of a table may be amounts all the same; None if they may not."""
    numbers = [number_of(name) for name in examples.class_names]
    known = [number for number in numbers if number is not None]
    is_chosen = config.table_path is None or "task" in config.model_fields_set
    if is_chosen or len(known) < len(numbers) or len(known) <= MAX_NUMBERS:
        return None
    return (
        f"{config.target_name} has {len(known):,} different whole numbers, {min(known)} to "
        f"{max(known)}: as classes they have no order, and as amounts they need task: regression"
    )


def is_quantity(labels: Sequence[str], num_rows: int) -> bool:
    """Return whether different labels are numbers that measure something, and name no classes.

    Args:
        labels: The different labels.
        num_rows: Number of rows that have them.
    """
    numbers = [number_of(label) for label in labels]
    known = [number for number in numbers if number is not None]
    if len(known) < len(labels):
        return False
    if any(number != number.to_integral_value() for number in known):
        has_few_rows = num_rows < MIN_ROWS_PER_DECIMAL * len(known)
        return len(known) > MAX_NUMBERS or (len(known) > FEW_DECIMALS and has_few_rows)
    if len(known) <= MAX_NUMBERS:
        return False
    return not _are_ordinals(known) or num_rows < MIN_ROWS_PER_CLASS * len(known)


def _are_ordinals(numbers: Sequence[Decimal]) -> bool:
    """Return whether whole numbers count from 0 or 1 without a gap."""
    first, last = min(numbers), max(numbers)
    return first in {0, 1} and last - first + 1 == len(set(numbers))
