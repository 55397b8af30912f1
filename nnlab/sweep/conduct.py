"""Conducting a sweep: its folder, the search, the confirmation, the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnlab.config.load import dump_config
from nnlab.errors import InterruptedRun
from nnlab.runs.environment import now
from nnlab.runs.execute import outcome
from nnlab.runs.own_code import write_code
from nnlab.storage.atomic import sweep as remove_temporary
from nnlab.storage.atomic import write_atomic
from nnlab.storage.result_dir import write_json
from nnlab.storage.sweep_dir import SweepDir
from nnlab.storage.untrusted import check_plain_folder
from nnlab.sweep.batches import Batches
from nnlab.sweep.confirm import confirm
from nnlab.sweep.costs import Meter
from nnlab.sweep.executors.protocol import run_all
from nnlab.sweep.places import Place
from nnlab.sweep.result import result_of
from nnlab.sweep.search import search
from nnlab.sweep.stored import read_plan
from nnlab.sweep.training import is_done
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.sweep.executors.protocol import Executor
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.result import SweepResult
    from nnlab.sweep.units import Unit

OnDone = Callable[["Unit", int, int], object]


def create(plan: Plan, name: str, text: str, runs_dir: Path) -> SweepDir:
    """Make the folder of a sweep, with everything that its units need.

    Args:
        plan: Its plan.
        name: What it is called.
        text: The sweep as the user wrote it.
        runs_dir: Folder of runs.
    """
    import torch

    folder = SweepDir.create(runs_dir, name)
    with folder.removed_unless_begun():
        write_atomic(folder.sweep_path, text.encode())
        write_atomic(folder.resolved_path, dump_config(plan.base).encode())
        write_atomic(folder.plan_path, plan.text.encode())
        folder.update_meta(
            name=name,
            status="interrupted",  # until it is conducted
            seeds=plan.seeds,
            plan_sha256=plan.sha256,
            num_threads=torch.get_num_threads(),
            started_at=now(),
            versions={"nnlab": __version__},
            **write_code(folder, plan.base),
        )
    return folder


def place_of(folder: SweepDir, data_dir: Path) -> Place:
    """Return what training a stored sweep needs."""
    return Place(folder, read_plan(folder), data_dir, folder.meta["num_threads"])


def conduct(place: Place, executor: Executor, on_done: OnDone) -> SweepResult:
    """Search, confirm and write the result, from wherever the sweep was left.

    Args:
        place: The sweep.
        executor: Trains its units.
        on_done: Called with each unit that has ended, how many of its batch have, and how many there are.

    Raises:
        InterruptedRun: If a signal asked to stop; what has been trained is kept.
        RunError: If another process conducts the sweep, or its files contradict each other.
    """
    folder, plan = place.folder, place.plan
    check_plain_folder(folder.path)

    def train(units: Sequence[Unit]) -> None:
        open_units = [unit for unit in units if not is_done(place, unit)]
        done = len(units) - len(open_units)

        def count(unit: Unit) -> None:
            nonlocal done
            done += 1
            on_done(unit, done, len(units))

        run_all(executor, open_units, count)

    with folder.lock(), outcome(folder):
        for path in (folder.path, folder.rung_path(0).parent, folder.batch_path(1).parent):
            remove_temporary(path)
        try:
            plan = Batches(folder, Meter(place.data).max_replicas).train(plan, train)
            rungs = search(folder, plan, train)
            last = rungs[-1]
            finalists = [t for t in last.survivors if last.scores[t] is not None]
            found = confirm(
                folder, plan, finalists[: plan.sweep.confirm.finalists], train, place.data
            )
        except InterruptedRun as error:
            msg = f"stopped; continue with: nnlab resume {folder.id}"
            raise InterruptedRun(msg, error.exit_code - 128) from error
        finally:
            executor.cancel()
        result = result_of(folder, plan, rungs, found)
        write_json(folder.result_path, result.to_json())
    return result
