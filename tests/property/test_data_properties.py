from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from nnlab.config.splits import RandomSplitConfig, SplitConfig
from nnlab.config.tables import CSVConfig
from nnlab.data.batches import TrainBatches, as_float, eval_batches
from nnlab.data.prepare import prepare
from nnlab.data.splits.split import Indices, split_indices
from nnlab.data.types import Examples, Split
from nnlab.errors import DataError

# Always the same examples and no limit of time: a slow machine must not fail a test.
quick = settings(deadline=None, database=None, derandomize=True, max_examples=100)

SEEDS = st.integers(0, 2**32 - 1)
FRACTIONS = st.floats(0, 1, exclude_max=True)


@st.composite
def splits(draw) -> SplitConfig:
    test = draw(st.sampled_from(["official", "pooled"]) | FRACTIONS)
    order = draw(st.sampled_from(["random", "sequential"]))
    return SplitConfig(
        test=test, val=draw(FRACTIONS), order=order, seed=draw(SEEDS), stratify=draw(st.booleans())
    )


@st.composite
def all_targets(draw) -> np.ndarray:
    num_examples = draw(st.integers(1, 300))
    generator = np.random.default_rng(draw(SEEDS))
    if draw(st.booleans()):
        return generator.normal(size=num_examples)
    return generator.integers(draw(st.integers(1, 12)), size=num_examples)


def copies(batches, epoch):
    """Return an epoch's batches; each is overwritten by the next."""
    return [(inputs.clone(), targets.clone()) for inputs, targets in batches.epoch(epoch)]


def divided(config, targets, num_official_test: int = 0) -> Indices:
    """Divide examples, and pass over the cases that leave none to train on."""
    try:
        return split_indices(config, targets, num_official_test)
    except DataError:
        reject()


def numbered(num_examples: int) -> Split:
    """Return a part whose targets say which example it is, and whose inputs hold it twice."""
    numbers = torch.arange(num_examples)
    return Split(torch.stack([numbers, -numbers], 1).float(), numbers)


def batches_of(part: Split, seeds, batch_size: int, *, shuffle: bool = True) -> TrainBatches:
    return TrainBatches(
        part, seeds=seeds, batch_size=batch_size, shuffle=shuffle, dtype=torch.float32
    )


def targets_of(batches: TrainBatches, epoch: int, start: int = 0) -> list[torch.Tensor]:
    return [targets.clone() for _, targets in batches.epoch(epoch, start)]


@quick
@given(splits(), all_targets(), st.integers(0, 300))
def test_parts_are_a_partition_of_the_examples(config, targets, num_official_test):
    num_official_test = min(num_official_test, len(targets))

    indices = divided(config, targets, num_official_test)

    parts = [indices.train, indices.val, indices.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(targets)))
    assert len(indices.train) > 0
    if config.test == "official":
        first = len(targets) - num_official_test
        assert indices.test.tolist() == list(range(first, len(targets)))


@quick
@given(splits(), all_targets())
def test_a_split_depends_on_its_config_and_the_targets_alone(config, targets):
    num_official_test = len(targets) // 2
    first = divided(config, targets, num_official_test)
    np.random.standard_normal(5)  # noqa: NPY002 - the global generator is what must not matter

    second = split_indices(config, targets.copy(), num_official_test)

    for name, part in vars(first).items():
        assert np.array_equal(part, vars(second)[name])


@quick
@given(st.integers(1, 300), st.floats(0, 0.45), st.floats(0, 0.45))
def test_a_sequential_split_puts_train_before_val_before_test(num_examples, val, test):
    config = RandomSplitConfig(test=test, val=val, order="sequential")
    indices = divided(config, np.zeros(num_examples))

    joined = np.concatenate([indices.train, indices.val, indices.test])
    assert joined.tolist() == list(range(num_examples))


