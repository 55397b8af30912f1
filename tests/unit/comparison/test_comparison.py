"""The statistics of a comparison, against scipy, closed forms, enumeration and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from nnlab.comparison.intervals import Components, Interval, components, student
from nnlab.comparison.pairs import (
    compare_pair,
    corrected,
    holm,
    largest_unseen_share,
    mcnemar_p_value,
    sign_flip_p_value,
)
from nnlab.comparison.planning import plan, power
from nnlab.comparison.scores import Predictions, scores
from nnlab.comparison.sequential import PRIOR, anytime_interval, anytime_reach, least_reach
from nnlab.tasks import Classification, Regression

GENERATOR = np.random.default_rng(3)


def crossed(generator, num_seeds=5, num_examples=200, seeds=1.0, examples=2.0, noise=3.0):
    """Return a table of crossed Gaussian effects with mean 0."""
    return (
        generator.normal(0, seeds, (num_seeds, 1))
        + generator.normal(0, examples, num_examples)
        + generator.normal(0, noise, (num_seeds, num_examples))
    )


def test_components_are_unbiased() -> None:
    found = [components(crossed(GENERATOR, 4, 50)) for _ in range(3000)]
    truth = {"seeds": 1 / 4 + 9 / 200, "examples": 4 / 50 + 9 / 200, "cross": 9 / 200}
    for name, expected in truth.items():
        mean = np.mean([getattr(c, name) for c in found])
        assert mean == pytest.approx(expected, rel=0.05), name


def test_with_equal_examples_the_interval_is_students_over_seeds() -> None:
    by_seed = np.array([0.1, 0.3, 0.2, 0.5])
    table = np.repeat(by_seed[:, None], 30, axis=1)
    found = components(table)
    expected = stats.ttest_1samp(by_seed, 0)
    limits = expected.confidence_interval(0.95)
    assert found.interval() == Interval(
        pytest.approx(limits.low, rel=1e-12), pytest.approx(limits.high, rel=1e-12)
    )
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.degrees_of_freedom == pytest.approx(3)


def test_with_equal_seeds_the_interval_is_students_over_examples() -> None:
    by_example = GENERATOR.normal(0.2, 1, 40)
    found = components(np.repeat(by_example[None], 3, axis=0))
    limits = stats.ttest_1samp(by_example, 0).confidence_interval(0.95)
    assert (found.interval().low, found.interval().high) == pytest.approx((limits.low, limits.high))


def test_the_degrees_of_freedom_are_never_fewer_than_those_of_the_seeds() -> None:
    found = Components(mean=1.0, seeds=1.0, examples=1.0, cross=1.0, num_seeds=5, num_examples=6)
    assert found.variance == 1.0
    assert found.degrees_of_freedom == 4


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_components_need_two_of_each(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="two seeds and two examples are needed, not"):
        components(np.zeros(shape))


def test_no_difference_at_all_has_a_p_value_of_one() -> None:
    assert components(np.zeros((3, 10))).p_value == 1.0
    assert components(np.ones((3, 10))).p_value == 0.0


def test_one_value_has_no_interval() -> None:
    assert student(np.array([0.5])) is None


@pytest.mark.parametrize("num_seeds", [2, 5, 9])
def test_sign_flips_are_enumerated(num_seeds: int) -> None:
    values = GENERATOR.normal(0.4, 1, num_seeds)
    means = [
        abs(np.mean(np.array(signs) * values))
        for signs in itertools.product([-1, 1], repeat=num_seeds)
    ]
    expected = np.mean(np.array(means) >= abs(values.mean()) - 1e-12)
    assert sign_flip_p_value(values) == pytest.approx(expected)


def test_five_seeds_cannot_give_a_sign_flip_p_below_a_sixteenth() -> None:
    assert sign_flip_p_value(np.array([1.0, 1.1, 1.2, 0.9, 1.0])) == pytest.approx(0.0625)
    assert sign_flip_p_value(np.linspace(1, 2, 6)) == pytest.approx(0.03125)


def test_mcnemar_counts_disagreements_only() -> None:
    first = np.array([True] * 6 + [True] * 10 + [False] * 10)
    second = np.array([False] * 6 + [True] * 10 + [False] * 10)
    assert mcnemar_p_value(first, second) == pytest.approx(2 * 0.5**6)
    assert mcnemar_p_value(first, first) == 1.0


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.7, 0.9]) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("num_seeds", "risk"), [(5, 0.05), (12, 0.025), (40, 0.05)])
def test_the_anytime_reach_is_where_the_bayes_factor_reaches_one_over_the_risk(
    num_seeds: int, risk: float
) -> None:
    t, freedom = anytime_reach(num_seeds, risk), num_seeds - 1

    def mixture(effect: float) -> float:
        shifted = stats.nct.pdf(t, freedom, math.sqrt(num_seeds) * effect)
        return float(shifted * stats.norm.pdf(effect, scale=math.sqrt(PRIOR)))

    factor = integrate.quad(mixture, -20, 20, limit=500, points=[0, t / math.sqrt(num_seeds)])[0]
    assert factor / stats.t.pdf(t, freedom) == pytest.approx(1 / risk, rel=1e-4)


def test_the_anytime_interval_is_endless_at_first_and_wider_than_students_later() -> None:
    table = crossed(GENERATOR, 30, 100)
    assert anytime_interval(table[:2]).width == math.inf
    widths = [anytime_interval(table[:n]).width for n in (6, 12, 30)]
    assert widths[0] > widths[1] > widths[2] > components(table).interval().width


def test_the_anytime_interval_gives_half_the_risk_to_the_seeds_and_half_to_the_examples() -> None:
    table = crossed(GENERATOR, 12, 80)
    reach = anytime_reach(12, 0.025) * stats.sem(table.mean(1))
    reach += stats.norm.ppf(1 - 0.025 / 2) * stats.sem(table.mean(0))
    found = anytime_interval(table)
    assert (found.low, found.high) == pytest.approx((table.mean() - reach, table.mean() + reach))


def test_noise_of_single_answers_is_no_limit_of_the_test_examples() -> None:
    """It shrinks with seeds, so that it is worth adding them."""
    table = crossed(GENERATOR, 5, 400, seeds=0.1, examples=0.01, noise=5.0)
    parts = components(table)
    assert least_reach(parts) < 0.5 * stats.norm.ppf(0.9875) * math.sqrt(parts.examples)
    examples = components(crossed(GENERATOR, 5, 400, seeds=0.1, examples=5.0, noise=0.1))
    expected = stats.norm.ppf(0.9875) * math.sqrt(examples.examples)
    assert least_reach(examples) == pytest.approx(expected, rel=0.01)


def test_as_many_seeds_as_in_the_pilot_have_its_variance() -> None:
    pilot = components(crossed(GENERATOR, 5, 60, seeds=0.5, examples=0.5, noise=5.0))
    limit = stats.t.ppf(0.975, pilot.degrees_of_freedom)
    shift = 1.5 / math.sqrt(pilot.variance)
    assert power(pilot, 1.5, 5) == pytest.approx(
        stats.nct.sf(limit, pilot.degrees_of_freedom, shift)
    )


def test_planned_seeds_are_the_fewest_with_enough_power() -> None:
    pilot = components(crossed(GENERATOR, 5, 2000, seeds=0.1, examples=0.1, noise=0.1))
    found = plan(pilot, 0.1)
    assert found.num_seeds is not None
    assert power(pilot, 0.1, found.num_seeds) >= 0.8 > power(pilot, 0.1, found.num_seeds - 1)
    assert found.num_seeds_cautious > found.num_seeds


def test_planned_power_is_that_of_simulated_comparisons() -> None:
    sizes = {"seeds": 0.3, "examples": 1.0, "noise": 1.0}
    expected = Components(
        mean=0.0,
        seeds=0.09 / 50 + 1 / (50 * 400),
        examples=1 / 400 + 1 / (50 * 400),
        cross=1 / (50 * 400),
        num_seeds=50,
        num_examples=400,
    )
    trials = [components(0.4 + crossed(GENERATOR, 8, 400, **sizes)) for _ in range(600)]
    seen = np.mean([trial.p_value < 0.05 for trial in trials])
    assert power(expected, 0.4, 8) == pytest.approx(seen, abs=0.05)


def test_a_difference_below_what_the_examples_can_show_has_no_plan() -> None:
    pilot = components(crossed(GENERATOR, 5, 50, seeds=0.01, examples=1.0, noise=0.1))
    found = plan(pilot, 0.01)
    assert found.num_seeds is None
    assert found.smallest > 0.3


CLASSES = Classification(("a", "b", "c"), torch.nn.CrossEntropyLoss(reduction="none"))
VALUES = Regression(lambda preds, values: (preds - values).square())


def classified(num_examples: int = 400) -> Predictions:
    generator = torch.Generator().manual_seed(5)
    targets = torch.randint(3, (num_examples,), generator=generator)
    logits = torch.randn(4, num_examples, 3, generator=generator)
    logits += 2 * torch.nn.functional.one_hot(targets, 3)
    return Predictions(logits, targets, CLASSES, has_class_weights=False)


def valued() -> Predictions:
    generator = torch.Generator().manual_seed(5)
    targets = torch.randn(200, generator=generator)
    logits = targets + 0.3 * torch.randn(4, 200, generator=generator)
    return Predictions(logits, targets, VALUES, has_class_weights=False)


@pytest.mark.parametrize(
    ("predictions", "metric"),
    [(classified(), "accuracy"), (classified(), "loss"), (valued(), "mse"), (valued(), "mae")],
    ids=["accuracy", "loss", "mse", "mae"],
)
def test_scores_average_to_the_metric(predictions: Predictions, metric: str) -> None:
    logits = predictions.logits if predictions.logits.dim() == 3 else predictions.logits[..., None]
    metrics = predictions.task.metrics(predictions.task.sums(logits, predictions.targets))
    expected = [replica[metric] for replica in metrics]
    assert scores(predictions, metric).mean(1) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("predictions", "metric"),
    [(classified(), "f1"), (classified(), "precision"), (valued(), "r2")],
    ids=["f1", "precision", "r2"],
)
def test_pseudo_values_give_the_metric_and_its_spread_over_examples(
    predictions: Predictions, metric: str
) -> None:
    def metric_of(chosen: torch.Tensor) -> float:
        logits = predictions.logits[:1, chosen]
        logits = logits if logits.dim() == 3 else logits[..., None]
        sums = predictions.task.sums(logits, predictions.targets[chosen])
        return predictions.task.metrics(sums)[0][metric]

    number = len(predictions.targets)
    values = scores(predictions, metric)[0]
    assert values.mean() == pytest.approx(metric_of(torch.arange(number)), abs=0.01)
    generator = torch.Generator().manual_seed(1)
    redrawn = [metric_of(torch.randint(number, (number,), generator=generator)) for _ in range(500)]
    assert stats.sem(values) == pytest.approx(np.std(redrawn), rel=0.3)


def test_pseudo_values_leave_no_example_out() -> None:
    """Of a mean, the pseudo-values are the groups' means."""
    predictions = classified(100)
    recall = scores(predictions, "recall")  # weighted recall is accuracy
    assert recall.shape == (4, 50)
    assert recall.mean(1) == pytest.approx(scores(predictions, "accuracy").mean(1))


