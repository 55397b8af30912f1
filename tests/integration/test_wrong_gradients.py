from __future__ import annotations

import json
import sys

import pytest
import torch

from nnlab.cli.gradcheck import gradcheck
from nnlab.errors import CheckFailedError
from nnlab.learners.autograd import AutogradLearner
from nnlab.learners.fused import FusedLearner
from nnlab.learners.numpy_mlp import Network


def scaled(gradient: torch.Tensor) -> torch.Tensor:
    return gradient.mul_(1 + 1e-6)


def break_fused(patch: pytest.MonkeyPatch) -> None:
    backward = FusedLearner._backward

    def wrong(self, *args):
        backward(self, *args)
        scaled(self.weight_grad[1])

    patch.setattr(FusedLearner, "_backward", wrong)


def break_numpy(patch: pytest.MonkeyPatch) -> None:
    right = Network.loss_and_gradients

    def wrong(self, *args):
        loss, found = right(self, *args)
        found[2] *= 1 + 1e-6
        return loss, found

    patch.setattr(Network, "loss_and_gradients", wrong)


def break_autograd(patch: pytest.MonkeyPatch) -> None:
    backward = AutogradLearner._backward

    def wrong(self, replica, loss):
        backward(self, replica, loss)
        scaled(self.models[replica].layers[1].weight.grad)

    patch.setattr(AutogradLearner, "_backward", wrong)


@pytest.mark.parametrize(
    ("engine", "break_it"),
    [("fused", break_fused), ("numpy", break_numpy), ("autograd", break_autograd)],
)
def test_a_learner_whose_gradient_is_wrong_is_named(
    engine: str, break_it, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    break_it(monkeypatch)
    with pytest.raises(CheckFailedError) as error:
        gradcheck(["spiral_mlp"], expression=None, data_dir=None, as_json=False)
    assert str(error.value) == (
        f"the {engine} learner's gradient of layers.1.weight differs from autograd's by 5e-07 "
        f"(relative; tolerance 1e-10)"
    )
    assert error.value.exit_code == 8
    assert "layers.1.weight" in capsys.readouterr().out


class WrongTanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs):
        ctx.save_for_backward(inputs)
        return inputs.tanh()

    @staticmethod
    def backward(ctx, gradient):
        (inputs,) = ctx.saved_tensors
        return gradient * (1 - inputs.tanh() ** 2) * (1 + 1e-4)


def test_finite_differences_find_a_wrong_backward_function(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Wrong(torch.nn.Module):
        def forward(self, inputs):
            return WrongTanh.apply(inputs)

    monkeypatch.setitem(sys.modules["nnlab.models.mlp"].ACTIVATIONS, "tanh", Wrong)
    words = ["spiral_mlp", "model.activation=tanh"]
    with pytest.raises(CheckFailedError) as error:
        gradcheck(words, expression=None, data_dir=None, as_json=True)
    assert "the finite differences' gradient of layers.0.weight differs" in str(error.value)
    assert "layers.1" not in str(error.value)
    result = json.loads(capsys.readouterr().out)
    assert result["parameters"][0]["differences"] == pytest.approx(5e-5, rel=0.1)


def test_the_process_ends_with_8_when_a_gradient_is_wrong() -> None:
    import subprocess

    code = (
        "import sys; from nnlab.learners.fused import FusedLearner as F; "
        "right = F._through_layer; "
        "F._through_layer = lambda s, l, d, b: right(s, l, d.neg(), b); "
        "sys.argv = ['nnlab', 'gradcheck', 'xor_mlp']; "
        "from nnlab.__main__ import main; main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )
    assert process.returncode == 8
    assert "error: the fused learner's gradient of layers.0.weight differs" in process.stderr
    assert "numpy learner" not in process.stderr
