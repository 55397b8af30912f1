from __future__ import annotations

import pytest

from nnlab.config.experiment import ExperimentConfig
from tests.helpers.configs import SPIRAL, heads, load, problems


def test_all_contradictions_are_reported_at_once() -> None:
    text = SPIRAL.replace("adam", "lbfgs") + "loss: {name: mse}\ntrain: {monitor: val.mse}\n"

    message = problems(text)

    assert [head.split(": ")[1] for head in heads(message)] == [
        "loss.name",
        "train.batch_size",
        "train.monitor",
    ]


REGRESSION = "dataset={name: regression}"
MNIST = "dataset={name: mnist}"
FUSED = "train.engine=fused"
NUMPY = "train.engine=numpy"
SKLEARN = ["train.engine=sklearn", "model={name: logistic}", "train.batch_size=full"]
LBFGS = "optimizer={name: lbfgs}"
NO_VAL = "dataset.split={test: 0.2, val: 0}"
NO_TEST = "dataset.split={test: 0, val: 0.2}"

CONTRADICTIONS = {
    "mse for classes": (
        ["loss={name: mse}"],
        "loss.name: mse does not support classification, the task of spiral",
    ),
    "cross-entropy for numbers": (
        [REGRESSION, "loss={name: cross_entropy}"],
        "loss.name: cross_entropy does not support regression, the task of regression",
    ),
    "cnn without images": (
        ["model={name: fashion_cnn}"],
        "model.name: fashion_cnn needs images, but spiral has none; try mlp",
    ),
    "softmax of numbers": (
        [REGRESSION, "model.output_activation=softmax"],
        "model.output_activation: is only for classification; use none",
    ),
    "unknown metric": (
        ["train.monitor=val.acuracy"],
        (
            "train.monitor: unknown metric 'acuracy' (did you mean 'accuracy'?); "
            "classification metrics: loss, log_loss, accuracy, balanced_accuracy, top_3_accuracy, "
            "top_5_accuracy, precision, recall, f1, macro_f1, roc_auc, pr_auc, ece"
        ),
    ),
    "metric of numbers for classes": (
        ["train.monitor=val.r2"],
        (
            "train.monitor: unknown metric 'r2'; "
            "classification metrics: loss, log_loss, accuracy, balanced_accuracy, top_3_accuracy, "
            "top_5_accuracy, precision, recall, f1, macro_f1, roc_auc, pr_auc, ece"
        ),
    ),
    "metric of classes for numbers": (
        [REGRESSION, "train.monitor=test.accuracy"],
        "train.monitor: unknown metric 'accuracy'; regression metrics: loss, mse, mae, r2",
    ),
    "best without validation": (
        [NO_VAL, "train.select=best"],
        "train.monitor: there is no val split to monitor; see dataset.split.val",
    ),
    "early stopping without validation": (
        [NO_VAL, "train.early_stopping={}", "train.select=last"],
        "train.monitor: there is no val split to monitor; see dataset.split.val",
    ),
    "plateau without validation": (
        [NO_VAL, "schedule={name: plateau}"],
        "train.monitor: there is no val split to monitor; see dataset.split.val",
    ),
    "best of a test that is not there": (
        [NO_TEST, "train.select=best", "train.monitor=test.loss"],
        "train.monitor: there is no test split to monitor; see dataset.split.test",
    ),
    "nothing left to train on": (
        ["dataset.split={test: 0.5, val: 0.5}"],
        "dataset.split: test and val leave no examples to train on (0.5 + 0.5)",
    ),
    "nothing left beside the pooled test": (
        [MNIST, "dataset.split={test: pooled, val: 0.9}"],
        "dataset.split: test and val leave no examples to train on (0.143 + 0.9)",
    ),
    "official test of generated points": (
        ["dataset.split={test: official, val: 0.1}"],
        "dataset.split.test: ",
    ),
    "lbfgs in batches": (
        [LBFGS],
        "train.batch_size: lbfgs needs the full batch; use batch_size: full",
    ),
    "lbfgs with clipping": (
        [LBFGS, "train.batch_size=full", "train.clip_norm=1"],
        "train.clip_norm: lbfgs chooses its own step length; remove clip_norm",
    ),
    "nesterov without momentum": (
        ["optimizer={name: sgd, nesterov: true}"],
        "optimizer.nesterov: needs momentum above 0",
    ),
    "fused with a cnn": (
        [FUSED, MNIST, "model={name: fashion_cnn}"],
        "train.engine: the fused engine cannot train this: fashion_cnn",
    ),
    "fused with lbfgs": (
        [FUSED, LBFGS, "train.batch_size=full"],
        "train.engine: the fused engine cannot train this: lbfgs",
    ),
    "fused in bf16": (
        [FUSED, "train.precision=bf16"],
        "train.engine: the fused engine cannot train this: bf16",
    ),
    "numpy in bf16": (
        [NUMPY, "train.precision=bf16"],
        "train.precision: the numpy engine supports float32 and float64",
    ),
    "sklearn in bf16": (
        [*SKLEARN, LBFGS, "train.epochs=1", "train.precision=bf16"],
        "train.precision: the sklearn engine supports float32 and float64",
    ),
    "numpy with a cnn": (
        [NUMPY, MNIST, "model={name: fashion_cnn}"],
        "train.engine: the numpy engine trains logistic and mlp, not fashion_cnn",
    ),
    "numpy with dropout": (
        [NUMPY, "model.dropout=0.5"],
        "model.dropout: the numpy engine does not support dropout",
    ),
    "numpy with adamw": (
        [NUMPY, "optimizer={name: adamw}"],
        "optimizer.name: the numpy engine supports sgd and adam",
    ),
    "numpy with lbfgs": (
        [NUMPY, LBFGS, "train.batch_size=full"],
        "optimizer.name: the numpy engine supports sgd and adam",
    ),
    "numpy with clipping": (
        [NUMPY, "train.clip_norm=1"],
        "train.clip_norm: the numpy engine does not clip gradients",
    ),
    "numpy on a gpu": (
        [NUMPY, "train.device=cuda"],
        "train.device: the numpy engine runs on the CPU",
    ),
    "sklearn with an mlp": (
        [SKLEARN[0], SKLEARN[2], LBFGS, "train.epochs=1", "model={name: mlp}"],
        "train.engine: the sklearn engine trains logistic, not mlp",
    ),
    "sklearn with quadratic": (
        [*SKLEARN, LBFGS, "train.epochs=1", "loss={name: quadratic}"],
        "loss.name: the sklearn engine supports cross_entropy",
    ),
    "sklearn with adam": (
        [*SKLEARN, "train.epochs=1"],
        "optimizer.name: the sklearn engine supports lbfgs",
    ),
    "sklearn in ten epochs": (
        [*SKLEARN, LBFGS, "train.epochs=10"],
        "train.epochs: the sklearn engine needs only one epoch; use epochs: 1",
    ),
    "sklearn on a gpu": (
        [*SKLEARN, LBFGS, "train.epochs=1", "train.device=cuda"],
        "train.device: the sklearn engine runs on the CPU",
    ),
}


