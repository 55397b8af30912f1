"""Metrics from all outputs together, or batch by batch."""

from __future__ import annotations


def measure(task, logits, targets):
    """Return the metrics of one replica."""
    metrics = task.metrics(task.sums(logits[None], targets))
    return task.complete(metrics, logits[None], targets)[0].to_json()


def accumulate(task, logits, targets, size):
    totals = {}
    for start in range(0, len(targets), size):
        chosen = slice(start, start + size)
        for name, value in task.sums(logits[:, chosen], targets[chosen]).items():
            totals[name] = totals.get(name, 0) + value
    metrics = task.complete(task.metrics(totals), logits, targets)
    return [found.to_json() for found in metrics]


def scalars(metrics):
    """Return the metrics of ``measure`` that are one number."""
    return {name: value for name, value in metrics.items() if isinstance(value, float)}
