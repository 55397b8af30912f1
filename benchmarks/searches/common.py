"""What the searches share: the space, the experiment, and how they are timed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

LOW, HIGH = 1e-4, 1e-1
NUM_SEEDS = 3
NUM_EPOCHS = 3
EXPERIMENT = "mnist_mlp"
OVERRIDES = (
    "model={name: mlp, hidden_sizes: [64, 64, 64], activation: tanh}",
    f"train.epochs={NUM_EPOCHS}",
    "train.batch_size=64",
)


def measure(search: Callable[[int], float]) -> None:
    """Run a search of as many trials as the command line asks, and print its times as JSON.

    Imports and the reading of data count, as they do for users; wall and processor seconds.
    """
    num_trials = int(sys.argv[1])
    best = search(num_trials)
    used = {"wall": time.monotonic() - STARTED[0], "processor": time.process_time()}
    print(json.dumps({"trials": num_trials, "best": best, **used}))


STARTED = (time.monotonic(),)
