"""The user's own model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch import nn

from nnlab.config.own_code import OwnCodeError
from nnlab.config.signature import parameters_of
from nnlab.own.loading import call

if TYPE_CHECKING:
    from nnlab.config.own import OwnModelConfig
    from nnlab.data.types import DataSpec


def given_by(config: OwnModelConfig, spec: DataSpec) -> dict[str, Any]:
    """Return the parameters of the user's class or function that follow from the data."""
    values = {
        "num_inputs": math.prod(spec.input_shape),
        "num_outputs": spec.num_outputs,
        "num_classes": spec.num_outputs,
        "input_shape": tuple(spec.input_shape),
    }
    wanted = {parameter.name for parameter in parameters_of(config.name)}
    return {name: value for name, value in values.items() if name in wanted}


def build(config: OwnModelConfig, spec: DataSpec) -> nn.Module:
    """Return the module that the user's class or function makes for the given data.

    Raises:
        OwnCodeError: If it fails, or makes something else.
    """
    model = call(config, **given_by(config, spec))
    if not isinstance(model, nn.Module):
        msg = f"{config.name} must make a torch.nn.Module, not {type(model).__name__}"
        raise OwnCodeError(msg)
    return model
