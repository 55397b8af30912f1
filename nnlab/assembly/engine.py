"""Which engine trains an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.config.consistency import why_not_fused, why_not_native
from nnlab.native.library import find_library
from nnlab.training.runtime import choose_device

if TYPE_CHECKING:
    import torch

    from nnlab.config.experiment import ExperimentConfig

CPU_ENGINES = frozenset({"native", "numpy", "sklearn"})


def device_of(config: ExperimentConfig) -> torch.device:
    """Return the device that an experiment trains on.

    Raises:
        DeviceError: If CUDA is requested and absent.
    """
    is_on_cpu = config.train.engine in CPU_ENGINES or config.model.is_estimator
    return choose_device("cpu" if is_on_cpu else config.train.device)


def engine_of(config: ExperimentConfig) -> tuple[str, str]:
    """Return the engine that trains an experiment here, and why."""
    engine = config.train.engine
    if config.model.is_estimator:
        return "scikit-learn", "it fits the estimator in one go"
    if engine != "auto":
        return engine, "train.engine"
    if reason := why_not_fused(config):
        return "autograd", f"auto: {reason}"
    if reason := why_not_native(config):
        return "fused", f"auto: a dense network; not native: {reason}"
    if device_of(config).type != "cpu":
        return "fused", "auto: a dense network, not on the CPU"
    if find_library() is None:
        return "fused", "auto: a dense network, and the native engine is not built"
    return "native", "auto: a dense network on the CPU"
