"""What the data must have for an experiment's weights."""

from __future__ import annotations

import pytest

import nnlab
from nnlab.errors import ConfigError


@pytest.mark.parametrize("weight", ["balanced", "inverse_count"])
@pytest.mark.parametrize(
    "model",
    [
        {"model": {"name": "logistic"}, "optimizer": {"name": "sgd"}, "train": {"epochs": 1}},
        {"model": {"name": "sklearn", "estimator": "dummy"}},
    ],
    ids=["network", "estimator"],
)
def test_a_class_without_training_examples_is_not_counted(weight, model, tmp_path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,y\n" + "".join(f"{i},{'xy'[i % 2]}\n" for i in range(40)) + "1,z\n")
    split = {"order": "sequential"}
    content = {
        "dataset": {"name": "csv", "path": str(table), "target": "y", "split": split},
        "loss": {"name": "cross_entropy", "class_weight": weight},
        **model,
    }

    with pytest.raises(ConfigError, match=f"{weight} counts .* there are none of z; give the"):
        nnlab.train(content)
