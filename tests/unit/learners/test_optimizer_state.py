from __future__ import annotations

import typing

import pytest
import safetensors.torch
import torch
from torch import nn

from nnlab.config.optimizers import (
    AnyOptimizer,
    LBFGSConfig,
    RMSpropConfig,
    SGDConfig,
)
from nnlab.config.resolve import build_optimizer
from nnlab.learners.optimizer_state import pack, unpack

MEMBERS = typing.get_args(typing.get_args(AnyOptimizer)[0])
CONFIGS = {
    **{member.model_fields["name"].default: member() for member in MEMBERS},
    "lbfgs": LBFGSConfig(max_iter=4),  # with its default of 100 it would be done in one step
    "sgd-momentum": SGDConfig(momentum=0.9),
    "sgd-nesterov": SGDConfig(momentum=0.9, nesterov=True, weight_decay=0.1),
    "rmsprop-momentum": RMSpropConfig(momentum=0.9),
    "lbfgs-short-steps": LBFGSConfig(max_iter=2, history_size=3),
    "lbfgs-long-history": LBFGSConfig(max_iter=5, history_size=20),
}
every_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
every_dtype = pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64], ids=["float32", "float64"]
)


def make(config, dtype, parameters=None):
    """Return parameters, those given or drawn ones, and a new optimizer over copies of them."""
    if parameters is None:
        generator = torch.Generator().manual_seed(0)
        drawn = [torch.randn(shape, generator=generator) for shape in ((3, 4), (3,), (1,))]
        parameters = [values.to(dtype) for values in drawn]
    copies = [nn.Parameter(values.detach().clone()) for values in parameters]
    return copies, build_optimizer(config, copies)


def train(parameters, optimizer, num_steps):
    """Take steps down a function that no optimizer is done with soon."""

    def closure():
        optimizer.zero_grad()
        weight, bias, scale = parameters
        curve = (weight**2 - 1).square().sum() + (weight.sum(1) * bias - 2).square().sum()
        loss = curve + 10 * (scale - weight[0, 0] ** 2).square().sum() + bias.cosh().sum()
        loss.backward()
        return loss

    for _ in range(num_steps):
        optimizer.step(closure)


def as_bytes(tensors):
    return [tensor.detach().numpy().tobytes() for tensor in tensors]


def through_a_file(packed):
    return safetensors.torch.load(safetensors.torch.save(packed))


@every_config
@every_dtype
def test_packed_state_comes_back_bit_for_bit(config, dtype):
    parameters, optimizer = make(config, dtype)
    train(parameters, optimizer, 3)
    packed = through_a_file(pack(optimizer, "0."))
    _, restored = make(config, dtype, parameters)

    unpack(restored, packed, "0.")

    again = pack(restored, "0.")
    assert again.keys() == packed.keys()
    assert {name: tensor.dtype for name, tensor in again.items()} == {
        name: tensor.dtype for name, tensor in packed.items()
    }
    assert all(as_bytes([again[name]]) == as_bytes([packed[name]]) for name in packed)


@every_config
@every_dtype
@pytest.mark.parametrize("num_steps", [1, 4])
def test_restored_optimizer_continues_like_the_original(config, dtype, num_steps):
    parameters, optimizer = make(config, dtype)
    train(parameters, optimizer, num_steps)
    packed = through_a_file(pack(optimizer, "0."))
    copies, restored = make(config, dtype, parameters)

    unpack(restored, packed, "0.")
    train(copies, restored, 4)

    halfway = as_bytes(parameters)
    train(parameters, optimizer, 4)
    assert as_bytes(copies) == as_bytes(parameters)
    assert as_bytes(parameters) != halfway


@pytest.mark.parametrize("name", ["adam", "sgd-momentum", "lbfgs-short-steps"])
def test_new_optimizer_would_continue_differently(name):
    config = CONFIGS[name]
    parameters, optimizer = make(config, torch.float64)
    train(parameters, optimizer, 4)
    copies, forgetful = make(config, torch.float64, parameters)

    train(copies, forgetful, 4)
    train(parameters, optimizer, 4)

    assert as_bytes(copies) != as_bytes(parameters)


def test_lbfgs_keeps_its_history():
    parameters, optimizer = make(LBFGSConfig(max_iter=6, history_size=4), torch.float64)
    train(parameters, optimizer, 2)

    packed = pack(optimizer, "0.")

    history = [name for name in packed if name.startswith("0.0.old_dirs[")]
    assert history == [f"0.0.old_dirs[{i}]" for i in range(4)]
    assert packed["0.0.old_dirs:len"].item() == 4
    assert packed["0.0.n_iter:int"].dtype == torch.int64


