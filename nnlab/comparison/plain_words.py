"""What a comparison says of networks and scikit-learn's estimators, as plainly as it can be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.config.bundled import ESTIMATORS
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.comparison.pairs import Pair
    from nnlab.comparison.result import Comparison, Row

TREES = ("random_forest", "gradient_boosting")


def plain_words(comparison: Comparison) -> list[str]:
    """Return what verdicts leave unsaid: other versions, diverged seeds, lost against baselines."""
    models = {row.name: row.model for row in comparison.rows}
    lost = [text for row in comparison.rows for text in _about_lost(row)]
    return [*_about_versions(comparison.rows), *lost] + [
        text for pair in comparison.pairs for text in _about(pair, models)
    ]


def _about_versions(rows: Sequence[Row]) -> Iterator[str]:
    if len({version for row in rows for version in row.versions}) > 1:
        shown = ", ".join(f"{row.name} by {' and '.join(row.versions)}" for row in rows)
        yield f"trained by different versions of nnlab ({shown}): the difference may be theirs"


def _about_lost(row: Row) -> Iterator[str]:
    if row.diverged:
        seeds = f"seed{'s' if len(row.diverged) > 1 else ''} {', '.join(map(str, row.diverged))}"
        yield (
            f"{seeds} of {row.name} diverged: no contender is compared on them, which leaves "
            f"{pluralize(len(row.seeds), 'seed')} and flatters {row.name}"
        )


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
