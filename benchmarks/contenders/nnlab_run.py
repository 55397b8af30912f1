"""nnlab itself, including everything a run leaves behind. Further arguments are overrides."""

from __future__ import annotations

import sys
import tempfile

import nnlab
from benchmarks.contenders.common import Spent, answer, arguments, clock
from nnlab.runs import execute
from nnlab.training import loop

job, num_epochs = arguments()
starts: list[Spent] = []
trained: list[Spent] = []


def timed_train(*args, plain=execute.train, **options):
    """Note when the training starts."""
    starts.append(clock())
    return plain(*args, **options)


def timed_measure(*args, plain=loop._measure):
    """Note when each evaluation starts and ends; the next epoch starts then."""
    trained.append(clock())
    records = plain(*args)
    starts.append(clock())
    return records


execute.train = timed_train
loop._measure = timed_measure
overrides = [*job.config[1:], f"train.epochs={num_epochs}", *sys.argv[3:]]
with tempfile.TemporaryDirectory() as folder:
    run = nnlab.train(job.config[0], overrides, runs_dir=folder)
    seeds = run.config.train.seeds
    if run.config.train.eval_every == 1:
        train = [end - start for start, end in zip(starts, trained, strict=False)]
    else:
        train = [(trained[-1] - starts[0]) / num_epochs]
    evaluation = [(end - start).wall for start, end in zip(trained, starts[1:], strict=True)]
    score = run.summary["test"].get("accuracy", run.summary["test"]["loss"])
    more = {}
    if "scikit-learn, L-BFGS" in job.contenders:
        from benchmarks.contenders.logistic import load_parts, objective
        from nnlab.runs.load import open_run

        weights = {
            name: tensor[0].numpy() for name, tensor in open_run(run).weights("last").items()
        }
        inputs, targets, *_ = load_parts(job)
        weight, bias = weights["linear.weight"], weights["linear.bias"]
        more["objective"] = objective(weight, bias, inputs, targets, run.config.optimizer.C)
    answer(train, evaluation[: len(train)], score, seeds=seeds, **more)
