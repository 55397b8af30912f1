"""What a comparison says of networks and scikit-learn's estimators, as plainly as it can be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.config.bundled import ESTIMATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.comparison.pairs import Pair
    from nnlab.comparison.result import Comparison

TREES = ("random_forest", "gradient_boosting")


def plain_words(comparison: Comparison) -> list[str]:
    """Return a sentence for each network that loses to an estimator, or does not beat the dummy."""
    models = {row.name: row.model for row in comparison.rows}
    return [text for pair in comparison.pairs for text in _about(pair, models)]


def _about(pair: Pair, models: dict[str, str]) -> Iterator[str]:
    first, second = models[pair.first], models[pair.second]
    if pair.method == "examples":  # one seed decides nothing
        return
    if "dummy" in {first, second} and first != second:
        other = pair.second if first == "dummy" else pair.first
        if first == "dummy" or not pair.is_decided:
            is_worse = first == "dummy" and pair.is_decided
            what = "is worse than" if is_worse else "is not shown to be better than"
            dummy = pair.first if first == "dummy" else pair.second
            yield f"{other} {what} {dummy}, which ignores its inputs: there is no evidence that it learned"
    elif pair.is_decided and first in ESTIMATORS and second and second not in ESTIMATORS:
        kind = "trees" if first in TREES else first
        yield f"{pair.second} loses to {kind} here: {pair.first} is the better model of these data"
