"""Dividing the examples of a source, new or as a stored run did."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING

from nnlab.data.splits.folds import fold_indices
from nnlab.data.splits.split import split_indices
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnlab.config.splits import SplitConfig
    from nnlab.data.splits.split import Indices
    from nnlab.data.types import Examples


def divide(
    config: SplitConfig, examples: Examples, sizes: Mapping[str, int] | None = None
) -> Indices:
    """Return the examples of each split.

    Args:
        config: How they are split.
        examples: All examples.
        sizes: Number of examples of each split of a stored run, whose split is wanted again.

    Raises:
        DataError: If the training split would be empty.
    """
    if config.folds is not None:
        return fold_indices(config, examples)
    if examples.own_split is not None:
        return examples.own_split.divide(config, examples.targets)
    if sizes and config.stratify:
        return _divide_again(config, examples, sizes)
    return split_indices(config, examples.targets, examples.num_official_test)


def check_filled(config: SplitConfig, examples: Examples, indices: Indices) -> None:
    """Check that the splits that an experiment asks for have examples.

    Raises:
        DataError: If one has none.
    """
    found = empty_splits(config, examples, indices)
    if found:
        none = " ".join(f"dataset.split.{name}=0" for name in found)
        msg = f"{'; '.join(found.values())}\nchoose a larger fraction, or no such split: {none}"
        raise DataError(msg)


def empty_splits(config: SplitConfig, examples: Examples, indices: Indices) -> dict[str, str]:
    """Return, by name, why splits are empty that an experiment asks for as fractions."""
    own, found = examples.own_split, {}
    for name, part in (("val", indices.val), ("test", indices.test)):
        wanted = getattr(config, name)
        is_fraction = own is None or own.kind != "part" or name in own.carved
        is_withheld = name == "test" and config.withhold_test
        if is_fraction and wanted and not len(part) and not is_withheld:
            share = f"{wanted:g}" if isinstance(wanted, float) else wanted
            each = ", class by class," if config.stratify else ""
            number = f"{len(examples.targets):,} examples"
            found[name] = f"{name} is {share} of {number}, which{each} rounds to none"
    return found


def _divide_again(config: SplitConfig, examples: Examples, sizes: Mapping[str, int]) -> Indices:
    """Return the split that has the sizes of a stored run, by today's rule or that of the past.

    If neither has them, the data are not those of the run, which its digest shows.
    """
    for by_class in (False, True):
        with contextlib.suppress(DataError):
            found = split_indices(
                config, examples.targets, examples.num_official_test, by_class=by_class
            )
            if {name: len(part) for name, part in asdict(found).items()} == dict(sizes):
                return found
    return split_indices(config, examples.targets, examples.num_official_test)
