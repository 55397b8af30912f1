from __future__ import annotations

import math
import typing
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.config.resolve import build_schedule
from nnlab.config.schedules import (
    AnySchedule,
    ConstantConfig,
    CosineConfig,
    OneCycleConfig,
    PlateauConfig,
    StepConfig,
)
from nnlab.optim.schedules import with_warmup

NUM_STEPS, STEPS_PER_EPOCH = 100, 10


def make_schedule(config, num_steps=NUM_STEPS, steps_per_epoch=STEPS_PER_EPOCH):
    schedule = build_schedule(config, num_steps, steps_per_epoch)
    return with_warmup(schedule, config.warmup_steps)


def factors_of(scheduler, optimizer, num_steps):
    """Return the learning rates that a torch scheduler sets, step by step."""
    lrs = []
    for _ in range(num_steps):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return lrs


def make_optimizer(lr=1.0):
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    return torch.optim.SGD([parameter], lr=lr)


FACTORS = {
    "constant-first": (ConstantConfig(), 0, 1.0),
    "constant-middle": (ConstantConfig(), 50, 1.0),
    "constant-last": (ConstantConfig(), 99, 1.0),
    "plateau-first": (PlateauConfig(), 0, 1.0),
    "plateau-last": (PlateauConfig(), 99, 1.0),
    "step-first": (StepConfig(step_epochs=3, gamma=0.5), 0, 1.0),
    "step-before-the-change": (StepConfig(step_epochs=3, gamma=0.5), 29, 1.0),
    "step-at-the-change": (StepConfig(step_epochs=3, gamma=0.5), 30, 0.5),
    "step-middle": (StepConfig(step_epochs=3, gamma=0.5), 50, 0.5),
    "step-last": (StepConfig(step_epochs=3, gamma=0.5), 99, 0.125),
    "cosine-first": (CosineConfig(), 0, 1.0),
    "cosine-quarter": (CosineConfig(), 25, (1 + math.sqrt(0.5)) / 2),
    "cosine-middle": (CosineConfig(), 50, 0.5),
    "cosine-last": (CosineConfig(), 99, (1 - math.cos(math.pi / 100)) / 2),
    "cosine-end": (CosineConfig(), 100, 0.0),
    "cosine-floor-middle": (CosineConfig(final_factor=0.2), 50, 0.6),
    "cosine-floor-end": (CosineConfig(final_factor=0.2), 100, 0.2),
    "one-cycle-first": (OneCycleConfig(rise=0.4, initial_factor=0.1), 0, 0.1),
    "one-cycle-rising": (OneCycleConfig(rise=0.4, initial_factor=0.1), 20, 0.55),
    "one-cycle-peak": (OneCycleConfig(rise=0.4, initial_factor=0.1), 40, 1.0),
    "one-cycle-falling": (OneCycleConfig(rise=0.4, final_factor=0.2), 70, 0.6),
    "one-cycle-end": (OneCycleConfig(rise=0.4, final_factor=0.2), 100, 0.2),
}


@pytest.mark.parametrize(("config", "step", "expected"), FACTORS.values(), ids=FACTORS.keys())
def test_factor_at_a_step(config, step, expected):
    schedule = make_schedule(config)

    factor = schedule(step)

    assert factor == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("final_factor", [0.0, 0.1], ids=["to-zero", "to-a-tenth"])
def test_cosine_equals_torchs_cosine_annealing(final_factor):
    optimizer = make_optimizer()
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, T_max=NUM_STEPS, eta_min=final_factor
    )
    schedule = make_schedule(CosineConfig(final_factor=final_factor))

    factors = [schedule(step) for step in range(NUM_STEPS)]

    assert factors == pytest.approx(factors_of(scheduler, optimizer, NUM_STEPS), abs=1e-12)


def test_step_equals_torchs_step_lr():
    optimizer = make_optimizer()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3 * STEPS_PER_EPOCH, gamma=0.5)
    schedule = make_schedule(StepConfig(step_epochs=3, gamma=0.5))

    factors = [schedule(step) for step in range(NUM_STEPS)]

    assert factors == pytest.approx(factors_of(scheduler, optimizer, NUM_STEPS), abs=1e-12)


