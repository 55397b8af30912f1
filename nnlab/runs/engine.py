"""The engine that trained a run: its bytes depend on it, so nothing else may continue it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from nnlab.config.consistency import why_not_fused
from nnlab.config.engines import ENGINES
from nnlab.native.library import find_library

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.schemas import Meta


def describe_engine(engine: str) -> dict[str, object]:
    """Return what meta.json records about the engine: its name and, if it is native, its library.

    Another compiler may round differently; another digest tells.
    """
    library = find_library() if engine == "native" else None
    if library is None:
        return {"engine": engine}
    digest = hashlib.sha256(library.path.read_bytes()).hexdigest()
    return {"engine": engine, "native": {"built_for": library.instruction_set, "sha256": digest}}


def recorded_engine(config: ExperimentConfig, meta: Meta) -> str:
    """Return the value of ``train.engine`` that trains a run's experiment as it was trained.

    Runs that do not say are older than the native engine.
    """
    if config.train.engine != "auto" or config.model.is_estimator:
        return config.train.engine
    engine = meta.get("engine")
    if engine in ENGINES:
        return str(engine)
    return "autograd" if why_not_fused(config) else "fused"


def reading_engine(config: ExperimentConfig, meta: Meta, device: str) -> str:
    """Return the engine that evaluates a run: the one that trained it, if it is here and can."""
    engine = recorded_engine(config, meta)
    if engine != "native":
        return engine
    return "fused" if device == "cuda" or find_library() is None else engine
