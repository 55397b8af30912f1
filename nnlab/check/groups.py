"""Columns that name the group of a row, such as a patient, whether or not they are features."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.check.left_out import left_out_columns
from nnlab.check.order import is_time
from nnlab.data.columns.row_numbers import WORDS

if TYPE_CHECKING:
    from nnlab.check.data_facts import DataFacts
    from nnlab.config.dataset_base import DatasetConfig

# Those whose rows are alike, and those that are so only where the column is called an id.
OWNERS = {
    "patient", "subject", "person", "participant", "proband", "user", "customer", "client", "member",
    "student", "pupil", "employee", "worker", "driver", "speaker", "writer", "author", "player",
    "donor", "animal", "mouse", "family", "household", "group", "grp", "session", "recording",
    "specimen", "machine", "device", "engine", "batch", "plate", "kunde", "gruppe",
}  # fmt: skip
PLACES = {
    "hospital", "clinic", "ward", "sensor", "unit", "cluster", "lot", "slide", "sample", "plot",
    "site", "station", "store", "shop", "school", "account", "company", "product", "item", "case",
    "video", "image", "document", "record", "visit", "trial", "run", "house", "vehicle", "car",
}  # fmt: skip
IDS = {"id", "ids", "no", "nr", "num", "number", "key", "code", "uid", "hash", "name", "label"}
# patientid, subj_no
GLUED = re.compile(rf"({'|'.join(sorted(OWNERS))}|subj|pat|cust)[_ ]?(id|no|nr)s?")
MIN_GROUPS, MIN_ROWS_PER_GROUP = 5, 1.5
# Groups of another name, by the part of the variance of the features that lies between them.
MIN_ALIKE, MAX_ROWS_PER_GROUP, ALIKE = 10, 20, 0.5


class Groups(NamedTuple):
    """A column of groups.

    Attributes:
        name: Its name.
        num_groups: How many there are.
        num_rows: How many rows they have.
    """

    name: str
    num_groups: int
    num_rows: int


def group_column(dataset: DatasetConfig, data: DataFacts) -> Groups | None:
    """Return the column that names the group of each row, or None.

    It may be a feature, or be left out, as an identity should be.
    """
    columns = [(name, column) for name, column in data.columns.items() if is_group(name)]
    left_out = left_out_columns(dataset, data, "group", lambda name: not is_time(name))
    found = [(name, c) for name, c in left_out if is_group(name) or _are_alike(c, data)]
    for name, column in (*columns, *found):
        num_groups, num_rows = len(np.unique(column)), len(column)
        if num_groups >= MIN_GROUPS and num_rows >= MIN_ROWS_PER_GROUP * num_groups:
            return Groups(name, num_groups, num_rows)
    return None


def _are_alike(groups: np.ndarray, data: DataFacts) -> bool:
    """Return whether the rows of small groups are alike in most of the features that are numbers."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    size = len(groups) / len(counts)
    if len(counts) < MIN_ALIKE or not MIN_ROWS_PER_GROUP <= size <= MAX_ROWS_PER_GROUP:
        return False
    shares = []
    for column in data.numbers.values():
        if len(column) == len(groups) and np.ptp(column) > 0:
            means = np.bincount(inverse, weights=column) / counts
            within = np.square(column - means[inverse]).sum() / (len(groups) - len(counts))
            shares.append(1 - within / np.var(column))
    return bool(shares) and float(np.median(shares)) > ALIKE


def is_group(name: str) -> bool:
    """Return whether a column is called like an owner of rows, and not like one of its qualities."""
    words = {word.casefold() for word in WORDS.findall(name)}
    if not words <= OWNERS | PLACES | IDS:
        return bool(GLUED.fullmatch(name.casefold()))
    return bool(words & OWNERS) or (bool(words & PLACES) and bool(words & IDS)) or words == {"id"}
