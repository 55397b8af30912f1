"""Splits that the data bring along: a column, files, groups or times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlab.data.splits.groups import split_groups
from nnlab.data.splits.split import Indices, split_indices
from nnlab.errors import DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.config.splits import SplitConfig

PARTS: dict[str, Literal["train", "val", "test"]] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
}
NAMES = ("train", "val", "test")
MAX_SHOWN = 8


@dataclass(frozen=True)
class OwnSplit:
    """What the data say about their split.

    Attributes:
        kind: ``part``: where each example belongs; ``group``: its group; ``time``: its time.
        values: ``(N,)``: index in ``NAMES``; number of the group, from 0; or the time.
        source: Where the values are from, for messages.
        carved: Splits that are a fraction of the examples whose part is train.
    """

    kind: Literal["part", "group", "time"]
    values: np.ndarray
    source: str
    carved: frozenset[str] = frozenset()

    def divide(self, config: SplitConfig, targets: np.ndarray) -> Indices:
        """Return the examples of each split.

        Args:
            config: Fractions and seed.
            targets: Targets of all examples, ``(N,)``.

        Raises:
            DataError: If a split that is wanted would be empty.
        """
        match self.kind:
            case "part":
                return self._by_part(config, targets)
            case "group":
                return self._by_group(config, targets)
            case "time":
                return self._by_time(config)

    def _by_part(self, config: SplitConfig, targets: np.ndarray) -> Indices:
        parts = {name: np.flatnonzero(self.values == i) for i, name in enumerate(NAMES)}
        if not len(parts["train"]):
            msg = f"{self.source}: no row is for train"
            raise DataError(msg)
        fractions = {
            name: getattr(config, name) if name in self.carved else 0.0 for name in ("val", "test")
        }
        if not self.carved:
            return Indices(**parts)
        pool = parts["train"]
        found = split_indices(config.model_copy(update=fractions), targets[pool], 0)
        return Indices(
            pool[found.train],
            pool[found.val] if "val" in self.carved else parts["val"],
            pool[found.test] if "test" in self.carved else parts["test"],
        )

    def _by_group(self, config: SplitConfig, targets: np.ndarray) -> Indices:
        wanted = _wanted(config)
        self._check_enough(len(np.unique(self.values)), 1 + len(wanted), "groups")
        is_stratified = config.stratify and np.issubdtype(targets.dtype, np.integer)
        classes = targets if is_stratified else np.zeros(len(targets), dtype=np.int64)
        part = split_groups(self.values, classes, list(wanted.values()), config.seed)
        found = {name: np.flatnonzero(part == i) for i, name in enumerate(wanted)}
        generator = np.random.RandomState(config.seed)
        train = generator.permutation(np.flatnonzero(part < 0))
        return Indices(train, *(found.get(name, train[:0]) for name in ("val", "test")))

    def _by_time(self, config: SplitConfig) -> Indices:
        wanted = _wanted(config)
        order = np.argsort(self.values, kind="stable")
        _, starts = np.unique(self.values[order], return_index=True)
        self._check_enough(len(starts), 1 + len(wanted), "different times")
        ends = np.cumsum([*wanted.values()][::-1])[::-1]  # fraction of the rows after each start
        cuts: list[int] = []
        for index, after in enumerate(ends):
            # As many times stay for the parts that follow as there are parts.
            first = np.searchsorted(starts, cuts[-1], side="right") if cuts else 1
            free = starts[first : len(starts) - (len(ends) - 1 - index)]
            cuts.append(int(free[np.abs(free - len(order) * (1 - after)).argmin()]))
        train, *held_out = np.split(order, cuts)
        found = dict(zip(wanted, held_out, strict=True))
        return Indices(train, *(found.get(name, train[:0]) for name in ("val", "test")))

    def _check_enough(self, number: int, needed: int, what: str) -> None:
        if number < needed:
            found = f"there is {number}" if number == 1 else f"there are {number}"
            msg = (
                f"{self.source}: {needed} splits need {needed} {what} or more, and {found}\n"
                f"choose another column, or leave a split out: dataset.split.val=0"
            )
            raise DataError(msg)


def _wanted(config: SplitConfig) -> dict[str, float]:
    """Return the fraction of each held-out split that an experiment asks for."""
    fractions = {"val": config.val, "test": config.test}
    return {name: value for name, value in fractions.items() if isinstance(value, float) and value}


def parts_of_words(words: Sequence[str], source: str) -> np.ndarray:
    """Return the split that each word names, ``(N,)``, as its index in ``NAMES``.

    Raises:
        DataError: If some are other words; it lists them.
    """
    known = {word: PARTS.get(word.strip().casefold()) for word in set(words)}
    if unknown := sorted(word for word, part in known.items() if part is None):
        shown = shorten([*map(repr, unknown)], MAX_SHOWN)
        msg = f"{source} says {shown}; a split is called {', '.join(PARTS)}"
        raise DataError(msg)
    index = {word: NAMES.index(part) for word, part in known.items() if part is not None}
    return np.array([index[word] for word in words], dtype=np.int64)


def split_of_parts(
    sizes: Mapping[str, int], split: SplitConfig, source: str, missing: str
) -> OwnSplit | None:
    """Return the split of data that have validation examples of their own; None if they have none.

    Args:
        sizes: Number of examples of each part, in their order.
        split: What the experiment says.
        source: The data, for messages.
        missing: What data without test examples lack, for messages.

    Raises:
        DataError: If the experiment wants the test examples of data that have none.
    """
    if split.test in {"official", "pooled"} and "test" not in sizes:
        msg = (
            f"{source} has no {missing}, so dataset.split.test cannot be {split.test}; give a fraction, "
            f"such as 0.15"
        )
        raise DataError(msg)
    if "val" not in sizes or split.test not in {"auto", "official"}:
        return None
    values = np.repeat([NAMES.index(part) for part in sizes], list(sizes.values()))
    return OwnSplit("part", values, source, frozenset({"test"} - sizes.keys()))