@pytest.mark.parametrize("rise", [0.1, 0.3, 0.5, 0.77])
def test_one_cycle_equals_torchs_one_cycle(rise):
    # torch's last step is its end, and its peak is one step before pct_start * total_steps.
    total_steps = NUM_STEPS + 1
    optimizer = make_optimizer()
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=1.0,
        total_steps=total_steps,
        pct_start=(rise * NUM_STEPS + 1) / total_steps,
        div_factor=25.0,
        final_div_factor=1e4,
        cycle_momentum=False,
    )
    config = OneCycleConfig(rise=rise, initial_factor=1 / 25, final_factor=1 / 25 / 1e4)
    schedule = make_schedule(config)

    factors = [schedule(step) for step in range(NUM_STEPS)]

    assert factors == pytest.approx(factors_of(scheduler, optimizer, NUM_STEPS), abs=1e-12)


def test_one_cycle_has_torchs_factors_by_default():
    config = OneCycleConfig()

    factors = (config.rise, config.initial_factor, config.final_factor)

    assert factors == (0.3, 1 / 25, 1 / 25 / 1e4)


def test_warmup_rises_linearly_to_the_first_value():
    schedule = make_schedule(OneCycleConfig(initial_factor=0.5, warmup_steps=4))

    factors = [schedule(step) for step in range(5)]

    assert factors == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.5], rel=1e-12)


def test_schedule_begins_after_the_warmup():
    cold = make_schedule(CosineConfig())
    warm = make_schedule(CosineConfig(warmup_steps=7))

    factors = [warm(step + 7) for step in range(NUM_STEPS)]

    assert factors == [cold(step) for step in range(NUM_STEPS)]


def test_no_warmup_changes_nothing():
    schedule = make_schedule(CosineConfig())

    same = with_warmup(schedule, 0)

    assert same is schedule


def test_factor_depends_on_the_step_alone():
    schedule = make_schedule(OneCycleConfig(warmup_steps=5))
    forwards = [schedule(step) for step in range(NUM_STEPS)]

    backwards = [schedule(step) for step in reversed(range(NUM_STEPS))]

    assert backwards[::-1] == forwards


open_unit = st.floats(0, 1, exclude_min=True, exclude_max=True)
SETTINGS = {
    "step": st.fixed_dictionaries(
        {"step_epochs": st.integers(1, 50), "gamma": st.floats(0, 1, exclude_min=True)}
    ),
    "cosine": st.fixed_dictionaries({"final_factor": st.floats(0, 1, exclude_max=True)}),
    "one_cycle": st.fixed_dictionaries(
        {
            "rise": open_unit,
            "initial_factor": st.floats(0, 1, exclude_min=True),
            "final_factor": st.floats(0, 1, exclude_max=True),
        }
    ),
}
MEMBERS = typing.get_args(typing.get_args(AnySchedule)[0])


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.model_fields["name"].default)
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_factor_is_between_zero_and_one(member, data):
    name = member.model_fields["name"].default
    options = data.draw(SETTINGS.get(name, st.just({})))
    num_steps = data.draw(st.integers(1, 10_000), label="num_steps")
    warmup_steps = data.draw(st.integers(0, 100), label="warmup_steps")
    steps_per_epoch = data.draw(st.integers(1, 100), label="steps_per_epoch")
    step = data.draw(st.integers(0, num_steps + warmup_steps - 1), label="step")
    config = member(warmup_steps=warmup_steps, **options)
    schedule = make_schedule(config, num_steps, steps_per_epoch)

    factor = schedule(step)

    # Rounding may lift a cosine above its bound by the last bit.
    assert 0 <= factor <= 1 + 1e-15


@settings(deadline=None, max_examples=100)
@given(num_steps=st.integers(1, 1000), final_factor=st.floats(0, 1, exclude_max=True))
def test_cosine_never_rises_nor_goes_below_its_end(num_steps, final_factor):
    schedule = make_schedule(CosineConfig(final_factor=final_factor), num_steps)

    factors = [schedule(step) for step in range(num_steps + 1)]

    assert all(after <= before + 1e-15 for before, after in pairwise(factors))
    assert min(factors) >= final_factor - 1e-15


@settings(deadline=None, max_examples=100)
@given(num_steps=st.integers(1, 1000), rise=open_unit)
def test_one_cycle_rises_to_its_peak_and_falls(num_steps, rise):
    schedule = make_schedule(OneCycleConfig(rise=rise), num_steps)

    factors = [schedule(step) for step in range(num_steps + 1)]

    peak = max(range(len(factors)), key=factors.__getitem__)
    assert abs(peak - rise * num_steps) <= 1
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
