"""Verdicts, intervals and notes never contradict each other, whatever the predictions are."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from nnlab.comparison.costs import Costs
from nnlab.comparison.pairs import compare_pair, corrected, holm_levels
from nnlab.comparison.result import Comparison, Row
from nnlab.comparison.words import about_all, pair_table, verdict
from nnlab.metrics import METRICS, is_fraction

NAMES = ("ann", "bob", "cem")
MEASURED = ("accuracy", "log_loss", "mse", "macro_f1", "ece")


def draw(generator: np.random.Generator) -> Comparison:
    """Return a comparison of two or three contenders with random answers, some of them nearly equal."""
    metric = str(generator.choice(MEASURED))
    shape = (int(generator.integers(1, 7)), int(generator.choice([2, 9, 30, 200])))
    ease = generator.normal(generator.choice([0, 2, 5]), 1.5, shape[1])
    tables = []
    for _ in range(generator.integers(2, 4)):
        luck = generator.choice([0, 0.05, 0.5, 3]) * generator.normal(size=(shape[0], 1))
        values = ease + generator.choice([0, 0.3, 2]) + luck
        noise = generator.choice([0, 0.5]) * generator.normal(size=shape)
        is_hit = metric in {"accuracy", "macro_f1"}
        errors = np.exp(-0.5 * (values + noise))
        errors = np.minimum(errors, 1.0) if metric == "ece" else errors
        tables.append((values + noise > 0) * 1.0 if is_hit else errors)
    return judged(metric, dict(zip(NAMES, tables, strict=False)))


def judged(metric: str, tables: dict[str, np.ndarray]) -> Comparison:
    sign = -1 if METRICS[metric].lower_is_better else 1
    names = sorted(tables, key=lambda name: -sign * tables[name].mean())
    couples = list(itertools.combinations(names, 2))

    def pair_of(couple, level):
        hits = tuple(tables[name] > 0.5 for name in couple) if metric == "accuracy" else None
        largest = 1.0 if is_fraction(metric) else np.inf
        both = tuple(tables[name] for name in couple)
        return compare_pair(couple, both, hits=hits, largest=largest, level=level)

    pairs = [pair_of(couple, 0.95) for couple in couples]
    levels = holm_levels([1.0 if p.p_value is None else p.p_value for p in pairs])
    if len(tables[names[0]]) > 1:
        pairs = [pair_of(*one) for one in zip(couples, levels, strict=True)]
    rows = [
        Row(
            name,
            [],
            list(range(len(t))),
            t.mean(1).tolist(),
            float(t.mean()),
            None,
            None,
            1,
            1.0,
            None,
            Costs(1, {}),
        )
        for name, t in ((name, tables[name]) for name in names)
    ]
    return Comparison(metric, tables[names[0]].shape[1], rows, corrected(pairs))


INTERVAL = re.compile(r"[\d.]+ % interval (-?[\d.e+-]+) to (-?[\d.e+-]+)")


def contradictions(comparison: Comparison) -> list[str]:
    """Return sentences of a comparison that contradict its numbers or each other."""
    found = []
    for pair, row in zip(comparison.pairs, pair_table(comparison)[1], strict=True):
        text = verdict(comparison, pair)
        low, high = pair.interval.low, pair.interval.high
        is_claim = " beats " in text
        shown = INTERVAL.search(text)
        wrong = {
            "a claim that the interval does not make": is_claim and not (low > 0 or high < 0),
            "no claim although the interval makes one": pair.num_seeds > 1
            and not is_claim
            and np.isfinite(low)
            and (low > 0 or high < 0),
            "a claim from too few examples": is_claim and pair.is_refused,
            "an empty interval": shown is not None and float(shown[1]) == float(shown[2]),
            "a negative zero": bool(re.search(r"-0(\.0+)?( |$|;|\))", f"{text} {' '.join(row)}")),
            "a difference out of range": is_fraction(comparison.metric)
            and np.isfinite(low)
            and not -1 <= low <= high <= 1,
            "a winner that is worse": is_claim
            and (pair.difference < 0) != METRICS[comparison.metric].lower_is_better,
            "ahead by nothing": " ahead of " in text and pair.difference == 0,
            "an infinite number": "inf" in text or "nan" in text,
            "a small p beside no claim, without a reason": not is_claim
            and len(comparison.pairs) == 1
            and pair.num_seeds > 1
            and "interval" in text
            and (pair.p_sign_flip or 1) < 0.05
            and "on these examples alone" not in text,
        }
        found += [f"{what}: {text}" for what, is_wrong in wrong.items() if is_wrong]
    return found


@pytest.mark.parametrize(
    "number", [500, pytest.param(10_000, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_no_verdict_contradicts_its_numbers(number: int) -> None:
    generator = np.random.default_rng(0)
    found = [c for _ in range(number) for c in contradictions(draw(generator))]
    assert found == []


def test_the_check_sees_a_verdict_that_ignores_the_correction_for_several_pairs() -> None:
    generator = np.random.default_rng(1)
    seen = 0
    for _ in range(400):
        comparison = draw(generator)
        if len(comparison.pairs) == 3 and about_all(comparison):
            wide = [replace(p, p_value=0.5) for p in comparison.pairs]
            seen += bool(contradictions(replace(comparison, pairs=wide)))
    assert seen > 10
