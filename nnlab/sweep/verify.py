"""Verifying a sweep: its decisions follow from its metrics, and a pack trained again is the same."""

from __future__ import annotations

import random
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.runs.differences import (
    digest_of_tensors,
    digest_of_values,
    first_record,
    first_tensor,
    without_measured,
)
from nnlab.storage import checkpoint, versions
from nnlab.storage.result_dir import write_json
from nnlab.storage.sweep_dir import SweepDir
from nnlab.sweep.batches import Batches
from nnlab.sweep.costs import Meter
from nnlab.sweep.search import search
from nnlab.sweep.training import is_done, train_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.storage.run_dir import RunDir
    from nnlab.sweep.places import Place
    from nnlab.sweep.units import PackUnit, Unit


@dataclass(frozen=True)
class SweepVerification:
    """What training a pack again has shown.

    Attributes:
        sweep: Id of the sweep.
        pack: Name of the pack.
        num_packs: How many there are.
        problems: Differences that refute the sweep; empty if it is verified.
        num_tensors: Tensors of the pack.
        tensors_sha256: Digest of their names, types, shapes and bytes.
        num_records: Lines of its metrics.
        metrics_sha256: Digest of the metrics without measured times.
    """

    sweep: str
    pack: str
    num_packs: int
    problems: tuple[str, ...]
    num_tensors: int
    tensors_sha256: str
    num_records: int
    metrics_sha256: str

    def to_json(self) -> dict[str, object]:
        """Return plain values."""
        return {"schema_version": versions.OUTPUT, "holds": not self.problems, **asdict(self)}


def verify_sweep(place: Place) -> SweepVerification:
    """Check every decision of a finished sweep, and train a pack drawn at random again.

    Raises:
        RunError: If the sweep has not finished, or a decision does not follow from the metrics.
    """
    folder = place.folder
    if folder.status != "finished":
        msg = f"sweep {folder.id} is {folder.status}; only a finished one can be verified"
        raise RunError(msg)
    last: dict[int, PackUnit] = {}

    def check_done(units: Sequence[Unit]) -> None:
        for unit in units:
            if not is_done(place, unit):
                msg = f"{folder.path} is damaged: {unit} has not been trained"
                raise RunError(msg)
            last[unit.pack] = unit  # type: ignore[union-attr,assignment]

    batches = Batches(folder, Meter(place.data).max_replicas, is_strict=True)
    plan = batches.train(place.plan, check_done)
    search(folder, plan, check_done)
    unit = random.choice([*last.values()])
    with tempfile.TemporaryDirectory(prefix="nnlab-verify-") as scratch:
        again = SweepDir(Path(scratch))
        write_json(again.meta_path, {**folder.meta})
        train_unit(place._replace(folder=again, plan=plan), unit)
        return _compare(folder, again, unit, len(plan.packs))


def _compare(
    folder: SweepDir, again: SweepDir, unit: PackUnit, num_packs: int
) -> SweepVerification:
    pack = folder.pack(unit.pack)
    tensors, records = _tensors(pack), without_measured(pack.metrics)
    found = {
        "tensors": first_tensor(tensors, _tensors(again.pack(unit.pack))),
        "metrics.jsonl": first_record(records, without_measured(again.pack(unit.pack).metrics)),
    }
    return SweepVerification(
        folder.id,
        pack.id,
        num_packs,
        tuple(f"{pack.id}: {name}: {text}" for name, text in found.items() if text),
        num_tensors=len(tensors),
        tensors_sha256=digest_of_tensors(tensors),
        num_records=len(records),
        metrics_sha256=digest_of_values(records),
    )


def _tensors(run: RunDir) -> dict[str, Tensor]:
    newest = checkpoint.load(run.checkpoints_dir)
    return {} if newest is None else newest.tensors
