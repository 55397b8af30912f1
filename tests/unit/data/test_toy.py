from __future__ import annotations

import math

import numpy as np
import pytest

from nnlab.config.datasets import (
    BlobsConfig,
    RandomConfig,
    RegressionConfig,
    SpiralConfig,
    XORConfig,
)
from nnlab.data.tables.reader import read_table
from nnlab.data.toy import build_clusters, build_random, build_regression, build_spiral
from tests.helpers.tables import matrix

BUILDERS = {
    "spiral": (build_spiral, SpiralConfig),
    "xor": (build_clusters, XORConfig),
    "blobs": (build_clusters, BlobsConfig),
    "random": (build_random, RandomConfig),
    "regression": (build_regression, RegressionConfig),
}


def make(name: str, tmp_path, **options):
    build, config = BUILDERS[name]
    return build(config(**options), tmp_path)


def turned(examples) -> np.ndarray:
    """Return the angle of each point of a spiral beyond 4 k + 4 r, in (-pi, pi]."""
    radius = np.hypot(*examples.inputs.T)
    turn = np.array([0, 2, 1])[examples.targets]
    angle = np.arctan2(examples.inputs[:, 0], examples.inputs[:, 1])  # X1 is the sine
    return np.angle(np.exp(1j * (angle - 4 * turn - 4 * radius)))


def test_the_radius_of_every_spiral_arm_runs_evenly_from_0_to_1(tmp_path):
    examples = make("spiral", tmp_path)

    for arm in range(3):
        radius = np.hypot(*examples.inputs[examples.targets == arm].T)
        assert radius == pytest.approx(np.arange(500) / 499, abs=1e-12)


def test_a_spiral_without_noise_is_its_formula(tmp_path):
    examples = make("spiral", tmp_path, num_samples=12, noise=0.0)

    points = []
    for turn in (0, 2, 1):
        for radius in (0, 1 / 3, 2 / 3, 1):
            angle = 4 * turn + 4 * radius
            points.append([radius * math.sin(angle), radius * math.cos(angle)])
    assert examples.inputs == pytest.approx(np.array(points), abs=1e-15)
    assert examples.targets.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert examples.class_names == ("c1", "c2", "c3")
    assert examples.feature_names == ("X1", "X2")


@pytest.mark.parametrize("noise", [0.05, 0.2])
def test_the_noise_of_a_spiral_is_the_deviation_of_its_angle(tmp_path, noise):
    examples = make("spiral", tmp_path, num_samples=6000, noise=noise)

    away = turned(examples)[np.hypot(*examples.inputs.T) > 0]
    # Four standard errors of the mean and of the deviation of 6,000 normal numbers.
    assert away.mean() == pytest.approx(0, abs=4 * noise / math.sqrt(6000))
    assert away.std() == pytest.approx(noise, abs=4 * noise / math.sqrt(12000))


@pytest.mark.archives
def test_the_published_spiral_has_the_same_geometry(archives, tmp_path):
    table = read_table(archives / "spiral.csv")
    published, colours = matrix(table, ["X1", "X2"]), np.array(table.texts("color"))

    ours = make("spiral", tmp_path)

    for arm, name in enumerate(ours.class_names):
        x1, x2 = published[colours == name].T
        expected_x1, expected_x2 = ours.inputs[ours.targets == arm].T
        assert np.hypot(x1, x2) == pytest.approx(np.hypot(expected_x1, expected_x2), abs=1e-12)
        difference = np.arctan2(x1, x2) - np.arctan2(expected_x1, expected_x2)
        # Both angles carry noise of deviation 0.2: their mean distance is 0.2 * 2 / sqrt(pi).
        distance = np.abs(np.angle(np.exp(1j * difference)))
        assert distance.mean() == pytest.approx(0.226, abs=0.04)


@pytest.mark.parametrize(
    ("num_samples", "counts"),
    [(1500, [500, 500, 500]), (1501, [501, 500, 500]), (1502, [501, 501, 500]), (1, [1, 0, 0])],
)
def test_spiral_arms_share_the_points_as_evenly_as_can_be(tmp_path, num_samples, counts):
    examples = make("spiral", tmp_path, num_samples=num_samples)

    assert examples.inputs.shape == (num_samples, 2)
    assert np.bincount(examples.targets, minlength=3).tolist() == counts


@pytest.mark.parametrize("name", ["xor", "blobs"])
def test_clusters_are_the_draws_of_numpy_seed_42_round_four_centres(tmp_path, name):
    examples = make(name, tmp_path)

    generator = np.random.RandomState(42)
    centres = [(-3, -3), (-3, 3), (3, -3), (3, 3)]
    points = np.concatenate([generator.normal(size=(50, 2)) + c for c in centres])
    assert examples.inputs.tobytes() == points.tobytes()
    assert examples.feature_names == ("x1", "x2")
    assert examples.class_names == ("0", "1")


def test_the_class_of_xor_is_whether_exactly_one_coordinate_is_positive(tmp_path):
    examples = make("xor", tmp_path, num_samples=4000)

    expected = [int((x > 0) != (y > 0)) for x, y in examples.inputs]
    assert examples.targets.tolist() == expected
    assert examples.targets.dtype == np.int64


def test_the_class_of_blobs_is_whether_the_first_coordinate_is_positive(tmp_path):
    examples = make("blobs", tmp_path, num_samples=4000)

    assert examples.targets.tolist() == [int(x > 0) for x, _ in examples.inputs]
    assert examples.targets.dtype == np.int64


