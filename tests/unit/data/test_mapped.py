"""Data that take more than half of the memory: mapped, with the same bytes, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import nnlab
from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.data import mapped
from nnlab.errors import StorageError
from tests.helpers.image_folders import write_classes

DRAW = np.random.default_rng(0)
PICTURES, ROWS = DRAW.integers(0, 255, (200, 9, 8), dtype=np.uint8), DRAW.normal(size=(200, 50))
LABELS = np.arange(200) % 3


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hundredth of a megabyte be more than half of the memory."""
    monkeypatch.setattr(mapped, "SMALL_BYTES", 2_000)
    monkeypatch.setattr(mapped, "available_host_memory", lambda: 5_000)


def experiment(dataset: dict, **more: object) -> dict:
    return {
        "dataset": dataset,
        "model": {"name": "mlp", "hidden_sizes": [7]},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {"epochs": 2, "batch_size": 16, "seeds": 2},
        **more,
    }


def sets(folder: Path) -> dict[str, dict]:
    """Return data sets of every kind that can be large, by name."""
    np.savez(folder / "pictures.npz", x=PICTURES[:150], y=LABELS[:150], x_test=PICTURES[150:],
             y_test=LABELS[150:])  # fmt: skip
    np.save(folder / "x.npy", ROWS.astype(np.float32))
    np.save(folder / "y.npy", LABELS)
    write_classes(folder / "folder", 40)
    rows = {"name": "npz", "path": str(folder / "x.npy")}
    return {
        "npz": {"name": "npz", "path": str(folder / "pictures.npz")},
        "normalized": {
            "name": "npz",
            "path": str(folder / "pictures.npz"),
            "augment": {"normalize": True, "crop": 1},
        },
        "rows": rows,
        "standardized": {**rows, "standardize": True},
        "folder": {"name": "image_folder", "path": str(folder / "folder"), "size": 12},
    }


@pytest.mark.parametrize("name", ["npz", "normalized", "rows", "standardized", "folder"])
def test_large_data_are_mapped_with_the_same_bytes_and_train_to_them(tmp_path, name, request):
    config = config_from_mapping(experiment(sets(tmp_path)[name]), [])
    in_memory = build_job(config, tmp_path / "data").dataset
    kept = nnlab.train(config)

    request.getfixturevalue("little")
    job = build_job(config, tmp_path / "data")
    trained = nnlab.train(config)

    for part, split in in_memory.splits.items():
        found = job.dataset.splits[part].inputs
        assert (found.dtype, found.tolist()) == (split.inputs.dtype, split.inputs.tolist())
    assert is_mapped(job.dataset.train.inputs)
    assert not is_mapped(in_memory.train.inputs)
    weights = [
        {path.name: path.read_bytes() for path in run.checkpoints_dir.glob("*.safetensors")}
        for run in (kept, trained)
    ]
    assert weights[0] == weights[1] != {}
    assert [p.name for p in (tmp_path / "data").iterdir() if p.name != "images"] == []


def is_mapped(inputs: torch.Tensor) -> bool:
    """Return whether the memory of a tensor is that of a file, as the system tells."""
    address = inputs.data_ptr()
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split()
        start, end = (int(number, 16) for number in fields[0].split("-"))
        if start <= address < end:
            return fields[4] != "0"  # the inode
    return False


def test_seeds_with_splits_of_their_own_stay_in_memory(tmp_path, little):
    dataset = {**sets(tmp_path)["rows"], "split": {"vary": True}}

    job = build_job(config_from_mapping(experiment(dataset), []), tmp_path / "data")

    assert job.dataset.train.inputs.shape[0] == 2
    assert not is_mapped(job.dataset.train.inputs)


def test_a_disk_that_is_too_small_is_named_with_the_sizes(tmp_path, little, monkeypatch):
    usage = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr(mapped.shutil, "disk_usage", lambda _: usage)
    config = config_from_mapping(experiment(sets(tmp_path)["rows"]), [])

    with pytest.raises(
        StorageError, match=r"need 30.0 kB, more than half of the free memory, and 1.0"
    ):
        build_job(config, tmp_path / "data")
