"""nnlab itself: everything a run leaves behind included. A third argument is the number of seeds."""

from __future__ import annotations

import sys
import tempfile
import time

import nnlab
from benchmarks.contenders.common import answer, arguments

job, num_epochs = arguments()
num_seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
overrides = [*job.config[1:], f"train.epochs={num_epochs}", *sys.argv[4:]]
with tempfile.TemporaryDirectory() as folder:
    evaluation: list[float] = []

    class Timed:
        """Take the time of evaluations, which nnlab counts as training."""

        def __init__(self, run, job, progress) -> None:
            learner = job.learner
            plain = learner.eval_step

            def eval_step(inputs, targets):
                start = time.perf_counter()
                sums = plain(inputs, targets)
                evaluation[-1] += time.perf_counter() - start
                return sums

            learner.eval_step = eval_step
            evaluation.append(0.0)

        def __enter__(self):
            return lambda records: evaluation.append(0.0)

        def __exit__(self, *_: object) -> None:
            return None

    run = nnlab.train(job.config[0], overrides, seeds=num_seeds, runs_dir=folder, watch=Timed)
    ends = [record["seconds"] for record in run.metrics if record["seed"] == 0]
    whole = [end - start for start, end in zip([0.0, *ends], ends, strict=False)]
    # A record's seconds end before its evaluation: that of the epoch before is in it.
    train = [seconds - before for seconds, before in zip(whole, [0.0, *evaluation], strict=False)]
    answer(train, evaluation[: len(train)], run.summary["test"]["accuracy"], seeds=num_seeds)