@quick
@given(all_targets(), st.floats(0, 0.45), st.floats(0, 0.45), SEEDS)
def test_held_out_sizes_match_the_fractions(targets, val, test, seed):
    config = RandomSplitConfig(test=test, val=val, seed=seed)
    indices = divided(config, targets)

    assert -1e-6 < len(indices.test) - test * len(targets) < 1 + 1e-6
    assert abs(len(indices.val) - val * len(targets)) < 1 + 1e-6


@quick
@given(
    st.integers(1, 200),
    st.integers(1, 250),
    st.lists(SEEDS, min_size=1, max_size=4),
    st.integers(0, 1000),
    st.booleans(),
)
def test_an_epoch_yields_each_example_exactly_once_per_replica(
    num_examples, batch_size, seeds, epoch, shuffle
):
    part = numbered(num_examples)
    batches = batches_of(part, seeds, batch_size, shuffle=shuffle)

    seen = copies(batches, epoch)

    assert len(seen) == batches.num_batches
    sizes = [targets.shape for _, targets in seen]
    assert all(shape == (len(seeds), min(batch_size, num_examples)) for shape in sizes[:-1])
    inputs = torch.cat([inputs for inputs, _ in seen], dim=1)
    targets = torch.cat([targets for _, targets in seen], dim=1)
    for replica in range(len(seeds)):
        assert sorted(targets[replica].tolist()) == list(range(num_examples))
        assert torch.equal(inputs[replica], part.inputs[targets[replica]])


@quick
@given(st.integers(2, 120), st.integers(1, 40), SEEDS, st.integers(0, 50), st.data())
def test_beginning_at_a_batch_yields_the_rest_of_the_epoch(
    num_examples, batch_size, seed, epoch, data
):
    part = numbered(num_examples)
    whole = targets_of(batches_of(part, [seed, 7], batch_size), epoch)
    start = data.draw(st.integers(0, len(whole)))

    rest = targets_of(batches_of(part, [seed, 7], batch_size), epoch, start)

    assert [batch.tolist() for batch in rest] == [batch.tolist() for batch in whole[start:]]


@quick
@given(st.integers(2, 120), st.integers(1, 40), SEEDS, st.integers(0, 50))
def test_the_order_of_an_epoch_does_not_depend_on_earlier_epochs(
    num_examples, batch_size, seed, epoch
):
    batches = batches_of(numbered(num_examples), [seed], batch_size)
    fresh = targets_of(batches, epoch)
    torch.rand(3)  # the global generator is what must not matter
    for earlier in (epoch + 1, 0, 3):
        next(batches.epoch(earlier))

    again = targets_of(batches, epoch)

    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in fresh]


@quick
@given(SEEDS, st.integers(0, 1000))
def test_every_epoch_and_every_seed_has_an_order_of_its_own(seed, epoch):
    batches = batches_of(numbered(100), [seed, (seed + 1) % 2**32], 50)

    here = torch.cat(targets_of(batches, epoch), dim=1)
    later = torch.cat(targets_of(batches, epoch + 1), dim=1)

    # Two random orders of 100 examples are never equal in practice: 1 in 100!.
    assert not torch.equal(here[0], here[1])
    assert not torch.equal(here[0], later[0])


@quick
@given(
    st.integers(2, 120),
    st.integers(1, 60),
    st.lists(SEEDS, min_size=2, max_size=5, unique=True),
    st.integers(0, 20),
)
def test_a_replica_sees_the_batches_it_would_see_alone(num_examples, batch_size, seeds, epoch):
    part = numbered(num_examples)
    together = copies(batches_of(part, seeds, batch_size), epoch)

    for replica, seed in enumerate(seeds):
        alone = copies(batches_of(part, [seed], batch_size), epoch)
        for (inputs, targets), (all_inputs, all_targets) in zip(alone, together, strict=True):
            assert torch.equal(targets[0], all_targets[replica])
            assert torch.equal(inputs[0], all_inputs[replica])