@pytest.mark.parametrize(("overrides", "text"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_sections_that_contradict_each_other_are_reported(overrides: list[str], text: str) -> None:
    lines = heads(problems(SPIRAL, *overrides))

    assert len(lines) == 1
    assert text in lines[0]


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param([REGRESSION, "loss={name: quadratic}"], id="quadratic for numbers"),
        pytest.param(["loss={name: quadratic}"], id="quadratic for classes"),
        pytest.param([MNIST, "model={name: fashion_cnn}"], id="cnn for mnist"),
        pytest.param(["dataset={name: digits}", "model={name: fashion_cnn}"], id="cnn for digits"),
        pytest.param(["model.output_activation=softmax"], id="softmax of classes"),
        pytest.param([NO_VAL], id="no validation and nothing that needs it"),
        pytest.param([NO_TEST], id="no test"),
        pytest.param([NO_VAL, "train.select=best", "train.monitor=test.loss"], id="watch test"),
        pytest.param([REGRESSION, "train.monitor=val.r2"], id="metric of numbers"),
        pytest.param(["train.monitor=val.ece"], id="metric of classes"),
        pytest.param(["dataset.split={test: 0.5, val: 0.49}"], id="a little left"),
        pytest.param([MNIST, "dataset.split={val: 0.9}"], id="official beside validation"),
        pytest.param([LBFGS, "train.batch_size=full"], id="lbfgs in full"),
        pytest.param(
            ["optimizer={name: sgd, nesterov: true, momentum: 0.9}"], id="nesterov with momentum"
        ),
        pytest.param([FUSED], id="fused with an mlp"),
        pytest.param([FUSED, REGRESSION, "model={name: logistic}"], id="fused with numbers"),
        pytest.param(["train.precision=bf16"], id="autograd in bf16"),
        pytest.param([NUMPY], id="numpy with adam"),
        pytest.param([NUMPY, "optimizer={name: sgd}"], id="numpy with sgd"),
        pytest.param([NUMPY, REGRESSION, "loss={name: quadratic}"], id="numpy with quadratic"),
        pytest.param([*SKLEARN, LBFGS, "train.epochs=1"], id="sklearn as it should be"),
        pytest.param(["train.device=cuda"], id="autograd on a gpu"),
    ],
)
def test_sections_that_agree_are_accepted(overrides: list[str]) -> None:
    assert isinstance(load(SPIRAL, *overrides), ExperimentConfig)
