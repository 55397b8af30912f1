"""Optuna with nnlab run by run: each trial trains its seeds as one run, in the same process."""

from __future__ import annotations

import tempfile

from benchmarks.searches.common import EXPERIMENT, HIGH, LOW, NUM_SEEDS, OVERRIDES, measure


def search(num_trials: int) -> float:
    """Return the best mean validation accuracy."""
    import optuna

    import nnlab

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:

        def objective(trial: optuna.Trial) -> float:
            lr = trial.suggest_float("lr", LOW, HIGH, log=True)
            run = nnlab.train(
                EXPERIMENT, [*OVERRIDES, f"optimizer.lr={lr}"], seeds=NUM_SEEDS, runs_dir=folder
            )
            accuracy = run.summary["val"]["accuracy"]
            assert accuracy is not None, "every seed has an accuracy"
            return accuracy

        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
        )
        study.optimize(objective, n_trials=num_trials)
    return float(study.best_value)


if __name__ == "__main__":
    measure(search)
