"""What networks answer that take torch: those that are not dense, and scikit-learn's estimators."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nnlab.api.browsing import RunDir, find_exact
from nnlab.errors import RunError
from nnlab.native.library import find_library
from nnlab.runs.load import open_run
from nnlab.runs.predictor import Predictor
from nnlab.ui.worker.protocol import pack, unpack

if TYPE_CHECKING:
    import numpy as np

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.ui.helper.client import Helper

MAX_KNOWN = 2


def takes_torch(config: ExperimentConfig) -> bool:
    """Return whether networks answer only with torch."""
    return not config.model.layer_names or find_library() is None


def check_own(run: StoredRun) -> None:
    """Check that a run has no code of its own, which the page does not run.

    Raises:
        RunError: If it has.
    """
    if run.config.code:
        msg = f"run {run.id} has code of its own, which the page does not run; use: nnlab predict"
        raise RunError(msg)


def ask(helper: Helper, run: str, rows: np.ndarray) -> np.ndarray:
    """Return what each seed of a run answers to rows ``(N, D)``, asked of the helper.

    Returns:
        Probabilities ``(S, N, C)``, or values ``(S, N)``.

    Raises:
        NnlabError: If the helper cannot answer.
    """
    order = {"do": "answers", "run": run, "rows": pack({"rows": rows})}
    return unpack(helper.ask(order)["answers"])["answers"]


def answers(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer ``ask`` in the process of the helper."""
    _, predictor = opened(order["run"], folders)
    rows = unpack(order["rows"])["rows"]
    return {"answers": pack({"answers": predictor.of_replicas(rows)})}


def opened(run_id: str, folders: Folders) -> tuple[StoredRun, Predictor]:
    """Return a run and its networks; the last ones stay in memory until their weights change.

    Raises:
        RunError: If it has no usable weights, or code of its own.
    """
    from nnlab.ui.views import state_of

    return _loaded(run_id, state_of(folder_of(run_id, folders)), folders)


def folder_of(run_id: str, folders: Folders) -> RunDir:
    """Return the folder of a run.

    Raises:
        RunError: If there is none.
    """
    folder = find_exact(run_id, folders.runs)
    if not isinstance(folder, RunDir):
        msg = f"{run_id} is not a run"
        raise RunError(msg)
    return folder


@lru_cache(MAX_KNOWN)
def _loaded(run_id: str, _state: object, folders: Folders) -> tuple[StoredRun, Predictor]:
    run = open_run(folder_of(run_id, folders)).with_folders(folders)
    check_own(run)
    return run, Predictor(run)


def first_images(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer the kernels of the first convolution of the ``run``, ``(S, U, H, W)``; none if it has none.

    Of several input channels, those of the first.
    """
    run, _ = opened(order["run"], folders)
    kernels = {name: array for name, array in run.weight_arrays().items() if array.ndim == 5}
    return {"images": pack({"images": kernels[min(kernels)][:, :, 0]} if kernels else {})}
