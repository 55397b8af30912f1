"""The user's own model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from nnlab.config.own_code import OwnCodeError
from nnlab.config.signature import parameters_of
from nnlab.own.loading import call, located

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


def answer(config: OwnModelConfig, spec: DataSpec, model: nn.Module, inputs: Tensor) -> None:
    """Let a model answer some inputs ``(N, ...)``, and check that its outputs are ``(N, C)``.

    Raises:
        OwnCodeError: If it fails, or its outputs are something else.
    """
    given = tuple(inputs.shape)
    with located(config.name, hint=f"\nforward was given the inputs {given} and nothing else"):
        outputs = model(inputs)
    wanted = (len(inputs), spec.num_outputs)
    if not isinstance(outputs, Tensor) or outputs.shape != wanted:
        found = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
        what = "a logit for each class" if spec.num_outputs > 1 else "a number for each example"
        msg = (
            f"{config.name}: forward returned {found} for the inputs {given}, not {wanted}: {what}; "
            f"the parameter num_outputs of the model says how many"
        )
        raise OwnCodeError(msg)


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
