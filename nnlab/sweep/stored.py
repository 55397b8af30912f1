"""The plan of a stored sweep, with the batches that have been proposed so far."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from nnlab.errors import ConfigError, RunError
from nnlab.storage.result_dir import MAX_JSON_BYTES
from nnlab.storage.untrusted import load_json, read_plain
from nnlab.sweep.plan import Plan
from nnlab.sweep.plan_schema import BatchFile
from nnlab.sweep.trials import restore

if TYPE_CHECKING:
    from nnlab.storage.sweep_dir import SweepDir


def read_plan(folder: SweepDir) -> Plan:
    """Return the plan of a stored sweep, with all batches that are stored.

    Raises:
        RunError: If it is missing, damaged, or not the one that the sweep was started with; or if a
            batch of a finished sweep is missing.
    """
    try:
        content = read_plain(folder.plan_path, MAX_JSON_BYTES)
        value = load_json(content)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{folder.plan_path} is missing or damaged: {error}"
        raise RunError(msg) from error
    recorded, present = folder.meta.get("plan_sha256"), hashlib.sha256(content).hexdigest()
    if recorded != present:
        msg = f"{folder.plan_path} has changed: SHA-256 was {recorded}, is {present}"
        raise RunError(msg)
    plan = Plan.from_json(value, folder.code_path)
    while not plan.is_complete and folder.batch_path(len(plan.batches) + 1).exists():
        plan = read_batch(folder, plan)
    if folder.status == "finished" and not plan.is_complete:
        msg = f"{folder.batch_path(len(plan.batches) + 1)} is missing: the sweep has finished"
        raise RunError(msg)
    return plan


def read_batch(folder: SweepDir, plan: Plan) -> Plan:
    """Return a plan with the batch that is stored after those that it has.

    Raises:
        RunError: If the file is missing or damaged, or holds what the plan does not allow.
    """
    path = folder.batch_path(len(plan.batches) + 1)
    stored = folder.read_json(path, BatchFile)
    first = len(plan.trials)
    try:
        trials = [
            restore(first + place, overrides, plan.base, folder.code_path)
            for place, overrides in enumerate(stored["trials"])
        ]
        return plan.with_batch(trials, stored["packs"])
    except (ValueError, ConfigError) as error:
        msg = f"{path} is damaged: {error}"
        raise RunError(msg) from error
