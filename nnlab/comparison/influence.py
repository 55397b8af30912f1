"""What each example adds to metrics that are not means over examples.

A metric is linearised: its contribution of example j is m + N dm / dw_j, where w_j weighs the example.
Contributions average to the metric, and their variance over N is that of the metric over new examples.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import torch

from nnlab.tasks.classification import NUM_CONFIDENCE_BINS, confidence_bins
from nnlab.tasks.scoring import TOP, log_losses, midranks, positive_classes, rank, top_hits

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class _Ratio(NamedTuple):
    """A metric of each class that is a ratio of counts.

    Attributes:
        values: ``(R, C)``; 0 for a class without such counts.
        slopes: By how much one more of an example raises them, ``(R, N, C)``.
        is_there: Whether a class has such counts, ``(R, C)``.
    """

    values: Tensor
    slopes: Tensor
    is_there: Tensor

    @classmethod
    def of(cls, above: Tensor, below: Tensor) -> _Ratio:
        """Return the ratio of two sums over examples, of ``(R, N, C)`` each."""
        total = below.sum(1)
        values = above.sum(1) / total.clamp(min=1)
        slopes = (above - values[:, None] * below) / total.clamp(min=1)[:, None]
        return cls(values, slopes, (total > 0).double())


def of_recalls(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the balanced accuracy, ``(R, N)`` float64.

    Args:
        probs: Probability of each class, ``(R, N, C)`` float64.
        targets: True classes, ``(R, N)``.
    """
    own, said = _one_hot(targets, probs), _one_hot(probs.argmax(-1), probs)
    return _averaged(_Ratio.of(own * said, own))


def of_macro_f1(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the macro F1, ``(R, N)`` float64; see ``of_recalls``."""
    return _averaged(_f1(probs, targets))


def of_f1(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the weighted F1, ``(R, N)`` float64; see ``of_recalls``."""
    return _weighted(_f1(probs, targets), targets)


def of_precision(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the weighted precision, ``(R, N)`` float64; see ``of_recalls``."""
    own, said = _one_hot(targets, probs), _one_hot(probs.argmax(-1), probs)
    return _weighted(_Ratio.of(own * said, said), targets)


def _f1(probs: Tensor, targets: Tensor) -> _Ratio:
    own, said = _one_hot(targets, probs), _one_hot(probs.argmax(-1), probs)
    return _Ratio.of(2 * own * said, own + said)


def _averaged(metric: _Ratio) -> Tensor:
    """Return contributions to a mean over the classes that have such counts."""
    num_present = metric.is_there.sum(-1, keepdim=True)
    mean = (metric.values * metric.is_there).sum(-1, keepdim=True) / num_present
    return mean + metric.slopes.shape[1] * metric.slopes.sum(-1) / num_present


def _weighted(metric: _Ratio, targets: Tensor) -> Tensor:
    """Return contributions to a mean over classes that are weighted by their examples."""
    counts = _one_hot(targets, metric.values).sum(1)  # (R, C)
    of_own = metric.values.gather(-1, targets)
    return of_own + (metric.slopes * counts[:, None]).sum(-1)


def of_calibration_error(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the expected calibration error, ``(R, N)`` float64.

    In a bin that is too confident, an example adds its confidence and takes off its hit.
    """
    confidence, preds = probs.max(-1)
    gap = confidence - (preds == targets).double()
    bins = confidence_bins(confidence)
    size = (*bins.shape[:-1], NUM_CONFIDENCE_BINS)
    gaps = gap.new_zeros(size).scatter_add_(-1, bins, gap)
    return gap * gaps.sign().gather(-1, bins)


def of_r2(values: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to R2, ``(R, N)`` float64.

    Args:
        values: Predicted values, ``(R, N)`` float64.
        targets: ``(N,)`` or ``(R, N)`` float64.
    """
    errors = (values - targets).square()
    spread = (targets - targets.mean(-1, keepdim=True)).square()
    variance = spread.mean(-1, keepdim=True)
    r2 = 1 - errors.mean(-1, keepdim=True) / variance
    contributions = r2 + ((1 - r2) * spread - errors) / variance
    return torch.where(variance > 0, contributions, 0.0)


def of_roc_auc(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the area under the ROC curve, ``(R, N)`` float64.

    Source: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated
    receiver operating characteristic curves" (1988): placements.
    """
    return _mean_over_classes(_of_area, probs, targets)


def of_pr_auc(probs: Tensor, targets: Tensor) -> Tensor:
    """Return contributions to the average precision, ``(R, N)`` float64; see ``of_roc_auc``."""
    return _mean_over_classes(_of_average_precision, probs, targets)


def _mean_over_classes(
    function: Callable[[Tensor, Tensor], Tensor], probs: Tensor, targets: Tensor
) -> Tensor:
    classes = positive_classes(probs.shape[-1])
    return torch.stack([function(probs[..., c], targets == c) for c in classes]).mean(0)


def _of_area(scores: Tensor, is_class: Tensor) -> Tensor:
    num_examples = scores.shape[1]
    num_positive = is_class.sum(-1, keepdim=True).double()
    num_negative = num_examples - num_positive
    ranks = midranks(scores)
    positive = _ranks_within(scores, is_class)
    negative = _ranks_within(scores, ~is_class)
    # The share of the other class that an example is on the right side of.
    placement = torch.where(
        is_class, (ranks - positive) / num_negative, 1 - (ranks - negative) / num_positive
    )
    area = (placement * is_class).sum(-1, keepdim=True) / num_positive
    size = torch.where(is_class, num_positive, num_negative)
    return area + (placement - area) * num_examples / size


def _ranks_within(scores: Tensor, chosen: Tensor) -> Tensor:
    """Return the rank of each chosen score among the chosen ones; others get anything."""
    return midranks(torch.where(chosen, scores, torch.inf))


def _of_average_precision(scores: Tensor, is_class: Tensor) -> Tensor:
    num_examples = scores.shape[1]
    order, first, last = rank(-scores)
    hits = is_class.gather(-1, order).double()
    num_positive = hits.sum(-1, keepdim=True)
    number = (last + 1).double()  # examples at least as high
    precision = hits.cumsum(-1).gather(-1, last) / number
    average = (precision * hits).sum(-1, keepdim=True) / num_positive
    # One more example that is at least as high moves the precision at each positive below it.
    gain = _sum_from(hits * (1 - precision) / number, first)
    loss = _sum_from(hits * precision / number, first)
    slopes = torch.where(hits > 0, precision - average + gain, -loss) / num_positive
    return torch.empty_like(scores).scatter_(-1, order, average + num_examples * slopes)


def _sum_from(values: Tensor, first: Tensor) -> Tensor:
    """Return the sum of values from each first place to the end."""
    return values.flip(-1).cumsum(-1).flip(-1).gather(-1, first)


def _one_hot(classes: Tensor, probs: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(classes, probs.shape[-1]).to(probs)


AREAS = ("roc_auc", "pr_auc")
CLASSES_COUNT_THE_SAME = ("balanced_accuracy", "macro_f1", *AREAS)
CONTRIBUTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "log_loss": log_losses,
    "balanced_accuracy": of_recalls,
    "macro_f1": of_macro_f1,
    "f1": of_f1,
    "precision": of_precision,
    "roc_auc": of_roc_auc,
    "pr_auc": of_pr_auc,
    **{name: partial(top_hits, k=k) for name, k in TOP.items()},
}