def test_numbers_come_back_as_the_same_numbers():
    config = LBFGSConfig(max_iter=4)
    parameters, optimizer = make(config, torch.float64)
    train(parameters, optimizer, 2)
    _, restored = make(config, torch.float64, parameters)

    unpack(restored, through_a_file(pack(optimizer, "0.")), "0.")

    (state,), (expected,) = restored.state.values(), optimizer.state.values()
    numbers = {name: value for name, value in expected.items() if isinstance(value, int | float)}
    assert {float, int} <= {type(value) for value in numbers.values()}
    assert {name: state[name] for name in numbers} == numbers
    assert all(type(state[name]) is type(value) for name, value in numbers.items())


def test_optimizer_that_has_done_nothing_has_no_state():
    parameters, optimizer = make(CONFIGS["adam"], torch.float32)

    packed = pack(optimizer, "0.")

    assert packed == {}
    unpack(optimizer, packed, "0.")
    train(parameters, optimizer, 1)


def test_unpacking_takes_the_names_of_its_prefix_alone():
    optimizers = []
    for num_steps in range(1, 13):
        parameters, optimizer = make(CONFIGS["adam"], torch.float32)
        train(parameters, optimizer, num_steps)
        optimizers.append(optimizer)
    packed = {}
    for replica, optimizer in enumerate(optimizers):
        packed |= pack(optimizer, f"{replica}.")
    _, restored = make(CONFIGS["adam"], torch.float32)

    unpack(restored, packed, "1.")

    assert [state["step"].item() for state in restored.state.values()] == [2, 2, 2]


def test_options_stay_those_of_the_optimizer():
    parameters, optimizer = make(CONFIGS["adam"], torch.float32)
    train(parameters, optimizer, 2)
    _, restored = make(CONFIGS["adam"].model_copy(update={"lr": 0.7}), torch.float32)

    unpack(restored, pack(optimizer, "0."), "0.")

    assert restored.param_groups[0]["lr"] == 0.7


def test_state_of_an_unknown_kind_is_refused():
    parameters, optimizer = make(CONFIGS["sgd"], torch.float32)
    optimizer.state[parameters[0]]["note"] = object()

    with pytest.raises(TypeError, match=r"cannot save 3\.0\.note: object"):
        pack(optimizer, "3.")


def test_state_under_a_name_that_a_file_would_confuse_is_refused():
    parameters, optimizer = make(CONFIGS["sgd"], torch.float32)
    optimizer.state[parameters[0]]["a[0]"] = 1

    with pytest.raises(TypeError, match="its name is not a plain word"):
        pack(optimizer, "")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        0.1,
        float("inf"),
        "caf\N{LATIN SMALL LETTER E WITH ACUTE}: [0]",
        "",
        [],
        [None, 1, None],
        (1, (2.5, "x")),
        {"lr": [1, {2: False}], 3: None},
    ],
    ids=repr,
)
def test_state_of_every_plain_kind_survives(value):
    parameters, optimizer = make(CONFIGS["sgd"], torch.float64)
    optimizer.state[parameters[1]]["kept"] = value
    _, restored = make(CONFIGS["sgd"], torch.float64)

    unpack(restored, through_a_file(pack(optimizer, "0.")), "0.")

    ((_, state),) = restored.state.items()
    assert state == {"kept": value}
    assert type(state["kept"]) is type(value)


TORCH_OPTIMIZERS = {
    name: member
    for name, member in vars(torch.optim).items()
    if isinstance(member, type)
    and issubclass(member, torch.optim.Optimizer)
    and name not in {"Optimizer", "SparseAdam", "Muon"}  # these take no dense vector
}


@every_dtype
@pytest.mark.parametrize("name", TORCH_OPTIMIZERS)
def test_every_optimizer_of_torch_goes_on_bit_for_bit(name, dtype):
    parameters, _ = make(CONFIGS["sgd"], dtype)
    optimizer = TORCH_OPTIMIZERS[name](parameters, lr=0.01)
    train(parameters, optimizer, 3)
    packed = through_a_file(pack(optimizer, "0."))
    copies, _ = make(CONFIGS["sgd"], dtype, parameters)
    restored = TORCH_OPTIMIZERS[name](copies, lr=0.01)

    unpack(restored, packed, "0.")
    train(copies, restored, 3)

    train(parameters, optimizer, 3)
    assert as_bytes(copies) == as_bytes(parameters)
