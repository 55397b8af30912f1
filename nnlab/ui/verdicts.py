"""What a comparison has found, in words and as the lottery of seeds; read without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Look(NamedTuple):
    """What was known of two contenders after a number of seeds.

    Attributes:
        seeds: Seeds of both.
        gain: By how much the first contender is better; negative if the other is.
        low: Lower end of its interval; None if it is unbounded.
        high: Upper end.
        is_decided: Whether there is a verdict.
    """

    seeds: int
    gain: float
    low: float | None
    high: float | None
    is_decided: bool


def verdict_of(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the ``text`` of all verdicts, and their ``state``: decided, undecided or none."""
    pairs = found["pairs"]
    text = "\n".join(str(pair.get("verdict", "")) for pair in pairs)
    is_decided = any(pair.get("is_decided") is True for pair in pairs)
    state = "decided" if is_decided else "none" if "no verdict" in text else "undecided"
    return {"text": text, "state": state}


def lotteries_of(found: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """Return of each pair how often one seed of each would have put the other one ahead.

    Returns:
        ``ahead``, ``pairs`` of seeds, in how many of them the ``other`` was better, and ``ties``;
        None if the values are not there, or both contenders are equal.
    """
    return [_lottery(found, pair) for pair in found["pairs"]]


def _lottery(found: Mapping[str, Any], pair: Mapping[str, Any]) -> dict[str, Any] | None:
    values = {row.get("name"): row.get("per_seed") for row in found["contenders"]}
    first, second = (
        _numbers(values.get(pair.get("first"))),
        _numbers(values.get(pair.get("second"))),
    )
    sign = _sign(found)
    gains = [sign * (one - other) for one in first for other in second]
    if not (total := sum(gains)):
        return None
    return {
        "ahead": pair["first" if total > 0 else "second"],
        "pairs": len(gains),
        "other": sum(gain * total < 0 for gain in gains),
        "ties": sum(gain == 0 for gain in gains),
    }


def look_of(found: Mapping[str, Any], name: str) -> Look:
    """Return what is known of two contenders, seen from the one that is named.

    The interval of one seed is for other examples alone: it is not among those that hold at once.
    """
    (pair,) = found["pairs"]
    sign = _sign(found) if pair["first"] == name else -_sign(found)
    interval = None if pair["method"] == "examples" else pair["interval"]
    ends = (None, None) if interval is None else (sign * interval["low"], sign * interval["high"])
    low, high = ends if sign > 0 else ends[::-1]
    return Look(pair["num_seeds"], sign * pair["difference"], low, high, pair["is_decided"])


def _sign(found: Mapping[str, Any]) -> int:
    return -1 if found.get("lower_is_better") is True else 1


def _numbers(values: object) -> list[float]:
    found = values if isinstance(values, list) else []
    return [value for value in found if isinstance(value, int | float)]
