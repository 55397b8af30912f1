"""The scale in which the targets of a regression are learned."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from nnlab.config.datasets import RegressionConfig
from nnlab.config.tables import CSVConfig
from nnlab.data.prepare import fit_target_scale, prepare
from nnlab.data.targets import check_numbers
from nnlab.data.types import Examples
from nnlab.errors import DataError

DRAWS = np.random.default_rng(0).normal(size=500)
TARGETS = {
    "house prices": 250_000 + 80_000 * DRAWS,
    "timestamps": 1.7e9 + 1000 * DRAWS,
    "negative": -3e6 + DRAWS,
    "rates": 1e-7 * DRAWS,
    "skewed": np.exp(3 * DRAWS),
    "counts": np.round(5 * np.abs(DRAWS)),
}
every_target = pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS.keys())


def prepared(targets, **options):
    config = CSVConfig(path="t.csv", target="y", task="regression", **options)
    examples = Examples(np.zeros((len(targets), 1)), targets, feature_names=("x",), sha256="")
    kwargs = {"device": torch.device("cpu"), "dtype": torch.float32}
    return prepare(examples, config, seeds=(0, 1, 2), **kwargs)


@every_target
def test_the_scale_is_that_of_scikit_learn(targets):
    scaler = StandardScaler().fit(targets[:, None])
    wrapped = TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler())
    wrapped.fit(np.zeros((len(targets), 1)), targets)

    scale = fit_target_scale(targets, "y")

    for expected in (scaler, wrapped.transformer_):
        np.testing.assert_allclose(scale.mean.item(), expected.mean_[0], rtol=1e-12)
        np.testing.assert_allclose(scale.std.item(), expected.scale_[0], rtol=1e-12)


@every_target
def test_a_scaled_value_is_restored_with_every_digit_of_its_deviation(targets):
    scale = fit_target_scale(targets, "y")
    values = torch.from_numpy(targets)
    learned = scale.standardized(values).float()  # as the network's outputs are
    assert (scale.restored(learned) - values).abs().max() < 1e-6 * targets.std()


@pytest.mark.parametrize("value", [0.0, 0.1, -7.5, 1.7e9], ids=str)
def test_a_constant_target_is_zero_in_its_scale(value):
    targets = np.full(30, value)
    scale = fit_target_scale(targets, "y")
    assert (scale.mean.item(), scale.std.item()) == (value, 1.0)
    assert not scale.standardized(torch.from_numpy(targets)).any()


def test_deviations_whose_squares_vanish_are_scaled():
    scale = fit_target_scale(np.array([-1e-200, 1e-200]), "y")
    assert scale.std.item() == pytest.approx(1e-200)


def test_targets_whose_squares_overflow_are_refused():
    with pytest.raises(DataError, match=r"y has values too large to square .* up to 1e\+200"):
        fit_target_scale(np.array([1.0, -1e200]), "y")


def test_the_scale_is_fitted_on_the_training_split_only():
    dataset = prepared(TARGETS["house prices"])
    scale = dataset.preprocessing.target
    assert scale.mean.item() == pytest.approx(dataset.train.targets.mean().item(), rel=1e-14)
    learned = dataset.to_learn(torch.float32).targets
    assert learned.dtype == torch.float32
    assert learned.mean().item() == pytest.approx(0, abs=1e-6)
    assert learned.std(correction=0).item() == pytest.approx(1, abs=1e-6)


@every_target
def test_splits_keep_every_digit_of_the_targets(targets):
    dataset = prepared(targets)
    kept = torch.cat([split.targets for split in dataset.splits.values()]).sort().values
    assert kept.tolist() == np.sort(targets).tolist()


def test_each_replica_of_a_varied_split_has_its_own_scale():
    dataset = prepared(TARGETS["skewed"], split={"vary": True})
    learned = dataset.to_learn(torch.float64).targets
    assert len(set(dataset.preprocessing.target.mean.flatten().tolist())) == 3
    torch.testing.assert_close(learned.mean(-1), torch.zeros(3).double())
    torch.testing.assert_close(learned.std(-1, correction=0), torch.ones(3).double())
    for replica in range(3):
        mean = dataset.train.targets[replica].mean()
        assert dataset.preprocessing.of(replica).target.mean.item() == pytest.approx(mean.item())


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (CSVConfig(path="t.csv", target="y", task="regression"), True),
        (CSVConfig(path="t.csv", target="y", task="regression", standardize_target=False), False),
        (CSVConfig(path="t.csv", target="y"), False),
        (RegressionConfig(), False),
        (RegressionConfig(standardize_target=True), True),
    ],
    ids=["table", "table: false", "classes", "generated", "generated: true"],
)
def test_auto_standardises_the_numbers_of_tables(config, expected):
    assert config.standardizes_target is expected


def test_a_target_that_is_not_standardised_has_the_type_of_the_features():
    dataset = prepared(TARGETS["counts"], standardize_target=False)
    assert dataset.preprocessing.target is None
    assert dataset.train.targets.dtype == torch.float32
    assert dataset.to_learn(torch.float32) is dataset.train


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((5.0, 5.0, 5.0), "column 'y' is 5 in all 3 rows: there is nothing to predict"),
        ((1e300, -1e300, 2.0), r"too large to square in float64: -1e\+300 to 1e\+300; divide"),
        ((1e-300, 2e-300, 3e-300), "too small to square in float64: 1e-300 to 3e-300; multiply"),
        ((5e-324, 0.0, 1e-320), "too small to square in float64: 0 to"),
        ((1e160, 1.0, 2.0), "too large to square"),
    ],
)
@pytest.mark.parametrize("standardized", [True, False])
def test_a_target_that_cannot_be_measured_is_refused(
    values: tuple[float, ...], expected: str, standardized: bool
) -> None:
    config = CSVConfig(path="t.csv", target="y", task="regression", standardize_target=standardized)
    examples = SimpleNamespace(targets=np.array(values), class_names=())

    with pytest.raises(DataError, match=expected):
        check_numbers(config, examples)


@pytest.mark.parametrize("values", [(1e12, 1e12 + 1e-3), (1e150, 0.0), (0.0, 1e-150), (0.1, 0.2)])
def test_a_target_of_any_other_scale_is_measured(values: tuple[float, ...]) -> None:
    config = CSVConfig(path="t.csv", target="y", task="regression")

    check_numbers(config, SimpleNamespace(targets=np.array(values), class_names=()))
