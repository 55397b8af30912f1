"""Columns of a table that are no features and may still say how its rows belong together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal

from nnlab.config.tables import CSVConfig
from nnlab.data.splits.own_table import own_split
from nnlab.data.tables.reader import read_table
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from nnlab.check.data_facts import DataFacts
    from nnlab.config.dataset_base import DatasetConfig


def left_out_columns(
    dataset: DatasetConfig,
    data: DataFacts,
    key: Literal["group", "time"],
    is_wanted: Callable[[str], bool],
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the wanted columns that are no features, as ``split.group`` or ``split.time`` reads them.

    The table is read again only if there may be one.

    Args:
        dataset: The table.
        data: Its features.
        key: Whether a column is read as groups or as times.
        is_wanted: Whether a column is wanted, by its name.
    """
    if not isinstance(dataset, CSVConfig):
        return
    if dataset.features is None and not any(map(is_wanted, data.examples.left_out)):
        return
    table = read_table(dataset.path, dataset.table_format)
    used = {*data.examples.feature_names, dataset.target}
    for name in [name for name in table.columns if name not in used and is_wanted(name)]:
        split = dataset.split.model_copy(update={key: name})
        with contextlib.suppress(DataError):
            own = own_split(dataset.model_copy(update={"split": split}), table)
            if own is not None and len(own.values) == len(data.examples.targets):
                yield name, own.values
