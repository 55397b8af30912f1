"""How much of the ranking of the trials hangs on each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    from nnlab.report.sweep.dimensions import Dimension
    from nnlab.report.sweep.view import SweepView

MIN_TRIALS = 12
MAX_TRIALS = 2_000
NUM_FOLDS = 5
NUM_REPEATS = 5
NUM_TREES = 50
LEARNED = 0.9


class Importance(NamedTuple):
    """What a forest has learned of a search.

    Attributes:
        keys: The keys, the most important first.
        places: By how many places more the forest misjudges a trial's place in the ranking when the
            key is shuffled: of each fold and repeat, ``(K, F)``.
        error: By how many places it misjudges the trials that it has not seen.
        naive_error: The same for a guess that knows no key.
        epochs: Epochs after which the trials are ranked.
        num_trials: Number of trials.
    """

    keys: list[str]
    places: NDArray[np.float64]
    error: float
    naive_error: float
    epochs: int
    num_trials: int

    @property
    def has_learned(self) -> bool:
        """Whether the forest is clearly better than a guess."""
        return self.error < LEARNED * self.naive_error


def importance(view: SweepView) -> Importance | None:
    """Return how important each key is; None for one key, or fewer than 12 trials.

    A random forest learns the place of each trial in the ranking after the first rung, the only one
    that all trials have reached. In turn, every fifth of the trials is held out; there, the values of
    one key are shuffled. Places rather than scores, because a few diverged trials would outweigh all
    others.

    Source: Breiman, "Random forests" (2001), section 10, as scikit-learn computes it.
    """
    if len(view.dimensions) < 2 or len(view.plan.trials) < MIN_TRIALS:
        return None
    from scipy.stats import rankdata
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import KFold

    chosen = np.random.default_rng(0).permutation(len(view.plan.trials))[:MAX_TRIALS]
    inputs = np.stack([_as_input(dimension)[chosen] for dimension in view.dimensions], axis=1)
    ranks = rankdata(_scores(view)[chosen])
    drops, errors, naive = [], [], []
    for train, held in KFold(NUM_FOLDS).split(inputs):
        forest = _forest(view.dimensions).fit(inputs[train], ranks[train])
        errors.append(np.abs(forest.predict(inputs[held]) - ranks[held]).mean())
        naive.append(np.abs(np.median(ranks[train]) - ranks[held]).mean())
        found = permutation_importance(
            forest, inputs[held], ranks[held], scoring="neg_mean_absolute_error",
            n_repeats=NUM_REPEATS, random_state=0,
        )  # fmt: skip
        drops.append(found.importances)
    places = np.concatenate(drops, axis=1)
    order = places.mean(1).argsort()[::-1]
    keys = [view.dimensions[i].key for i in order]
    means = float(np.mean(errors)), float(np.mean(naive))
    return Importance(keys, places[order], *means, view.rungs[0]["epochs"], len(ranks))


def _as_input(dimension: Dimension) -> NDArray[np.float64]:
    return np.log(dimension.values) if dimension.is_log else dimension.values


def _scores(view: SweepView) -> NDArray[np.float64]:
    """Return the score of each trial after the first rung; all that have diverged are the worst."""
    sign = 1 if view.is_lower_better else -1
    entries = sorted(view.rungs[0]["trials"], key=lambda entry: entry["trial"])
    return np.array(
        [np.inf if e["score"] is None else sign * e["score"] for e in entries], dtype=float
    )


def _forest(dimensions: Sequence[Dimension]) -> Pipeline:
    """Return a forest that takes options as categories without an order; missing keys stay NaN."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    categories = [i for i, dimension in enumerate(dimensions) if dimension.options]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    split = ColumnTransformer([("options", encoder, categories)], remainder="passthrough")
    forest = RandomForestRegressor(
        NUM_TREES, criterion="squared_error", min_samples_leaf=2, random_state=0
    )
    return make_pipeline(split, forest)
