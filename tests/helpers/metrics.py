"""Metrics from all outputs together, or batch by batch."""

from __future__ import annotations


def measure(task, logits, targets):
    """Return the metrics of one replica."""
    (metrics,) = task.metrics(task.sums(logits[None], targets))
    return metrics


def accumulate(task, logits, targets, size):
    totals = {}
    for start in range(0, len(targets), size):
        chosen = slice(start, start + size)
        for name, value in task.sums(logits[:, chosen], targets[chosen]).items():
            totals[name] = totals.get(name, 0) + value
    return task.metrics(totals)
