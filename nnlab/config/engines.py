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
