from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
import torch

import nnlab
from nnlab.api import as_config
from nnlab.assembly.job import build_job
from nnlab.errors import DeviceError
from nnlab.training.losses import MeanLoss
from nnlab.training.runtime import choose_device, deterministic, num_threads, seeded, threads

FUSED = "train.engine=fused"


def denormals_are_zero() -> bool:
    return sys.float_info.min / 2 == 0.0


def test_deterministic_is_undone_at_the_end() -> None:
    before = torch.get_deterministic_debug_mode()
    with deterministic():
        assert torch.are_deterministic_algorithms_enabled()
        assert denormals_are_zero()
        with deterministic():
            assert denormals_are_zero()
        assert denormals_are_zero()
    assert torch.get_deterministic_debug_mode() == before
    assert not denormals_are_zero()


def test_training_leaves_the_process_as_it_was() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state(), torch.get_num_threads(), torch.get_deterministic_debug_mode()
    nnlab.train("spiral_mlp", ["train.epochs=2", "train.threads=2"])
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.get_num_threads(), torch.get_deterministic_debug_mode()) == before[1:]
    assert not denormals_are_zero()


def test_seeded_draws_the_same_and_restores_the_generator() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    with seeded(3):
        first = torch.rand(3)
    with seeded(3):
        assert torch.equal(torch.rand(3), first)
    assert torch.equal(torch.rand(3), expected)


def test_draws_of_two_threads_do_not_mix() -> None:
    entered, drawn = threading.Event(), []

    def draw() -> None:
        with seeded(4):
            entered.set()
            drawn.append(torch.rand(3))

    with seeded(3):
        first = torch.rand(3)
    other = threading.Thread(target=draw)
    with seeded(3):
        other.start()
        assert not entered.wait(0.2)
        assert torch.equal(torch.rand(3), first)
    other.join()
    assert len(drawn) == 1


def test_the_limit_of_one_thread_is_not_that_of_another() -> None:
    seen: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with threads(1):
        other = threading.Thread(target=lambda: seen.append(num_threads()))
        other.start()
        other.join()
        assert num_threads() == 1
    torch.set_num_threads(before)
    assert seen == [2]


def test_threads_are_restored() -> None:
    before = torch.get_num_threads()
    with threads(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [
        (["spiral_mlp", FUSED], 1),
        (["spiral_mlp", FUSED, "train.threads=2"], 2),
        (["spiral_mlp", FUSED, "train.seeds=50"], 2),
        (["spiral_mlp", FUSED, "model.hidden_sizes=[6000]"], 2),
        (["digits_cnn"], 1),
        (["digits_cnn", "train.batch_size=full", "model.hidden_sizes=[1000, 100]"], 2),
    ],
    ids=["small", "chosen", "many replicas", "wide", "CNN", "large CNN"],
)
def test_a_step_too_small_to_share_has_one_thread(experiment: list[str], expected: int) -> None:
    name, *overrides = experiment
    with threads(2):
        job = build_job(as_config(name, overrides), Path())
    assert job.num_threads == expected


def test_the_threads_of_a_run_are_recorded_and_reused() -> None:
    run = nnlab.train("spiral_mlp", ["train.epochs=2", "train.threads=2"])
    assert run.meta["threads"] == 2
    assert nnlab.evaluate(run)["test"] == run.summary["test"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_an_absent_device_is_reported() -> None:
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(DeviceError, match=r"use train\.device=cpu or train\.device=auto"):
        choose_device("cuda")


@pytest.mark.parametrize(("engine", "expected"), [("fused", True), ("autograd", False)])
def test_steps_without_autograd_are_taken_in_inference_mode(
    engine: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, add = [], MeanLoss.add

    def note(self: MeanLoss, losses: torch.Tensor, num_examples: int) -> None:
        seen.append(torch.is_inference_mode_enabled())
        add(self, losses, num_examples)

    monkeypatch.setattr(MeanLoss, "add", note)
    run = nnlab.train("spiral_mlp", ["train.epochs=2", f"train.engine={engine}"])
    assert set(seen) == {expected}
    assert not torch.is_inference_mode_enabled()
    assert run.probe_records[-1]["gradient_norms"]
