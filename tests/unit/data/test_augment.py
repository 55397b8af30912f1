"""Random flips and shifts: what they do, and that they depend on (seed, epoch, image) alone."""

from __future__ import annotations

import pytest
import torch

from nnlab.config.augment import AugmentConfig
from nnlab.data.augment import Augmentation, augmentation_of, hashed
from nnlab.data.batches import TrainBatches
from nnlab.data.types import Split
from nnlab.errors import KeyedError

BOTH = Augmentation(flip=True, crop=2)


def numbered(count: int, channels: int = 1, side: int = 6) -> Split:
    """Return images whose every pixel is another number."""
    pixels = torch.arange(count * channels * side * side).view(count, channels, side, side)
    return Split((pixels % 251).to(torch.uint8), torch.arange(count))


def batches_of(split: Split, seeds, *, size: int = 8, **options) -> TrainBatches:
    given = {"augmentation": BOTH, "shuffle": True, "dtype": torch.float32, **options}
    return TrainBatches(split, seeds=seeds, batch_size=size, **given)


def epoch_of(batches: TrainBatches, epoch: int, start: int = 0) -> list[torch.Tensor]:
    return [inputs.clone() for inputs, _ in batches.epoch(epoch, start)]


def in_order_of_images(batches: TrainBatches, epoch: int) -> torch.Tensor:
    """Return the augmented images of the first replica by their numbers."""
    parts = [(inputs[0].clone(), targets[0].clone()) for inputs, targets in batches.epoch(epoch)]
    images, numbers = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return images[numbers.argsort()]


def test_every_image_is_a_shift_of_its_reflection_or_of_its_mirror_image():
    images = torch.rand(1, 300, 3, 5, 7)

    found = BOTH.augmented(images, torch.arange(300)[None], [4], 1)[0]

    padded = torch.nn.functional.pad(images[0], (2, 2, 2, 2), mode="reflect")
    crops = [padded[..., y : y + 5, x : x + 7] for y in range(5) for x in range(5)]
    choices = torch.stack([*crops, *(crop.flip(-1) for crop in crops)])  # (50, N, C, H, W)
    is_choice = (choices == found).all((2, 3, 4))  # (50, N)
    assert is_choice.any(0).all()
    assert is_choice.any(1).all(), "every shift and flip occurs"


@pytest.mark.parametrize(("flip", "crop"), [(True, 0), (False, 1)])
def test_flips_and_shifts_are_drawn_evenly(flip, crop):
    images = torch.arange(9.0).view(1, 1, 1, 3, 3).expand(1, 9000, 1, 3, 3)

    found = Augmentation(flip, crop).augmented(images, torch.arange(9000)[None], [0], 0)

    _, counts = found.flatten(2)[0].unique(dim=0, return_counts=True)
    expected = 9000 / (2 if flip else 9)
    assert len(counts) == (2 if flip else 9)
    assert (counts - expected).abs().max() < 5 * expected**0.5


def test_hashes_are_those_of_splitmix64():
    # The first output of splitmix64.c by Vigna (prng.di.unimi.it) for the seed 1234567.
    state = (1234567 + 0x9E3779B97F4A7C15) % 2**64

    found = hashed(torch.tensor(state - 2**64))

    assert found.item() == 6457827717110365317


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("size", [8, 20])
def test_a_replica_sees_the_same_bytes_alone_and_among_others(shuffle, size):
    split = numbered(20)
    together = epoch_of(batches_of(split, [3, 7, 9], size=size, shuffle=shuffle), 2)

    for index, seed in enumerate([3, 7, 9]):
        alone = epoch_of(batches_of(split, [seed], size=size, shuffle=shuffle), 2)
        for batch, own in zip(together, alone, strict=True):
            assert torch.equal(batch[index], own[0])
    assert not torch.equal(together[0][0], together[0][1])


def test_an_image_is_changed_alike_in_any_batch():
    split = numbered(20)

    small = in_order_of_images(batches_of(split, [5], size=3), 4)
    whole = in_order_of_images(batches_of(split, [5], size=20), 4)

    assert torch.equal(small, whole)


def test_an_epoch_goes_on_where_it_was_interrupted():
    split = numbered(20)
    whole = epoch_of(batches_of(split, [0]), 1)

    rest = epoch_of(batches_of(split, [0]), 1, start=1)

    assert all(map(torch.equal, rest, whole[1:]))


def test_epochs_and_seeds_differ():
    split = numbered(40)
    first = in_order_of_images(batches_of(split, [0]), 0)

    for other in (
        in_order_of_images(batches_of(split, [0]), 1),
        in_order_of_images(batches_of(split, [1]), 0),
    ):
        assert not torch.equal(first, other)


def test_the_images_of_a_varied_split_are_numbered_by_replica():
    parts = [numbered(12), numbered(12)]
    varied = Split.stack(parts)

    together = epoch_of(batches_of(varied, [1, 2]), 0)

    for index, seed in enumerate([1, 2]):
        alone = epoch_of(batches_of(parts[index], [seed]), 0)
        for batch, own in zip(together, alone, strict=True):
            assert torch.equal(batch[index], own[0])


def test_bytes_and_floats_are_changed_alike():
    split = numbered(10)
    floats = Split(split.inputs.float() / 255, split.targets)

    found = [epoch_of(batches_of(part, [0]), 0) for part in (split, floats)]

    assert all(torch.allclose(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize(
    ("config", "shape", "text"),
    [
        (AugmentConfig(flip=True), (5,), "inputs of 5 numbers are no images"),
        (AugmentConfig(normalize=True), (5,), "inputs of 5 numbers are no images"),
        (AugmentConfig(crop=8), (1, 8, 9), "images of 8 pixels a side cannot be shifted by 8"),
    ],
)
def test_what_cannot_be_augmented_is_refused(config, shape, text):
    with pytest.raises(KeyedError, match=text):
        augmentation_of(config, shape)


def test_nothing_is_done_unless_it_is_asked_for():
    for config in (None, AugmentConfig(), AugmentConfig(normalize=True)):
        assert augmentation_of(config, (1, 8, 8)) is None
