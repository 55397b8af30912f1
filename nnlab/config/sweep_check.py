"""Checking a whole space before anything trains: every end and option, alone and below each section."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.key_paths import path_of
from nnlab.config.load import validate
from nnlab.config.messages import ConfigProblems, KeyPath, Location, Problem, format_value
from nnlab.config.problems import locate
from nnlab.config.space import Choice, Distribution, Pick, leaves
from nnlab.config.sweep_file import SweepFile
from nnlab.config.sweep_rules import experiment_rules, sweep_rules


def check_sweep(file: SweepFile) -> None:
    """Check a sweep, and every end of a range and option of a choice in a whole experiment.

    Raises:
        ConfigProblems: With all that is wrong, each with its location.
    """
    problems = [
        Problem(path[:2] if path[0] == "space" else path, text, locate(path, file.document))
        for path, text in sweep_rules(file.config, file.base, file.metric)
    ]
    problems += [
        Problem(path, text, locate(path, file.experiment))
        for path, text in experiment_rules(file.base)
    ]
    refused = {problem.path for problem in problems}
    # The deepest first, which also say with which section.
    for key in sorted(file.config.space, key=lambda key: -len(path_of(key))):
        if ("space", key) not in refused:
            problems += _problems_of_key(key, file)
    raise_all(problems)


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise the problems, one for each place, if there are any."""
    found: dict[object, Problem] = {}
    for problem in problems:
        found.setdefault((problem.path, problem.location), problem)
    if found:
        raise ConfigProblems(found.values())


def _problems_of_key(key: str, file: SweepFile) -> Iterator[Problem]:
    """Yield what is wrong with the ends and options of a key, below each option of its sections."""
    start = path_of(key)
    sections = [k for k in file.config.space if k != key and start[: len(path_of(k))] == path_of(k)]
    for targets in _targets(key, sections, file.config.distributions):
        try:
            experiment_of(file, _aimed_at(targets), (key, *sections))
        except ConfigProblems as error:
            yield from error.problems


def _targets(
    key: str, sections: list[str], space: Mapping[str, Distribution]
) -> Iterator[dict[KeyPath, Any]]:
    """Yield what to pick at which place, to see every end and option of a key once."""
    above: list[dict[KeyPath, Any]] = [{}]
    for section in sections:
        above = [
            {**picks, ("space", section): pick} for picks in above for pick in _ends(space[section])
        ]
    for place, found in _leaves_of(key, space):
        for picks in above:
            yield from ({**picks, place: end} for end in _ends(found))


def _leaves_of(key: str, space: Mapping[str, Distribution]) -> list[tuple[KeyPath, Distribution]]:
    found = space[key]
    if not isinstance(found, Choice):
        return [(("space", key), found)]
    return list(leaves({"choice": list(found.options)}, ("space", key)))


def _ends(found: Distribution) -> Iterable[Any]:
    return range(len(found.options)) if isinstance(found, Choice) else (found.low, found.high)


def _aimed_at(targets: Mapping[KeyPath, Any]) -> Pick:
    """Return a pick of given values at their places, and elsewhere of whatever comes first.

    A choice that has a place inside takes the option that leads there.
    """

    def pick(place: KeyPath, found: Distribution) -> Any:
        if place in targets:
            return targets[place]
        if not isinstance(found, Choice):
            return found.low
        inside = [t[len(place) + 1] for t in targets if t[: len(place) + 1] == (*place, "choice")]
        return inside[0] if inside else 0

    return pick


def experiment_of(
    file: SweepFile, pick: Pick, keys: Sequence[str] = ()
) -> tuple[dict[str, Any], ExperimentConfig]:
    """Return the overrides and the validated experiment of a trial.

    Args:
        file: The sweep.
        pick: The values; see ``settle``.
        keys: The key that is looked at, and the sections above it; by default all together.

    Raises:
        ConfigProblems: With their places in the space, as far as they are there.
    """
    overrides: dict[str, Any] = {}
    try:
        overrides, document = file.trial(pick)
        config = validate(document)
    except ConfigProblems as error:
        problems = error.problems
    else:
        problems = [Problem(p, text, locate(p, document)) for p, text in experiment_rules(config)]
        if not problems:
            return overrides, config
    places = set(_locations_of_space(file))
    raise ConfigProblems(
        [_in_space(problem, keys, overrides, file, places) for problem in problems]
    )


def _in_space(
    problem: Problem,
    keys: Sequence[str],
    overrides: Mapping[str, Any],
    file: SweepFile,
    places: Container[Location | None],
) -> Problem:
    """Return a problem of a trial at its place in the space, with the values that it depends on."""
    location, others = problem.location, keys or [*overrides]
    if location in places:
        others = [key for key in keys[1:] if path_of(key) == problem.path[: len(path_of(key))]]
    else:
        key = keys[0] if keys else next(iter(file.config.space))
        location = locate(("space", key), file.document, prefer_key=True)
    shown = ", ".join(f"{k}={format_value(overrides[k])}" for k in others if k in overrides)
    text = f"{problem.text} (with {shown})" if shown else problem.text
    return Problem(problem.path, text, location)


def _locations_of_space(file: SweepFile) -> Iterator[Location]:
    for places in (file.document.values, file.document.keys):
        yield from (at for path, at in places.items() if path[:1] == ("space",) and path[1:])
