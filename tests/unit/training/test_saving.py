from __future__ import annotations

import pytest

import nnlab
from nnlab.errors import ConfigError
from nnlab.training import saving
from nnlab.training.saving import SavePlan


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets [s]."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    found = Clock()
    monkeypatch.setattr(saving, "time", found)
    return found


def save_for(seconds: float, plan: SavePlan, clock) -> None:
    with plan.measured():
        assert plan.is_saving
        clock.now += seconds
    assert not plan.is_saving


def test_steps_are_counted_from_the_beginning_of_the_run():
    plan = SavePlan(steps=3)
    assert [step for step in range(1, 10) if plan.is_due_after_step(step)] == [3, 6, 9]
    assert not plan.is_due_after_epoch(3)


def test_epochs_are_counted_from_the_beginning_of_the_run():
    plan = SavePlan(epochs=2)
    assert [epoch for epoch in range(1, 7) if plan.is_due_after_epoch(epoch)] == [2, 4, 6]
    assert not plan.is_due_after_step(2)


def test_seconds_are_counted_from_the_previous_save(clock):
    plan = SavePlan(seconds=30)
    clock.now += 29
    assert not plan.is_due_after_step(7)
    clock.now += 1
    assert plan.is_due_after_step(8)
    save_for(0.5, plan, clock)
    assert not plan.is_due_after_step(9)


def test_an_epoch_is_not_saved_while_saving_would_exceed_its_share(clock):
    plan = SavePlan(epochs=1, max_fraction=0.01)
    clock.now += 1
    assert not plan.is_due_after_epoch(1)
    clock.now += 1
    assert plan.is_due_after_epoch(2)
    save_for(0.1, plan, clock)
    clock.now += 9.9
    assert not plan.is_due_after_epoch(3)
    clock.now += 0.2
    assert plan.is_due_after_epoch(4)


@pytest.mark.parametrize(
    ("chosen", "steps"),
    [("{epochs: 2}", [12, 18]), ("{steps: 5}", [15, 18]), ("{epochs: 2, steps: 7}", [14, 18])],
)
def test_a_run_is_saved_as_its_experiment_asks(chosen: str, steps: list[int]) -> None:
    run = nnlab.train(
        "spiral_mlp",
        ["train.epochs=3", "train.batch_size=175", f"train.checkpoint_every={chosen}"],
    )
    files = sorted(path.name for path in run.checkpoints_dir.glob("*.safetensors"))
    assert files == [f"{step:09d}.safetensors" for step in steps]


def test_a_short_run_is_saved_once():
    run = nnlab.train("spiral_mlp", ["train.epochs=5"])
    assert len(list(run.checkpoints_dir.glob("*.safetensors"))) == 1


def test_a_checkpoint_interval_is_required():
    with pytest.raises(ConfigError, match="set epochs, steps or seconds, or remove it"):
        nnlab.train("spiral_mlp", ["train.checkpoint_every={}"])
