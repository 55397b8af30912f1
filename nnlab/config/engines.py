"""The engines: what can compute the steps of training."""

from __future__ import annotations

# ``train.engine`` takes these names; ``nnlab list engines`` shows them.
ENGINES = {
    "auto": "Native for dense networks on the CPU, else fused or autograd.",
    "autograd": "Any model, by torch's automatic differentiation.",
    "vmap": "Any model that torch.func can vectorise over its seeds; else autograd.",
    "fused": "Dense networks, all seeds together, by hand-derived gradients.",
    "native": "Dense networks on the CPU in C++, where it has been built.",
    "numpy": "Dense networks in NumPy: readable, and a check of the others.",
    "sklearn": "Logistic regression by scikit-learn's own solver.",
}

_RATES = frozenset({"optimizer.lr", "model.init_std"}) | {
    f"schedule.{key}"
    for key in ("warmup_steps", "step_epochs", "gamma", "rise", "initial_factor", "final_factor")
}
_OPTIONS = frozenset(
    f"optimizer.{key}" for key in ("weight_decay", "momentum", "betas", "alpha", "eps")
)
# What may differ from one replica to another, beside the seed: the keys of an experiment.
VARIED: dict[str, frozenset[str]] = {
    "autograd": _RATES | _OPTIONS | {"optimizer.nesterov", "model.dropout", "train.clip_norm"},
    "vmap": _RATES | _OPTIONS | {"optimizer.nesterov"},
    "fused": _RATES,
    "native": _RATES | _OPTIONS | {"model.dropout", "train.clip_norm"},
    "numpy": _RATES,
    "sklearn": frozenset(),
}
