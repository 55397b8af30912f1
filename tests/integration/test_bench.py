"""nnlab bench: where the time of an experiment goes."""

from __future__ import annotations

import json
import time

import pytest
import torch
from torch import nn

from nnlab import api
from nnlab.errors import ConfigError
from nnlab.inspection.products import products_of_step
from nnlab.inspection.profiling import Stopwatch, profile
from tests.helpers.command import Command
from tests.helpers.command import nnlab as nnlab_command

PHASES = {"forward", "backward", "optimizer", "rest of the step"}
DROPOUT = ["train.seeds=3", "model.dropout=0.1", "train.clip_norm=1"]


def test_a_lap_is_the_time_since_the_last_one() -> None:
    start = time.perf_counter()
    watch = Stopwatch(torch.device("cpu"))
    for _ in range(2):
        time.sleep(0.02)
        watch.lap("forward")
        time.sleep(0.05)
        watch.lap("backward")
    total = time.perf_counter() - start
    assert watch.seconds["forward"] >= 0.04
    assert watch.seconds["backward"] >= 0.1
    assert sum(watch.seconds.values()) <= total


@pytest.mark.parametrize(
    ("experiment", "phases"),
    [
        (["spiral_mlp"], {"steps in one call"}),
        (["spiral_mlp", "train.engine=fused"], {*PHASES, "data"}),
        (["spiral_mlp", *DROPOUT, "train.engine=fused"], {"backward", "rest of the step"}),
        (["spiral_mlp", *DROPOUT], {"steps in one call"}),
        (["digits_cnn"], PHASES),
        (["e2_spiral_numpy"], {"data", "rest of the step"}),
    ],
)
def test_every_phase_is_timed_and_all_of_them_make_the_epoch(
    experiment: list[str], phases: set[str]
) -> None:
    name, *overrides = experiment
    result = profile(api.as_config(name, overrides), seconds=0.3)
    assert phases | {"evaluation"} <= set(result["phases"])
    assert all(seconds > 0 for seconds in result["phases"].values())
    assert result["seconds_per_epoch"] == pytest.approx(sum(result["phases"].values()))
    assert result["floor_seconds_per_epoch"] > 0
    assert result["steps_measured"] > 0


@pytest.mark.parametrize(("num_replicas", "shape"), [(1, (5, 3)), (4, (4, 5, 3))])
def test_the_floor_of_a_dense_network_is_three_products_a_layer_but_the_first(
    num_replicas: int, shape: tuple[int, ...]
) -> None:
    model = nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Linear(7, 2))
    calls = products_of_step(model, torch.rand(5, 3), num_replicas)
    shapes = [tuple(call().shape) for call in calls]
    lead = shape[:-2]
    assert shapes == [(*lead, 5, 7), (*lead, 3, 7), (*lead, 5, 2), (*lead, 7, 2), (*lead, 5, 7)]


def test_the_floor_of_a_cnn_is_its_convolutions_and_linear_layers() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    assert len(products_of_step(model, torch.rand(5, 1, 8, 8), 1)) == 2 + 3
    assert len(products_of_step(model, torch.rand(5, 1, 8, 8), 3)) == 3 * 2 + 3


def test_lbfgs_is_refused() -> None:
    with pytest.raises(ConfigError, match="whole optimisation"):
        profile(api.as_config("tiny_sklearn"))


def test_the_command_prints_a_table_or_one_json_object(command: Command) -> None:
    table = command("bench", "xor_mlp", "--seconds", "0.2")
    assert table.code == 0, table.stderr
    assert "matrix products alone" in table.stdout
    printed = command("bench", "xor_mlp", "--seconds", "0.2", "--json")
    assert json.loads(printed.stdout)["engine"] == "native"


def test_a_process_that_imported_the_compiler_exits_silently() -> None:
    process = nnlab_command("bench", "digits_cnn", "--seconds", "0.2")
    assert process.returncode == 0
    assert process.stderr == ""


def test_training_explains_autograd_but_not_fused(command: Command) -> None:
    cnn = command("train", "digits_cnn", "train.epochs=1")
    assert "using the autograd engine: fashion_cnn is not a dense network" in cnn.stderr
    assert "using the" not in command("train", "xor_mlp", "train.epochs=1").stderr
