"""What an experiment is said to need is what it takes, and what cannot fit is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import nnlab
from nnlab.api import as_config
from nnlab.assembly import footprint
from nnlab.assembly.job import build_job, build_models
from nnlab.errors import DeviceError, StorageError
from nnlab.storage import memory
from tests.helpers.command import Command

OPTIMIZERS = {
    "sgd": ["optimizer={name: sgd}"],
    "momentum": ["optimizer={name: sgd, momentum: 0.9}"],
    "adam": ["optimizer={name: adam}"],
    "rmsprop": ["optimizer={name: rmsprop, momentum: 0.5}"],
    "adagrad": ["optimizer={name: adagrad}"],
}


def job_of(*overrides: str, config: str = "digits_mlp"):
    return build_job(as_config(config, overrides), Path("no data is needed"))


@pytest.mark.parametrize("overrides", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_a_checkpoint_is_as_large_as_estimated(overrides: list[str]) -> None:
    job = job_of(*overrides, "train.seeds=3", "schedule={name: constant}")
    run = nnlab.train(
        "digits_mlp",
        [*overrides, "train.seeds=3", "train.epochs=2", "schedule={name: constant}"],
    )
    (path,) = run.checkpoints_dir.glob("*.safetensors")
    # Names of tensors and counters come on top.
    assert 0.95 < job.footprint.checkpoint / path.stat().st_size <= 1


def test_the_history_of_lbfgs_is_counted() -> None:
    job = job_of("optimizer={name: lbfgs, history_size: 3}", "train.batch_size=full")
    assert job.footprint.optimizer == 2 * 3 * job.footprint.parameters


def test_activations_are_the_outputs_of_the_layers() -> None:
    job = job_of(config="digits_cnn")
    (model,) = build_models(as_config("digits_cnn"), job.dataset.spec, [0])
    sizes = []
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(
                lambda _layer, _inputs, output: sizes.append(output.numel())
            )
    model.eval()(torch.zeros(job.batches.batch_size, *job.dataset.spec.input_shape))
    assert job.footprint.activations == 2 * 4 * sum(sizes)


def test_replicas_of_the_fused_learner_need_their_activations_together() -> None:
    fused = "train.engine=fused"
    one, three = job_of(fused).footprint, job_of(fused, "train.seeds=3").footprint
    assert three.activations == 3 * one.activations
    assert three.parameters == 3 * one.parameters


@pytest.mark.parametrize(
    ("override", "advice"),
    [
        ("model.hidden_sizes=[1000000, 1000000]", "the model's widths"),
        ("dataset.num_samples=1000000000", "dataset.num_samples"),
        ("train.seeds=10000", "train.seeds"),
    ],
)
def test_a_model_that_cannot_fit_is_refused_before_a_run_is_created(
    override: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_free_memory", lambda: 10_000_000)
    with pytest.raises(DeviceError, match=r"of memory, but only 10\.0 MB is available") as error:
        nnlab.train("spiral_mlp", [override], runs_dir=tmp_path / "runs")
    assert advice in str(error.value)
    assert not (tmp_path / "runs").exists()


def test_a_model_larger_than_any_memory_is_refused_at_once(
    tmp_path: Path, command: Command
) -> None:
    runs = tmp_path / "runs"
    ended = command(
        "train", "spiral_mlp", "model.hidden_sizes=[1000000, 1000000]", "--runs-dir", runs
    )
    assert ended.code == 7
    assert "this needs at least 36.0 TB of memory" in ended.stderr
    assert not runs.exists()


def test_checkpoints_that_do_not_fit_on_the_disk_are_refused(tmp_path: Path) -> None:
    free = footprint.shutil.disk_usage(tmp_path).free
    sizes = footprint.Footprint(0, 0, 0, 0, 0, checkpoint=free)
    with pytest.raises(StorageError, match=r"the checkpoints of a run need .* is free"):
        footprint.check_disk_space(sizes, tmp_path / "not" / "yet")
    assert not (tmp_path / "not").exists()


def test_available_memory_is_unknown_or_plausible() -> None:
    available = footprint.available_memory(torch.device("cpu"))
    assert available is None or available > 100_000_000


@pytest.mark.parametrize(
    ("groups", "file", "limit"),
    [
        ("0::/a/b\n", "a/memory.max", 4096),
        ("5:cpu:/x\n4:memory:/a/b\n0::/\n", "memory/a/b/memory.limit_in_bytes", 8192),
        ("4:memory:/a/b\n", "memory/memory.limit_in_bytes", 8192),
        ("0::/a/b\n", "a/b/other", None),
    ],
    ids=["version 2", "version 1", "version 1 in a container", "no limit"],
)
def test_the_limit_of_the_control_group_is_read(
    groups: str, file: str, limit: int | None, tmp_path: Path
) -> None:
    root = tmp_path / "cgroup"
    (root / file).parent.mkdir(parents=True)
    (root / file).write_text(f"{limit or 1}\n")
    (tmp_path / "groups").write_text(groups)
    (tmp_path / "memory.max").write_text("1\n")  # above the mount: none of ours
    assert memory._memory_limit(root, tmp_path / "groups") == limit
