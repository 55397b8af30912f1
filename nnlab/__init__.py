"""nnlab: a command-line lab for small neural networks.

>>> import nnlab
>>> run = nnlab.train("configs/spiral_mlp.yaml", seeds=3)

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nnlab.version import __version__ as __version__

if TYPE_CHECKING:
    from nnlab.api import (
        Run,
        Sweep,
        check,
        compare,
        compare_tuned,
        describe,
        describe_data,
        evaluate,
        export,
        gradcheck,
        gradcheck_expression,
        load_run,
        load_sweep,
        plan,
        plan_sweep,
        plot,
        plot_activations,
        plot_data,
        predict,
        predict_examples,
        predict_stream,
        prepare_picture,
        report,
        resume,
        resume_sweep,
        runs,
        show_pictures,
        sweep,
        trace,
        train,
        trust,
        verify,
        verify_sweep,
        winner_of,
    )
    from nnlab.storage.run_dir import RunDir

__all__ = [
    "Run",
    "RunDir",
    "Sweep",
    "check",
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

# How long a thread of libgomp, which torch computes with on Linux, spins for the others before it
# sleeps. By default it is milliseconds: where another program holds a core, the waiting thread keeps
# the one awaited from the core that is left, and a small step takes ten times as long.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")


def __getattr__(name: str) -> Any:
    if name == "RunDir":
        from nnlab.storage.run_dir import RunDir

        return RunDir
    if name in __all__:
        import nnlab.api

        return getattr(nnlab.api, name)
    msg = f"module 'nnlab' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """The package, whose functions keep their names when folders of the same name are imported.

    ``import nnlab.report.page`` makes Python set ``nnlab.report`` to the folder's module; users mean
    the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
