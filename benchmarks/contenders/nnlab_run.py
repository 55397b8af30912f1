"""nnlab itself, including everything a run leaves behind. Further arguments are overrides."""

from __future__ import annotations

import sys
import tempfile
import time

import nnlab
from benchmarks.contenders.common import answer, arguments
from nnlab.training import loop

job, num_epochs = arguments()
evaluation: list[float] = []


def timed_evaluate(*args, plain=loop.evaluate_split):
    """Time the evaluations, which nnlab counts as training."""
    start = time.perf_counter()
    metrics = plain(*args)
    evaluation.append(time.perf_counter() - start)
    return metrics


loop.evaluate_split = timed_evaluate
overrides = [*job.config[1:], f"train.epochs={num_epochs}", *sys.argv[3:]]
with tempfile.TemporaryDirectory() as folder:
    run = nnlab.train(job.config[0], overrides, runs_dir=folder)
    seeds = run.config.train.seeds
    records = [record for record in run.metrics if record["seed"] == run.config.train.seed]
    if run.config.train.eval_every == 1:
        ends = [record["seconds"] for record in records]
        whole = [end - start for start, end in zip([0.0, *ends], ends, strict=False)]
        # A record's seconds end before its evaluation, and include that of the previous epoch.
        train = [turn - before for turn, before in zip(whole, [0.0, *evaluation], strict=False)]
    else:
        train = [records[-1]["seconds"] / num_epochs]
    score = run.summary["test"].get("accuracy", run.summary["test"]["loss"])
    more = {}
    if run.config.optimizer.name == "lbfgs":
        from benchmarks.contenders.logistic import load_parts, objective
        from nnlab.runs.load import open_run

        weights = {
            name: tensor[0].numpy() for name, tensor in open_run(run).weights("last").items()
        }
        inputs, targets, *_ = load_parts(job)
        weight, bias = weights["linear.weight"], weights["linear.bias"]
        more["objective"] = objective(weight, bias, inputs, targets, run.config.optimizer.C)
    answer(train, evaluation[: len(train)], score, seeds=seeds, **more)
