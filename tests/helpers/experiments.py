"""Small experiments that cover every way of training."""

from __future__ import annotations

SPIRAL = {"name": "spiral", "num_samples": 301}
XOR = {"name": "xor", "num_samples": 121}
TRAIN = {"epochs": 3, "batch_size": 33, "device": "cpu", "seed": 4}

EXPERIMENTS = {
    "mlp-dropout": {
        "dataset": SPIRAL,
        "model": {"name": "mlp", "hidden_sizes": [17, 9], "dropout": 0.3},
        "optimizer": {"name": "adam", "lr": 0.01},
        "schedule": {"name": "one_cycle", "warmup_steps": 2},
        "train": TRAIN,
    },
    "mlp-full-batch": {
        "dataset": SPIRAL,
        "model": {"name": "mlp", "hidden_sizes": [30], "dropout": 0.1, "init": "xavier"},
        "loss": {"name": "cross_entropy", "class_weight": "inverse_count"},
        "optimizer": {"name": "adamw", "lr": 0.01},
        "train": {**TRAIN, "batch_size": "full", "clip_norm": 0.5},
    },
    "mlp-images": {
        "dataset": {"name": "digits"},
        "model": {"name": "mlp", "hidden_sizes": [37], "activation": "tanh", "dropout": 0.2},
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
        "train": {**TRAIN, "limit_batches": 9},
    },
    "cnn-batch-norm-dropout": {
        "dataset": {"name": "digits"},
        "model": {"name": "fashion_cnn", "channels": [4, 8], "hidden_sizes": [16, 12]},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {**TRAIN, "epochs": 2, "limit_batches": 6},
    },
    "mlp-augmented": {
        "dataset": {"name": "digits", "augment": {"flip": True, "crop": 1}},
        "model": {"name": "mlp", "hidden_sizes": [13]},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {**TRAIN, "limit_batches": 9},
    },
    "cnn-augmented-normalized": {
        "dataset": {"name": "digits", "augment": {"flip": True, "crop": 1, "normalize": True}},
        "model": {"name": "fashion_cnn", "channels": [2, 3], "hidden_sizes": [6, 5]},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {**TRAIN, "epochs": 2, "limit_batches": 6},
    },
    "early-stopping": {
        "dataset": XOR,
        "model": {"name": "mlp", "hidden_sizes": [6], "dropout": 0.1},
        "optimizer": {"name": "rmsprop", "lr": 0.05, "momentum": 0.5},
        "train": {**TRAIN, "epochs": 30, "early_stopping": {"patience": 2, "min_delta": 0.001}},
    },
    "plateau": {
        "dataset": XOR,
        "model": {"name": "mlp", "hidden_sizes": [6]},
        "optimizer": {"name": "adam", "lr": 0.1},
        "schedule": {"name": "plateau", "factor": 0.5, "patience": 1},
        "train": {**TRAIN, "epochs": 12},
    },
    "lbfgs": {
        "dataset": XOR,
        "model": {"name": "mlp", "hidden_sizes": [6], "activation": "tanh"},
        "optimizer": {"name": "lbfgs", "max_iter": 4, "C": 10.0},
        "train": {**TRAIN, "batch_size": "full"},
    },
    "numpy": {
        "dataset": XOR,
        "model": {"name": "mlp", "hidden_sizes": [6], "activation": "gelu"},
        "optimizer": {"name": "adam", "lr": 0.1, "weight_decay": 0.001},
        "train": {**TRAIN, "engine": "numpy"},
    },
    "sklearn": {
        "dataset": XOR,
        "model": {"name": "logistic"},
        "optimizer": {"name": "lbfgs", "C": 1.0},
        "train": {**TRAIN, "engine": "sklearn", "epochs": 1, "batch_size": "full"},
    },
    "regression": {
        "dataset": {"name": "regression", "num_samples": 203},
        "model": {"name": "mlp", "hidden_sizes": [10], "activation": "elu", "dropout": 0.1},
        "optimizer": {"name": "adagrad", "lr": 0.05},
        "train": TRAIN,
    },
}
DENSE = (
    "mlp-dropout",
    "mlp-full-batch",
    "mlp-images",
    "mlp-augmented",
    "early-stopping",
    "plateau",
)


def with_engine(name: str, engine: str) -> dict:
    experiment = EXPERIMENTS[name]
    return {**experiment, "train": {"engine": engine, **experiment["train"]}}


# Replicas of the fused engine equal runs alone to rounding only; see reference/test_fused.py.
EXACT_EXPERIMENTS = {name: with_engine(name, "autograd") for name in EXPERIMENTS} | {
    f"{name}-native": with_engine(name, "native") for name in (*DENSE, "regression")
}
# What is said of dense networks below holds for every engine that trains them.
EXPERIMENTS |= {f"{name}-autograd": EXACT_EXPERIMENTS[name] for name in DENSE} | {
    f"{name}-fused": with_engine(name, "fused") for name in ("mlp-dropout", "early-stopping")
}
