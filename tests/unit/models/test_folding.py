from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from nnlab.models.cnn import FashionCNN
from nnlab.models.folding import convolve_and_normalize
from nnlab.training.runtime import seeded

CHANNELS = 5
EXACT = {"rtol": 1e-10, "atol": 1e-10}


def modules(*, kernel=3, padding=1, momentum=0.1, dtype=torch.float64):
    """Return a convolution and a batch norm whose parameters differ from channel to channel."""
    with seeded(0):
        conv = nn.Conv2d(1, CHANNELS, kernel, padding=padding, dtype=dtype)
        norm = nn.BatchNorm2d(CHANNELS, momentum=momentum, dtype=dtype)
        for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            nn.init.uniform_(tensor, 0.5, 1.5)
    return conv, norm


def images(*shape, dtype=torch.float64):
    return torch.rand(*shape, dtype=dtype, generator=torch.Generator().manual_seed(1))


def found_by(compute, inputs, conv, norm):
    """Return outputs, gradients of the parameters, and buffers after two steps."""
    conv, norm = copy.deepcopy((conv, norm))
    for _ in range(2):
        outputs = compute(inputs, conv, norm)
        slopes = torch.linspace(-0.3, 0.3, outputs.numel(), dtype=outputs.dtype).view(outputs.shape)
        (outputs * (slopes + slopes.square())).sum().backward()
    layers = {"conv": conv, "norm": norm}.items()
    gradients = {f"{key}.{n}": p.grad for key, m in layers for n, p in m.named_parameters()}
    return {"outputs": outputs.detach(), **gradients, **dict(norm.named_buffers())}


def plain(inputs, conv, norm):
    return norm(conv(inputs))


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(images(7, 1, 28, 28), id="28 x 28"),
        pytest.param(images(7, 1, 28, 28).contiguous(memory_format=torch.channels_last), id="last"),
        pytest.param(images(3, 1, 8, 13), id="8 x 13"),
        pytest.param(images(1, 1, 9, 9), id="one image"),
        pytest.param(images(4, 1, 8, 8) + 100, id="far from zero"),
        pytest.param(torch.zeros(4, 1, 8, 8).double(), id="black"),
        pytest.param(torch.full((4, 1, 8, 8), 0.7).double(), id="grey"),
    ],
)
def test_outputs_gradients_and_statistics_are_those_of_the_modules(inputs):
    conv, norm = modules()

    folded = found_by(convolve_and_normalize, inputs, conv, norm)

    assert_close(folded, found_by(plain, inputs, conv, norm), **EXACT)


@pytest.mark.parametrize(
    "settings",
    [{"padding": 0}, {"kernel": (1, 5), "padding": (0, 2)}, {"momentum": 0.3}],
    ids=["no padding", "1 x 5", "momentum"],
)
def test_the_settings_of_the_modules_are_followed(settings):
    conv, norm = modules(**settings)
    inputs = images(4, 1, 9, 12)

    folded = found_by(convolve_and_normalize, inputs, conv, norm)

    assert_close(folded, found_by(plain, inputs, conv, norm), **EXACT)


def test_float32_is_as_exact_as_the_modules():
    inputs = images(16, 1, 28, 28)
    exact = found_by(plain, inputs, *modules())

    def errors(compute):
        found = found_by(compute, inputs.float(), *modules(dtype=torch.float32))
        return {n: (found[n] - t).abs().max() / (t.abs().max() + 1) for n, t in exact.items()}

    ours, theirs = errors(convolve_and_normalize), errors(plain)
    assert {n: e for n, e in ours.items() if e > 2 * theirs[n] + 1e-5} == {}


def test_autocast_leaves_the_statistics_in_float32():
    inputs = images(16, 1, 28, 28, dtype=torch.float32)
    conv, norm = modules(dtype=torch.float32)
    exact = found_by(plain, inputs, conv, norm)

    with torch.autocast("cpu", torch.bfloat16):
        mixed = found_by(convolve_and_normalize, inputs, conv, norm)

    assert mixed.pop("outputs").dtype == torch.bfloat16
    assert {tensor.dtype for tensor in mixed.values()} == {torch.float32, torch.int64}
    for name in ("running_mean", "running_var"):
        assert_close(mixed[name], exact[name], rtol=1e-5, atol=1e-6)
    for name in ("conv.weight", "norm.weight", "norm.bias"):
        # bfloat16 has 8 bits; the gradients are sums of terms of both signs.
        assert (mixed[name] - exact[name]).norm() < 0.02 * exact[name].norm()


def test_images_that_need_a_gradient_get_it():
    conv, norm = modules()
    inputs = images(2, 1, 8, 8).requires_grad_()
    slopes = images(2, CHANNELS, 8, 8)

    (folded,) = torch.autograd.grad(
        (convolve_and_normalize(inputs, conv, norm) * slopes).sum(), inputs
    )

    (expected,) = torch.autograd.grad((plain(inputs, conv, norm) * slopes).sum(), inputs)
    assert_close(folded, expected, **EXACT)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_cnn_computes_what_its_modules_compute(training):
    with seeded(0):
        model = FashionCNN((10, 12), 3, channels=(4, 6), hidden_sizes=(8, 5), dropout=0.0).double()
    unfolded = copy.deepcopy(model)
    unfolded.block1 = nn.Sequential(*unfolded.block1)
    inputs = images(4, 1, 10, 12)

    outputs = [network.train(training)(inputs) for network in (model, unfolded)]
    for logits in outputs:
        logits[:, 0].sum().backward()

    assert_close(*outputs, **EXACT)
    assert_close(model.state_dict(), unfolded.state_dict(), **EXACT)
    gradients = [{n: p.grad for n, p in m.named_parameters()} for m in (model, unfolded)]
    assert_close(*gradients, **EXACT)


def test_checkpoints_of_the_cnn_keep_their_names():
    names = [name for name in FashionCNN((8, 8), 3).state_dict() if name.startswith("block1")]

    statistics = ["running_mean", "running_var", "num_batches_tracked"]
    assert names == [
        *("block1.0.weight", "block1.0.bias", "block1.1.weight", "block1.1.bias"),
        *(f"block1.1.{name}" for name in statistics),
    ]
