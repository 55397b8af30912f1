"""Fair comparisons: winners of equal searches, and contenders of which only some had one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.errors import NnlabError
from nnlab.storage.registry import list_results
from nnlab.storage.sweep_dir import SweepDir
from nnlab.sweep.confirm import compare, metric_of_test
from nnlab.sweep.result_schema import ResultFile
from nnlab.sweep.stored import read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nnlab.comparison.result import Comparison
    from nnlab.config.experiment import ExperimentConfig


def compare_winners(sweeps: Mapping[str, SweepDir], data_dir: Path) -> Comparison:
    """Compare the winners of sweeps with one sampler seed, whose fresh seeds are the same.

    Args:
        sweeps: Finished sweeps by the names of their contenders.
        data_dir: Folder of installed data.
    """
    first = read_plan(next(iter(sweeps.values())))
    runs = {}
    for name, folder in sweeps.items():
        winner = folder.read_json(folder.result_path, ResultFile)["winner"]["trial"]
        runs[f"{name}, tuned"] = folder.confirmation(f"t{winner:04d}")
    return compare(runs, metric_of_test(first), data_dir)


def unmatched_searches(
    contenders: Mapping[str, ExperimentConfig], runs_dir: Path
) -> dict[str, str]:
    """Return which search a contender has won while others had none, by its name.

    Args:
        contenders: Their experiments by name.
        runs_dir: Folder of runs, whose sweeps are looked at.
    """
    searches = {}
    for identity, sweep, num_trials in _winners(runs_dir):
        for name, config in contenders.items():
            if _identity(config) == identity:
                searches[name] = f"the best of {num_trials:,} trials ({sweep})"
    others = ", ".join(name for name in contenders if name not in searches)
    if not others:
        return {}
    return {
        name: f"{search}, compared with {others} without a search"
        for name, search in searches.items()
    }


def _winners(runs_dir: Path) -> list[tuple[dict[str, Any], str, int]]:
    """Return the identity of each sweep's winner, the sweep, and how many trials it tried."""
    found = []
    for folder in list_results(runs_dir):
        if isinstance(folder, SweepDir) and folder.result_path.is_file():
            try:
                result = folder.read_json(folder.result_path, ResultFile)
                config = read_plan(folder).trials[result["winner"]["trial"]].config
            except (NnlabError, IndexError):
                continue
            found.append((_identity(config), folder.id, result["num_trials"]))
    return found


def _identity(config: ExperimentConfig) -> dict[str, Any]:
    fields = config.training_fields()
    train = {key: value for key, value in fields["train"].items() if key not in ("seed", "seeds")}
    return {**fields, "train": train, "name": None}
