"""The tree-structured Parzen estimator of Optuna, without its storage.

Every batch of trials is a function of the space, the sampler's seed and the finished trials, so nothing
has to be remembered and a batch comes out the same on any number of workers.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from nnlab.config.space import (
    Choice,
    Distribution,
    distribution_of,
    is_distribution,
    items,
    leaves,
    settle,
)
from nnlab.errors import ConfigError
from nnlab.metrics import METRICS
from nnlab.seeding import derive_seed
from nnlab.sweep.sampling import Draw, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nnlab.config.messages import KeyPath
    from nnlab.sweep.plan import Plan


NEEDS_OPTUNA = "sampler: tpe needs Optuna: pip install 'nnlab[sweep]'; or use sampler: sobol"


def propose(
    plan: Plan,
    finished: Sequence[tuple[Mapping[str, Any], float | None]],
    batch: int,
    tries: int = 64,
) -> Iterator[dict[str, Any]]:
    """Yield the values of the next trials, none of which has been tried.

    Args:
        plan: The plan: its space, sampler and metric.
        finished: The overrides and the score of each finished trial, by number; None for a trial that
            has diverged.
        batch: Number of the batch.
        tries: How often Optuna is asked, to find values that are new.

    Raises:
        ConfigError: If Optuna is not installed.
    """
    space = plan.sweep.space
    study = _study(plan, batch)
    for overrides, score in finished:
        study.add_trial(_known_trial(space, overrides, score))
    tried = {json.dumps(overrides) for overrides, _ in finished}
    for _ in range(tries):
        overrides = _ask(study, space)
        if (text := json.dumps(overrides)) not in tried:
            tried.add(text)
            yield overrides


def _study(plan: Plan, batch: int) -> Any:
    """Return an empty study in memory."""
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    is_lower_better = METRICS[plan.metric.partition(".")[2]].lower_is_better
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=derive_seed("sweep/tpe", plan.sweep.sampler.seed, batch) % 2**32,
            n_startup_trials=1,  # the first batch, which is drawn without it
            multivariate=True,
            group=True,  # for ranges inside an option
            constant_liar=True,
        )
    return optuna.create_study(
        direction="minimize" if is_lower_better else "maximize", sampler=sampler
    )


def version_of_optuna() -> str:
    """Return the version of Optuna: another one may propose otherwise.

    Raises:
        ConfigError: If Optuna is not installed.
    """
    version: str = _optuna().__version__
    return version


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ConfigError(NEEDS_OPTUNA) from error
    return optuna


def _ask(study: Any, space: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a new trial."""
    trial = study.ask()

    def pick(place: KeyPath, found: Distribution) -> Any:
        name = _name(place)
        if isinstance(found, Choice):
            return trial.suggest_categorical(name, range(len(found.options)))
        if found.kind == "int":
            return trial.suggest_int(name, int(found.low), int(found.high))
        value = trial.suggest_float(name, found.low, found.high, log=found.kind == "log")
        return rounded(value, found.low, found.high)

    return {key: settle(value, pick, ("space", key))[0] for key, value in space.items()}


def _known_trial(
    space: Mapping[str, Any], overrides: Mapping[str, Any], score: float | None
) -> Any:
    optuna = _optuna()
    draw: Draw = {}
    for key, value in space.items():
        draw |= draw_of(value, overrides[key], ("space", key)) or {}
    found = {
        place: leaf for key, value in space.items() for place, leaf in leaves(value, ("space", key))
    }
    # A pruned trial without a value is worse than every other.
    states = optuna.trial.TrialState
    return optuna.trial.create_trial(
        state=states.PRUNED if score is None else states.COMPLETE,
        value=score,
        params={_name(place): picked for place, picked in draw.items()},
        distributions={_name(place): _as_optuna(found[place]) for place in draw},
    )


def _name(place: KeyPath) -> str:
    return "/".join(map(str, place[1:]))


def _as_optuna(found: Distribution) -> Any:
    distributions = _optuna().distributions
    if isinstance(found, Choice):
        return distributions.CategoricalDistribution(range(len(found.options)))
    if found.kind == "int":
        return distributions.IntDistribution(int(found.low), int(found.high))
    return distributions.FloatDistribution(found.low, found.high, log=found.kind == "log")


def draw_of(value: Any, plain: Any, place: KeyPath) -> Draw | None:
    """Return the draw that makes a value plain, the inverse of ``settle``; None if none does."""
    if not is_distribution(value):
        return _draw_of_parts(value, plain, place)
    found = distribution_of(value)
    if isinstance(found, Choice):
        for index, option in enumerate(found.options):
            inner = draw_of(option, plain, (*place, "choice", index))
            if inner is not None:
                return {place: index, **inner}
        return None
    is_number = isinstance(plain, int | float) and not isinstance(plain, bool)
    return {place: plain} if is_number and found.low <= plain <= found.high else None


def _draw_of_parts(value: Any, plain: Any, place: KeyPath) -> Draw | None:
    parts, others = dict(items(value)), dict(items(plain))
    if type(value) is not type(plain) or parts.keys() != others.keys():
        return None
    if not parts:
        return {} if value == plain else None
    draw: Draw = {}
    for key, item in parts.items():
        inner = draw_of(item, others[key], (*place, key))
        if inner is None:
            return None
        draw |= inner
    return draw