@pytest.mark.parametrize("name", ["xor", "blobs"])
def test_a_point_has_the_class_of_its_position_and_not_of_its_cluster(tmp_path, name):
    examples = make(name, tmp_path, num_samples=40_000)

    cluster = np.repeat(np.arange(4), 10_000)
    class_of_cluster = (cluster >= 2) if name == "blobs" else np.isin(cluster, [1, 2])
    # A unit normal number lies beyond 3 with probability 0.00135, on either of two sides for xor.
    crossed = (examples.targets != class_of_cluster).sum()
    assert 20 < crossed < 200


@pytest.mark.parametrize("name", ["xor", "blobs"])
def test_quadrant_features_are_a_one_hot_code_of_the_position_of_the_point(tmp_path, name):
    points = make(name, tmp_path, num_samples=400).inputs

    examples = make(name, tmp_path, num_samples=400, features="quadrants")

    signs = [(False, False), (False, True), (True, False), (True, True)]
    expected = [[float((x > 0, y > 0) == s) for s in signs] for x, y in points]
    assert examples.inputs.tolist() == expected
    assert examples.feature_names == ("q1", "q2", "q3", "q4")
    assert np.array_equal(examples.targets, make(name, tmp_path, num_samples=400).targets)


@pytest.mark.parametrize("num_samples", [1, 3, 203])
def test_clusters_can_have_any_number_of_points(tmp_path, num_samples):
    examples = make("xor", tmp_path, num_samples=num_samples)

    assert examples.inputs.shape == (num_samples, 2)
    assert examples.targets.shape == (num_samples,)


def test_random_points_fill_the_unit_cube_and_random_classes_are_even(tmp_path):
    examples = make("random", tmp_path, num_samples=9000, num_features=4, num_classes=3)

    assert examples.inputs.shape == (9000, 4)
    assert examples.inputs.min() >= 0
    assert examples.inputs.max() < 1
    # Five standard errors: of the mean of a uniform number, and of a count of 1/3 in 9,000.
    assert examples.inputs.mean(axis=0) == pytest.approx(0.5, abs=5 * 0.289 / math.sqrt(9000))
    counts = np.bincount(examples.targets)
    assert counts == pytest.approx(3000, abs=5 * math.sqrt(2000))
    assert len(counts) == 3
    assert examples.class_names == ("c1", "c2", "c3")
    assert examples.feature_names == ("X1", "X2", "X3", "X4")


def test_random_classes_do_not_depend_on_the_points(tmp_path):
    examples = make("random", tmp_path, num_samples=9000, num_classes=2)

    correlation = np.corrcoef(examples.inputs[:, 0], examples.targets)[0, 1]
    assert abs(correlation) < 5 / math.sqrt(9000)


def test_regression_without_noise_is_its_formula(tmp_path):
    examples = make("regression", tmp_path, num_samples=7, noise=0.0)

    xs = [-3, -2, -1, 0, 1, 2, 3]
    assert examples.inputs.tolist() == [[x] for x in xs]
    assert examples.targets.tolist() == pytest.approx([math.sin(math.cos(x**2)) for x in xs])
    assert examples.targets.dtype == np.float64
    assert examples.class_names == ()
    assert examples.feature_names == ("x",)


def test_the_noise_of_regression_is_added_to_the_values(tmp_path):
    clean = make("regression", tmp_path, num_samples=6000, noise=0.0)

    noisy = make("regression", tmp_path, num_samples=6000, noise=0.3)

    noise = noisy.targets - clean.targets
    assert np.array_equal(noisy.inputs, clean.inputs)
    assert noise.mean() == pytest.approx(0, abs=4 * 0.3 / math.sqrt(6000))
    assert noise.std() == pytest.approx(0.3, abs=4 * 0.3 / math.sqrt(12000))


@pytest.mark.parametrize("name", BUILDERS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_bytes(tmp_path, name):
    first, second = make(name, tmp_path, seed=7), make(name, tmp_path, seed=7)
    other = make(name, tmp_path, seed=8)

    assert first.inputs.tobytes() == second.inputs.tobytes()
    assert first.targets.tobytes() == second.targets.tobytes()
    assert first.sha256 == second.sha256
    changed = (first.inputs.tobytes(), first.targets.tobytes()) != (
        other.inputs.tobytes(),
        other.targets.tobytes(),
    )
    assert changed
    assert first.sha256 != other.sha256


@pytest.mark.parametrize("name", BUILDERS)
def test_data_do_not_depend_on_the_state_of_global_generators(tmp_path, name):
    first = make(name, tmp_path)
    np.random.standard_normal(3)  # noqa: NPY002 - the global generator is what must not matter

    assert make(name, tmp_path).sha256 == first.sha256


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("spiral", {"noise": 0.1}),
        ("spiral", {"num_samples": 1499}),
        ("xor", {"features": "quadrants"}),
        ("random", {"num_features": 3}),
        ("random", {"num_classes": 4}),
        ("regression", {"noise": 0.2}),
    ],
    ids=["noise", "size", "features", "more features", "more classes", "noise of targets"],
)
def test_the_digest_changes_with_the_data(tmp_path, name, options):
    assert make(name, tmp_path, **options).sha256 != make(name, tmp_path).sha256


def test_xor_and_blobs_share_points_but_not_the_digest(tmp_path):
    xor, blobs = make("xor", tmp_path), make("blobs", tmp_path)

    assert np.array_equal(xor.inputs, blobs.inputs)
    assert xor.sha256 != blobs.sha256
