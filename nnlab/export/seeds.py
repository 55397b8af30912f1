"""The metrics of a run as records: after each epoch, and at the end, of each seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.storage.schemas import SPLITS, scalars_of, survivors, value_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.runs.load import StoredRun


def records_of_epochs(run: StoredRun) -> list[dict[str, Any]]:
    """Return a record for each epoch and seed, all with the same keys.

    Values that were not finite are None.
    """
    records = run.folder.metrics
    measured = dict.fromkeys(
        (split, metric)
        for record in records
        for split in SPLITS
        for metric in record.get(split) or {}
        if value_in(record, split, metric) is not None
    )
    return [
        {
            **{key: record.get(key) for key in ("epoch", "seed", "lr")},
            **{f"{split}_{metric}": value_in(record, split, metric) for split, metric in measured},
        }
        for record in records
    ]


def records_of_seeds(run: StoredRun) -> list[dict[str, Any]]:
    """Return a record for each seed that has not diverged, all with the same keys."""
    found = [
        {
            "seed": seed["seed"],
            "best_epoch": seed["best_epoch"],
            **{
                f"{split}_{metric}": value
                for split in SPLITS
                for metric, value in scalars_of(seed, split).items()
            },
        }
        for seed in survivors(run.summary)
    ]
    return _with_all_keys(found)


def _with_all_keys(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records with None for what the examples of a seed do not define."""
    keys = dict.fromkeys(key for record in records for key in record)
    return [{key: record.get(key) for key in keys} for record in records]
