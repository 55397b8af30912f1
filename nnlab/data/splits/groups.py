"""Splitting groups of examples: the examples of a group stay together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

# Orders that are tried for the best class proportions: fewer of many groups, which average out.
MAX_TRIES, TRIED_GROUPS = 10, 4000
# Groups among which a subset of the right size is searched; the others are taken as they come.
MAX_SEARCHED = 300
# Without room for the classes of each group, only their sizes count.
MAX_COUNTS = 20_000_000


def split_groups(
    groups: np.ndarray, targets: np.ndarray, fractions: Sequence[float], seed: int
) -> np.ndarray:
    """Return which part takes each example.

    The sizes of the parts do not depend on the seed if other groups can have them, too: they are
    those nearest to the fractions that whole groups allow. Of several orders of the groups, that
    with the best class proportions is taken.

    Args:
        groups: Group of each example, ``(N,)``, numbered from 0.
        targets: Class of each example, ``(N,)``; all 0 if there are no classes.
        fractions: Fraction of each part; their sum is below 1.
        seed: Seed of the orders.

    Returns:
        Part of each example, ``(N,)``: its index in ``fractions``, or -1 for the rest.
    """
    if (groups.max() + 1) * (targets.max() + 1) > MAX_COUNTS:
        targets = np.zeros_like(targets)
    counts = np.zeros((groups.max() + 1, targets.max() + 1))
    np.add.at(counts, (groups, targets), 1)
    sizes = counts.sum(1).astype(np.int64)
    totals = [max(round(fraction * len(groups)), fraction > 0) for fraction in fractions]
    canonical = _parts(np.random.RandomState(0).permutation(len(sizes)), sizes, totals)
    totals = [int(sizes[canonical == part].sum()) for part in range(len(fractions))]
    generator = np.random.RandomState(seed)
    num_tries = min(max(TRIED_GROUPS // len(sizes), 3), MAX_TRIES)
    tried = [_parts(generator.permutation(len(sizes)), sizes, totals) for _ in range(num_tries)]
    best = min(tried, key=lambda parts: _misfit(parts, counts, totals))
    parts: np.ndarray = best[groups]
    return parts


def _parts(order: np.ndarray, sizes: np.ndarray, totals: Sequence[int]) -> np.ndarray:
    """Return the part of each group, ``(G,)``, or -1, for groups that are drawn in an order."""
    parts = np.full(len(order), -1)
    for part, total in enumerate(totals):
        left = order[parts[order] < 0]
        chosen = _subset(left, sizes, total)
        num_needed = len(totals) - part  # a group for each later part and the rest
        num_spare = max(num_needed - (len(left) - len(chosen)), 0)
        parts[chosen[np.argsort(sizes[chosen], kind="stable")[num_spare:]]] = part
    return parts


def _subset(order: np.ndarray, sizes: np.ndarray, total: int) -> np.ndarray:
    """Return groups whose sizes add up to a total, or as nearly as possible; at least one group."""
    if not total or not len(order):
        return order[:0]
    head, tail = order[:-MAX_SEARCHED], order[-MAX_SEARCHED:]
    share = total * sizes[head].sum() / sizes[order].sum()
    taken = head[np.cumsum(sizes[head]) <= share]
    missing = total - int(sizes[taken].sum())
    return np.concatenate([taken, _nearest_subset(tail, sizes[tail].tolist(), missing, len(taken))])


def _nearest_subset(
    groups: np.ndarray, sizes: Sequence[int], total: int, num_taken: int
) -> np.ndarray:
    """Return groups whose sizes add up to the sum nearest to a total: a knapsack of bits."""
    mask = (1 << (max(total, 0) + max(sizes) + 1)) - 1
    reached = [1]  # bit n: some of the groups so far have n examples together
    for size in sizes:
        reached.append((reached[-1] | reached[-1] << size) & mask)
    sums = [n for n, bit in enumerate(reversed(bin(reached[-1]))) if bit == "1"]
    left = min(sums if num_taken else sums[1:], key=lambda n: abs(n - total))
    chosen = np.zeros(len(groups), dtype=bool)
    for index in range(len(groups) - 1, -1, -1):
        if not reached[index] >> left & 1:
            chosen[index] = True
            left -= sizes[index]
    return groups[chosen]


def _misfit(parts: np.ndarray, counts: np.ndarray, totals: Sequence[int]) -> tuple[float, float]:
    """Return how far parts are from their sizes, and from the proportions of the classes."""
    found = np.array([counts[parts == part].sum(0) for part in range(len(totals))])  # (P, C)
    wanted = np.outer(totals, counts.sum(0) / counts.sum())
    deviation = np.square(found - wanted) / np.maximum(wanted, 1)
    return np.abs(found.sum(1) - totals).sum(), deviation.sum()
