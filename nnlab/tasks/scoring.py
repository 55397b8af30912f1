"""Metrics that need the outputs of all examples together: how well probabilities rank and fit.

Where they are defined, each equals scikit-learn's function of the same name, computed from
probabilities in float64. Classes count the same. Of two classes, the second is the positive one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from torch import Tensor

TOP = {"top_3_accuracy": 3, "top_5_accuracy": 5}
NEEDS_EVERY_CLASS = ("roc_auc", "pr_auc")


def measure(
    probs: Tensor, targets: Tensor, names: Container[str] | None = None
) -> dict[str, float]:
    """Return metrics of one replica by name; one that is undefined is NaN.

    Args:
        probs: Probability of each class, ``(N, C)`` float64.
        targets: Classes, ``(N,)``.
        names: The metrics wanted, or None for all.
    """
    pair = (probs[None], targets[None])
    found = {
        name: function(*pair)
        for name, function in FUNCTIONS.items()
        if (names is None or name in names) and probs.shape[-1] > TOP.get(name, 0)
    }
    return {name: value.item() for name, value in {**found, **areas(*pair, names)}.items()}


def needs_outputs(names: Container[str] | None) -> bool:
    """Return whether any of the metrics needs all outputs together."""
    return names is None or any(name in names for name in (*FUNCTIONS, *AREAS))


def why_undefined(metric: str, targets: Tensor, class_names: Sequence[str]) -> str | None:
    """Return why examples do not define a metric, or None if they do.

    Args:
        metric: Its name.
        targets: Classes, ``(N,)``, or ``(R, N)`` if each seed has its own examples.
        class_names: Names of the classes by index.
    """
    num_classes = len(class_names)
    if num_classes <= TOP.get(metric, 0):
        return f"it needs more than {TOP[metric]} classes, and the data have {num_classes}"
    if metric not in NEEDS_EVERY_CLASS:
        return None
    rows = targets if targets.dim() == 2 else targets[None]
    counts = torch.stack([torch.bincount(row, minlength=num_classes) for row in rows])
    absent = [class_names[c] for c in range(num_classes) if not counts[:, c].all()]
    return f"there are no examples of class '{absent[0]}'" if absent else None


def log_losses(probs: Tensor, targets: Tensor) -> Tensor:
    """Return the negative log-likelihood of each example ``(R, N)`` [nat], never infinite.

    As in scikit-learn, a probability is at least 2.2e-16, the rounding of float64.
    """
    rounding = torch.finfo(probs.dtype).eps
    own = probs.gather(-1, targets[..., None]).squeeze(-1)
    return -own.clamp(rounding, 1 - rounding).log()


def top_hits(probs: Tensor, targets: Tensor, k: int) -> Tensor:
    """Return whether each example's class is among the k most probable ones, ``(R, N)`` float64.

    As in scikit-learn, the last of equally probable classes comes first.
    """
    own = probs.gather(-1, targets[..., None])
    is_later = torch.arange(probs.shape[-1], device=probs.device) > targets[..., None]
    num_ahead = ((probs > own) | ((probs == own) & is_later)).sum(-1)
    return (num_ahead < k).to(probs)


def _top_accuracy(probs: Tensor, targets: Tensor, *, k: int) -> Tensor:
    return top_hits(probs, targets, k).mean(-1)


def positive_classes(num_classes: int) -> range:
    """Return the classes that are ranked against the rest: of two, the second."""
    return range(1 if num_classes == 2 else 0, num_classes)


def areas(probs: Tensor, targets: Tensor, names: Container[str] | None = None) -> dict[str, Tensor]:
    """Return areas by name, each ``(R,)``: the means over the classes, each against the rest.

    The scores of a class are sorted once for all areas.
    """
    wanted = {name: area for name, area in AREAS.items() if names is None or name in names}
    found: dict[str, list[Tensor]] = {name: [] for name in wanted}
    for c in positive_classes(probs.shape[-1]) if wanted else ():
        ranked = rank(-probs[..., c])
        hits = (targets == c).gather(-1, ranked.order)
        for name, area in wanted.items():
            found[name].append(area(ranked, hits))
    return {name: torch.stack(of_classes).mean(0) for name, of_classes in found.items()}


def _roc_auc(ranked: Ranked, hits: Tensor) -> Tensor:
    """Return the area under the ROC curve ``(R,)``, from scores in descending order.

    It is the probability that an example of the class gets a higher score than one of the rest,
    where ties count a half: the Mann-Whitney statistic, from the ranks.
    """
    num_examples, num_positive = hits.shape[-1], hits.sum(-1).double()
    num_negative = num_examples - num_positive
    ranks = num_examples - (ranked.first + ranked.last).double() / 2  # from 1 on, ascending
    above = (ranks * hits).sum(-1) - num_positive * (num_positive + 1) / 2
    return above / (num_positive * num_negative)  # NaN without examples


def _average_precision(ranked: Ranked, hits: Tensor) -> Tensor:
    """Return the average precision ``(R,)``, from scores in descending order.

    Unlike scikit-learn's, it is undefined if there is nothing to rank a class against: it would be 1.
    """
    precision = hits.cumsum(-1).gather(-1, ranked.last).double() / (ranked.last + 1)
    num_hits = hits.sum(-1)
    found = (precision * hits).sum(-1) / num_hits  # NaN without examples
    return torch.where(num_hits < hits.shape[-1], found, torch.nan)


class Ranked(NamedTuple):
    """Scores in ascending order, each ``(R, N)``.

    Attributes:
        order: Index of the example at each place.
        first: First place with the same score.
        last: Last place with the same score.
    """

    order: Tensor
    first: Tensor
    last: Tensor


def rank(scores: Tensor) -> Ranked:
    """Sort scores ``(R, N)``."""
    values, order = scores.sort(dim=-1)
    places = torch.arange(values.shape[-1]).expand_as(order)
    is_new = values.diff(dim=-1) != 0
    ends = torch.ones_like(order[:, :1], dtype=torch.bool)[:, : order.shape[1]]
    starts, stops = torch.cat([ends, is_new], -1), torch.cat([is_new, ends], -1)
    first = torch.where(starts, places, 0).cummax(-1).values
    far = torch.where(stops, places, len(places.T))
    last = far.flip(-1).cummin(-1).values.flip(-1)
    return Ranked(order, first, last)


def midranks(scores: Tensor) -> Tensor:
    """Return the rank of each score from 1 on, ``(R, N)`` float64; ties share their mean rank."""
    order, first, last = rank(scores)
    ranks = torch.empty_like(scores)
    return ranks.scatter_(-1, order, ((first + last) / 2 + 1).to(scores))


AREAS: dict[str, Callable[[Ranked, Tensor], Tensor]] = {
    "roc_auc": _roc_auc,
    "pr_auc": _average_precision,
}
FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "log_loss": lambda probs, targets: log_losses(probs, targets).mean(-1),
    **{name: partial(_top_accuracy, k=k) for name, k in TOP.items()},
}