def pair_of(first: np.ndarray, second: np.ndarray, **options: object):
    tables = (first.astype(float), second.astype(float))
    return compare_pair(("a", "b"), tables, hits=(first, second), **options)


def test_one_seed_is_never_decided() -> None:
    first, second = np.ones((1, 500), bool), np.zeros((1, 500), bool)
    pair = pair_of(first, second)
    assert pair.difference == 1.0
    assert pair.method == "examples"
    assert not pair.is_decided
    assert (pair.p_value, pair.p_sign_flip, pair.effect_size) == (None, None, None)


def test_equal_answers_leave_room_for_what_the_examples_did_not_show() -> None:
    hits = np.ones((3, 100), bool)
    pair = pair_of(hits, hits)
    assert pair.interval == Interval(-largest_unseen_share(100), largest_unseen_share(100))
    assert largest_unseen_share(100) == pytest.approx(0.0295, abs=1e-4)
    assert not pair.is_decided


def test_several_pairs_share_the_risk() -> None:
    generator = np.random.default_rng(1)
    base = generator.random((5, 300))
    close = pair_of(base < 0.80, base < 0.765)
    far = pair_of(base < 0.80, base < 0.20)
    alone, together = corrected([close]), corrected([close, far, far])
    assert alone[0].p_value == close.p_value
    assert together[0].p_value == pytest.approx(close.p_value)
    assert together[1].p_value == pytest.approx(min(3 * far.p_value, 1))