@quick
@given(st.integers(1, 100), st.integers(1, 40), st.integers(1, 10), SEEDS)
def test_a_limit_of_batches_keeps_the_first_ones(num_examples, batch_size, limit, seed):
    part = numbered(num_examples)
    whole = targets_of(batches_of(part, [seed], batch_size), 0)

    limited = TrainBatches(
        part,
        seeds=[seed],
        batch_size=batch_size,
        shuffle=True,
        dtype=torch.float32,
        limit_batches=limit,
    )

    assert limited.num_batches == min(limit, len(whole))
    kept = [batch.tolist() for batch in targets_of(limited, 0)]
    assert kept == [batch.tolist() for batch in whole[:limit]]


@settings(quick, max_examples=25)
@given(st.integers(1, 3500))
def test_evaluation_drops_no_example_and_keeps_the_order(num_examples):
    part = numbered(num_examples)

    batches = list(eval_batches(part, torch.float64))

    assert torch.equal(torch.cat([targets for _, targets in batches]), part.targets)
    assert torch.equal(torch.cat([inputs for inputs, _ in batches]), part.inputs.double())


def test_pixels_become_exactly_themselves_divided_by_255():
    pixels = torch.arange(256, dtype=torch.uint8)

    for dtype, numpy_dtype in ((torch.float32, np.float32), (torch.float64, np.float64)):
        expected = np.arange(256).astype(numpy_dtype) / numpy_dtype(255)
        assert as_float(pixels, dtype).numpy().tobytes() == expected.tobytes()
    assert pixels.tolist() == list(range(256))


@quick
@given(st.integers(1, 30), st.integers(1, 40), SEEDS)
def test_pixels_of_batches_and_of_evaluation_are_scaled_alike(num_examples, batch_size, seed):
    generator = np.random.default_rng(seed)
    pixels = torch.from_numpy(generator.integers(256, size=(num_examples, 1, 2, 2), dtype=np.uint8))
    part = Split(pixels, torch.arange(num_examples))
    expected = pixels.numpy().astype(np.float32) / np.float32(255)

    for inputs, targets in batches_of(part, [seed], batch_size).epoch(0):
        assert inputs[0].numpy().tobytes() == expected[targets[0]].tobytes()
    for inputs, targets in eval_batches(part, torch.float32):
        assert inputs.numpy().tobytes() == expected[targets].tobytes()
    assert part.inputs.dtype == torch.uint8


@quick
@given(
    st.integers(2, 80), st.integers(1, 4), st.floats(0, 0.4), st.floats(0, 0.4), SEEDS, st.data()
)
def test_standardisation_knows_the_training_part_only(
    num_examples, num_features, val, test, seed, data
):
    generator = np.random.default_rng(seed)
    inputs = generator.normal(5, 3, size=(num_examples, num_features))
    targets = np.arange(num_examples) % 2
    split = {"test": test, "val": val, "seed": seed, "stratify": data.draw(st.booleans())}
    config = CSVConfig(path="-", target="y", split=split)
    indices = divided(config.split, targets)
    for wanted, part in ((val, indices.val), (test, indices.test)):
        if wanted and not len(part):
            reject()  # nnlab refuses to train on it
    elsewhere = inputs.copy()
    held_out = np.concatenate([indices.val, indices.test])
    elsewhere[held_out] = generator.normal(-100, 50, size=(len(held_out), num_features))

    first, second = (
        prepare(
            Examples(
                features,
                targets,
                class_names=("a", "b"),
                feature_names=("x",) * num_features,
                sha256="",
            ),
            config,
            device=torch.device("cpu"),
            dtype=torch.float64,
        )
        for features in (inputs, elsewhere)
    )

    assert torch.equal(first.train.inputs, second.train.inputs)
    assert first.preprocessing.mean.tobytes() == second.preprocessing.mean.tobytes()
    assert first.preprocessing.std.tobytes() == second.preprocessing.std.tobytes()
    expected_mean = inputs[indices.train].mean(axis=0)
    np.testing.assert_allclose(first.preprocessing.mean, expected_mean, rtol=1e-12)
