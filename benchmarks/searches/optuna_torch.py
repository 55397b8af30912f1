"""Optuna with plain torch: the data are tensors in memory, read once for all trials."""

from __future__ import annotations

from benchmarks.searches.common import (
    EXPERIMENT,
    HIGH,
    LOW,
    NUM_EPOCHS,
    NUM_SEEDS,
    OVERRIDES,
    measure,
)

BATCH_SIZE = 64


def search(num_trials: int) -> float:
    """Return the best mean validation accuracy."""
    import optuna
    import torch
    from torch import nn

    from nnlab import api
    from nnlab.assembly.job import build_job
    from nnlab.storage.folders import Folders

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    dataset = build_job(api.as_config(EXPERIMENT, OVERRIDES), Folders.choose().data).dataset
    assert dataset.val is not None, "the experiment has a validation split"
    inputs, targets = dataset.train.inputs.flatten(1) / 255, dataset.train.targets
    val_inputs, val_targets = dataset.val.inputs.flatten(1) / 255, dataset.val.targets

    def train(seed: int, lr: float) -> float:
        torch.manual_seed(seed)
        widths = (784, 64, 64, 64)
        hidden = [
            layer for i in range(3) for layer in (nn.Linear(widths[i], widths[i + 1]), nn.Tanh())
        ]
        model = nn.Sequential(*hidden, nn.Linear(64, 10))
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        criterion = nn.CrossEntropyLoss()
        for _ in range(NUM_EPOCHS):
            for chosen in torch.randperm(len(targets)).split(BATCH_SIZE):
                optimizer.zero_grad()
                criterion(model(inputs[chosen]), targets[chosen]).backward()
                optimizer.step()
        with torch.no_grad():
            return (model(val_inputs).argmax(1) == val_targets).double().mean().item()

    def objective(trial: optuna.Trial) -> float:
        lr = trial.suggest_float("lr", LOW, HIGH, log=True)
        return sum(train(seed, lr) for seed in range(NUM_SEEDS)) / NUM_SEEDS

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=num_trials)
    return float(study.best_value)


if __name__ == "__main__":
    measure(search)
