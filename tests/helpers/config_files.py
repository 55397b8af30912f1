"""A valid experiment file, an invalid one, and the names the commands list."""

from __future__ import annotations

import typing

from nnlab.config.bundled import ESTIMATORS, bundled_configs, bundled_sweeps
from nnlab.config.datasets import AnyDataset
from nnlab.config.experiment import TrainConfig
from nnlab.config.losses import AnyLoss
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.config.schedules import AnySchedule

UNIONS = {
    "datasets": AnyDataset,
    "models": AnyModel,
    "losses": AnyLoss,
    "optimizers": AnyOptimizer,
    "schedules": AnySchedule,
}
GOOD = "dataset: {name: xor}\nmodel: {name: logistic}\noptimizer: {name: sgd}\n"
BAD = "dataset: {name: xor}\nmodel: {name: logistik}\noptimizer: {name: sgd, lr: 0}\n"


def names_of(kind: str) -> list[str]:
    if kind == "configs":
        return [*bundled_configs(), *bundled_sweeps()]
    if kind == "engines":
        return list(typing.get_args(TrainConfig.model_fields["engine"].annotation))
    members = typing.get_args(typing.get_args(UNIONS[kind])[0])
    names = [member.model_fields["name"].default for member in members]
    return names + [word for word in ESTIMATORS if kind == "models"]
