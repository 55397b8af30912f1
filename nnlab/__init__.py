"""nnlab: a command-line lab for small neural networks.

>>> import nnlab
>>> run = nnlab.train("configs/spiral_mlp.yaml", seeds=3)

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlab.api import compare, evaluate, load_run, resume, train, verify
    from nnlab.runs import RunDir

__all__ = ["RunDir", "compare", "evaluate", "load_run", "resume", "train", "verify"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "RunDir":
        from nnlab.runs import RunDir

        return RunDir
    if name in __all__:
        import nnlab.api

        return getattr(nnlab.api, name)
    msg = f"module 'nnlab' has no attribute {name!r}"
    raise AttributeError(msg)
