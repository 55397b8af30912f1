"""Whether contenders use the same data: the same examples, of the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.config.resolve import load_examples
from nnlab.errors import ConfigError, RunError
from nnlab.formatting import flatten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nnlab.comparison.contenders import Contender
    from nnlab.comparison.portions import Portion
    from nnlab.config.dataset_base import DatasetConfig


def check_same_data(contenders: Sequence[Contender], data_dir: Path) -> None:
    """Check, before anything is trained, that contenders use the same data.

    Tables are read only where a path does not settle it: the same bytes may lie in two places, and a
    finished run has read what was in its place then.

    Raises:
        ConfigError: If the experiments choose different examples.
        DataError: If a table cannot be read.
        RunError: If the data have different digests.
    """
    first = contenders[0]
    for other in contenders[1:]:
        _check_same_examples(first, other)
    places = [_place(contender.config.dataset) for contender in contenders]
    is_settled = all(place == places[0] for place in places) and not any(c.run for c in contenders)
    if places[0] and not is_settled:
        _check_digests({c.name: _digest(c, data_dir) for c in contenders})


def check_same_bytes(runs: Mapping[str, Sequence[Portion]]) -> None:
    """Check that finished runs were trained on the same bytes.

    Args:
        runs: What is taken from the runs of each contender by its name.

    Raises:
        RunError: Naming both digests.
    """
    for name, portions in runs.items():
        _check_digests({f"{name} ({p.run.id})": p.run.meta.get("data_sha256") for p in portions})
    _check_digests({name: of[0].run.meta.get("data_sha256") for name, of in runs.items()})


def _check_same_examples(first: Contender, other: Contender) -> None:
    one = flatten(first.config.dataset.which_examples())
    two = flatten(other.config.dataset.which_examples())
    differing = [
        f"dataset.{key} is {one.get(key)} and {two.get(key)}"
        for key in dict.fromkeys(["name", *one, *two])
        if one.get(key) != two.get(key)
    ]
    if differing:
        shown = differing if one["name"] == two["name"] else differing[:1]
        msg = f"{first.name} and {other.name} use different data: {', '.join(shown)}"
        raise ConfigError(msg)


def _check_digests(digests: Mapping[str, str | None]) -> None:
    (first, expected), *others = digests.items()
    for name, digest in others:
        if digest != expected:
            msg = (
                f"{first} and {name} use different data: their SHA-256 differ\n"
                f"  {expected}  {first}\n  {digest}  {name}"
            )
            raise RunError(msg)


def _place(dataset: DatasetConfig) -> dict[str, Any]:
    return dataset.model_dump(include=set(dataset.location_keys))


def _digest(contender: Contender, data_dir: Path) -> str | None:
    if contender.run is not None:
        return contender.run.meta.get("data_sha256")
    return load_examples(contender.config.dataset, data_dir).sha256
