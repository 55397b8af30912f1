"""How the rows of a table are split: at random, or by a column of the table."""

from __future__ import annotations

from collections.abc import Iterator

from nnlab.config.base import Contradiction
from nnlab.config.splits import StratifiedSplitConfig

OWN = ("column", "group", "time")
DEFAULTS = StratifiedSplitConfig()


class TableSplitConfig(StratifiedSplitConfig):
    """A split of rows that keeps the class proportions, or follows a column."""

    column: str | None = None
    """Column that says of each row where it belongs: train, val or test."""
    group: str | None = None
    """Column of groups, such as patients: the rows of a group stay together. Fractions are approximate."""
    time: str | None = None
    """Column of numbers or dates: the earliest rows train, the latest test; equal times stay together."""

    @property
    def own(self) -> tuple[str, str] | None:
        """The key of the column that the split follows, and the column; None if there is none."""
        for key in OWN:
            if (name := getattr(self, key)) is not None:
                return key, name
        return None

    def contradictions(self, files: frozenset[str]) -> Iterator[Contradiction]:
        """Yield the keys that contradict each other.

        Args:
            files: Splits that have a file of their own: ``val``, ``test``.
        """
        given = [key for key in OWN if getattr(self, key) is not None]
        if len(given) > 1:
            yield (given[1],), f"a split follows one column, and split.{given[0]} is given, too"
        for key in given[:1]:
            yield from self._own_rules(key, files)
        for name in sorted(files):
            if getattr(self, name) != getattr(DEFAULTS, name):
                yield (name,), f"dataset.{name}_path is the {name} split; remove {name}"
        if self.vary and self.folds is None and files >= {"val", "test"}:
            yield ("vary",), "val_path and test_path are the same for every replica"

    def _own_rules(self, key: str, files: frozenset[str]) -> Iterator[Contradiction]:
        if files:
            path = f"dataset.{min(files)}_path"
            yield (key,), f"{path} already says which rows are for {min(files)}; choose one"
        if self.order != "random":
            yield ("order",), f"split.{key} decides the order; remove order"
        if self.vary and self.folds is None and key != "group":
            yield ("vary",), f"split.{key} is the same for every replica"
        for name in ("val", "test") if key == "column" else ():
            if getattr(self, name) != getattr(DEFAULTS, name):
                yield (
                    (name,),
                    f"the column '{self.column}' decides what is for {name}; remove {name}",
                )
