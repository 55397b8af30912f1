"""Random seeds as pure functions of what they are for.

No random state is ever saved: the seed of a draw follows from its purpose, the replica's seed and
a counter, so a resumed run draws what the uninterrupted one would have drawn.
"""

from __future__ import annotations

import hashlib


def derive_seed(purpose: str, seed: int, index: int = 0) -> int:
    """Return a seed that is independent for every (purpose, seed, index).

    Args:
        purpose: What the numbers are drawn for, such as ``"order"`` or ``"dropout"``.
        seed: The seed of the replica or of the data.
        index: A counter within the purpose: an epoch or a step.

    Returns:
        An integer in ``[0, 2**63)``.
    """
    digest = hashlib.blake2b(f"{purpose}/{seed}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
