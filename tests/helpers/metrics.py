"""Metrics from all outputs together, or batch by batch."""

from __future__ import annotations


def measure(task, logits, targets):
    """Return the metrics of one replica."""
    (metrics,) = task.metrics(task.sums(logits[None], targets))
    return metrics.to_json()


def accumulate(task, logits, targets, size):
    totals = {}
    for start in range(0, len(targets), size):
        chosen = slice(start, start + size)
        for name, value in task.sums(logits[:, chosen], targets[chosen]).items():
            totals[name] = totals.get(name, 0) + value
    return [metrics.to_json() for metrics in task.metrics(totals)]


def scalars(metrics):
    """Return the metrics of ``measure`` that are one number."""
    return {name: value for name, value in metrics.items() if isinstance(value, float)}
