"""A published set, from a small archive in the original format, in an experiment."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import nnlab
from tests.helpers.command import Command
from tests.helpers.published import install, parts_of

EXPERIMENT = """\
dataset: {name: torchvision, dataset: CIFAR10, split: {val: 0.2}, augment: {flip: true, normalize: true}}
model: {name: mlp, hidden_sizes: [8]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 2, batch_size: 8, seeds: 2, threads: 1}
"""


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNLAB_DATA", str(tmp_path / "data"))
    install("CIFAR10", tmp_path / "data", monkeypatch)
    Path("mine.yaml").write_text(EXPERIMENT)
    return Path("mine.yaml")


def test_a_set_is_trained_verified_shown_and_predicted(experiment: Path, command: Command) -> None:
    run = nnlab.train(experiment)
    assert run.summary["num_evaluated"] == {"train": 16, "val": 4, "test": 10}
    assert len(run.meta["data_sha256"]) == 64
    Image.fromarray(parts_of("CIFAR10")[1].images[0].transpose(1, 2, 0)).save("new.png")
    for arguments in (
        ["check", str(experiment)],
        ["verify", "latest"],
        ["data", "show", str(experiment)],
        ["predict", "latest", "new.png"],
        ["data", "fetch", "CIFAR10"],
    ):
        done = command(*arguments)
        assert done.code == 0, done.stderr


def test_a_run_on_other_data_is_refused(
    experiment: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnlab.train(experiment)
    from tests.helpers import published

    monkeypatch.setattr(published, "NUM_TEST", 9)
    install("CIFAR10", Path("data"), monkeypatch)
    refused = command("eval", "latest")
    assert refused.code != 0
    assert "SHA-256" in refused.stderr or "digest" in refused.stderr
