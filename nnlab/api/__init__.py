"""The API: what the command line does, for notebooks and programs.

>>> import nnlab
>>> run = nnlab.train("configs/spiral_mlp.yaml", seeds=3)
>>> run.summary["test"]["accuracy"]

Every function takes ``runs_dir`` (default: ``NNLAB_RUNS``, else ``runs``), and those that read data
``data_dir`` (default: ``NNLAB_DATA``, else the user's cache folder) and ``data_file`` (the CSV file of
a stored run, where it is not below the current folder). A run is a ``Run``, or a reference to
one: a path, id, unique prefix, tag, ``latest`` or ``latest~1``. Errors that the user can fix are
subclasses of ``NnlabError``.

A module is imported when a function of it is first used: reading runs takes no experiment.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlab.api.checking import check, gradcheck, gradcheck_expression, trace
    from nnlab.api.exporting import export
    from nnlab.api.judging import compare, plan, verify
    from nnlab.api.looking import describe, describe_data, draft_config, plot_data
    from nnlab.api.pictures import plot, plot_activations
    from nnlab.api.predicting import (
        predict,
        predict_examples,
        predict_stream,
        prepare_picture,
        show_pictures,
    )
    from nnlab.api.results import evaluate, report, runs
    from nnlab.api.run import Run
    from nnlab.api.sweeping import (
        Sweep,
        load_sweep,
        plan_sweep,
        resume_sweep,
        sweep,
        verify_sweep,
        winner_of,
    )
    from nnlab.api.training import AnyConfig, as_config, load_run, read_experiment, resume, train
    from nnlab.api.trusting import code_of, trust
    from nnlab.api.tuning import compare_tuned

__all__ = [
    "AnyConfig",
    "Run",
    "Sweep",
    "as_config",
    "check",
    "code_of",
    "compare",
    "compare_tuned",
    "describe",
    "describe_data",
    "draft_config",
    "evaluate",
    "export",
    "gradcheck",
    "gradcheck_expression",
    "load_run",
    "load_sweep",
    "plan",
    "plan_sweep",
    "plot",
    "plot_activations",
    "plot_data",
    "predict",
    "predict_examples",
    "predict_stream",
    "prepare_picture",
    "read_experiment",
    "report",
    "resume",
    "resume_sweep",
    "runs",
    "show_pictures",
    "sweep",
    "trace",
    "train",
    "trust",
    "verify",
    "verify_sweep",
    "winner_of",
]

MODULES = {
    "checking": ("check", "gradcheck", "gradcheck_expression", "trace"),
    "exporting": ("export",),
    "judging": ("compare", "plan", "verify"),
    "looking": ("describe", "describe_data", "draft_config", "plot_data"),
    "pictures": ("plot", "plot_activations"),
    "predicting": (
        "predict",
        "predict_examples",
        "predict_stream",
        "prepare_picture",
        "show_pictures",
    ),
    "results": ("evaluate", "report", "runs"),
    "run": ("Run",),
    "sweeping": (
        "Sweep",
        "load_sweep",
        "plan_sweep",
        "resume_sweep",
        "sweep",
        "verify_sweep",
        "winner_of",
    ),
    "training": ("AnyConfig", "as_config", "load_run", "read_experiment", "resume", "train"),
    "trusting": ("code_of", "trust"),
    "tuning": ("compare_tuned",),
}
_HOMES = {name: module for module, names in MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module 'nnlab.api' has no attribute {name!r}"
        raise AttributeError(msg)
    value = globals()[name] = getattr(importlib.import_module(f"nnlab.api.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*__all__]
