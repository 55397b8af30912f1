"""``nnlab show``: what an experiment will do."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

import nnlab
from nnlab.data.types import DataSpec
from nnlab.inspection.layers import layers_of
from tests.helpers.command import Command


def test_an_activation_stands_where_it_acts() -> None:
    facts = nnlab.describe("spiral_mlp", ["model.hidden_sizes=[8, 4]", "model.dropout=0.1"])

    assert [(layer.kind, layer.output_shape) for layer in facts.layers] == [
        ("Linear", (8,)),
        ("ReLU", (8,)),
        ("Dropout 0.1", (8,)),
        ("Linear", (4,)),
        ("ReLU", (4,)),
        ("Dropout 0.1", (4,)),
        ("Linear", (3,)),
    ]
    assert sum(layer.num_parameters for layer in facts.layers) == facts.num_parameters


def test_functions_between_modules_are_layers_too() -> None:
    kinds = [layer.kind for layer in nnlab.describe("digits_cnn").layers]

    assert kinds[-6:] == ["flatten", "Linear", "Dropout 0.25", "Linear", "relu", "Linear"]
    assert kinds[:3] == ["Conv2d 3 x 3", "BatchNorm2d", "MaxPool2d 2 x 2"]


def test_a_shared_module_is_counted_once_and_the_model_stays_in_its_mode() -> None:
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.Tanh(), shared).train()

    layers = layers_of(model, DataSpec("classification", (2,), 2))

    assert [layer.num_parameters for layer in layers] == [6, 0, 0]
    assert model.training
    assert not shared._forward_hooks


def test_the_learning_rates_are_those_of_the_schedule() -> None:
    schedule = "schedule={name: step, step_epochs: 1, gamma: 0.5, warmup_steps: 2}"
    words = ["optimizer.lr=0.8", schedule, "train.epochs=3", "train.batch_size=full"]

    facts = nnlab.describe("spiral_mlp", words)

    assert facts.lrs == [(0, pytest.approx(0.4)), (1, pytest.approx(0.8)), (2, pytest.approx(0.8))]


def test_the_screen_shows_shapes_weights_and_the_schedule(command: Command) -> None:
    loss = "loss={name: cross_entropy, class_weight: [1, 2, 0.5]}"
    words = ["spiral_mlp", loss, "schedule.name=cosine", "train.batch_size=64"]

    shown = command("show", *words).stdout

    assert "batch      inputs 64 x 2 float32, targets 64 int64\n" in shown
    assert "engine     native (auto: a dense network on the CPU)\n" in shown
    assert "class weights: c1 1, c2 2, c3 0.5\n" in shown
    assert "           \u2588" in shown
    assert "\u2581\n" in shown
    assert "64 x 3" in shown


def test_the_reason_for_another_engine_is_said(command: Command) -> None:
    found = json.loads(command("show", "digits_cnn", "--json").stdout)

    assert found["engine"] == "autograd"
    assert found["why_engine"] == "auto: fashion_cnn is not a dense network"
    assert found["input_shape"][1:] == [1, 8, 8]


def test_training_starts_with_batches_and_class_weights(command: Command) -> None:
    loss = "loss={name: cross_entropy, class_weight: [1, 2, 0.5]}"

    shown = command("train", "spiral_mlp", loss, "train.epochs=1", "train.batch_size=64").stderr

    assert "17 steps per epoch in batches of 64 x 2 on cpu, native engine\n" in shown
    assert "class weights: c1 1, c2 2, c3 0.5\n" in shown
    log = nnlab.load_run("latest").log_path.read_text()
    assert "Linear layers.0: outputs (100,)\nReLU activation: outputs (100,)\n" in log
    assert torch.is_grad_enabled()
