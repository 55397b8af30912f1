"""Logistic regression with scikit-learn's L-BFGS: the reference for the other learners."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from nnlab.learners.protocol import OneByOne, ignore

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnlab.learners.protocol import LearningRates
    from nnlab.tasks.classification import Classification


class SklearnLearner(OneByOne):
    """R logistic regressions behind the learner protocol; one step solves the whole problem.

    Args:
        weight: ``(R, C, D)``, changed in place.
        bias: ``(R, C)``, changed in place.
        task: Class weights and metrics.
        C: Inverse strength of the L2 penalty, or None for none.
        max_iter: Maximum number of iterations.
        tolerance_grad: Stop when no component of the gradient exceeds this.
    """

    NEEDS_AUTOGRAD: ClassVar[bool] = False

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        task: Classification,
        *,
        C: float | None,  # noqa: N803 - scikit-learn's name
        max_iter: int,
        tolerance_grad: float,
    ) -> None:
        self.weight = weight
        self.bias = bias
        self.task = task
        self.on_phase: Callable[[str], object] = ignore
        self.C = C
        self.max_iter = max_iter
        self.tolerance_grad = tolerance_grad
        self.iterations = [0] * len(weight)

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Solve for each replica; the learning rate is ignored."""
        losses = []
        for replica in range(len(lrs)):
            rows = inputs[replica].flatten(1)
            self._solve(replica, rows.numpy(), targets[replica].numpy())
            logits = rows @ self.weight[replica].T + self.bias[replica]
            losses.append(self.task.criterion(logits, targets[replica]))
        return torch.stack(losses)

    def _solve(self, replica: int, rows: np.ndarray, targets: np.ndarray) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        sample_weight = None
        if self.task.class_weight is not None:
            sample_weight = self.task.class_weight.numpy()[targets]
        solver = LogisticRegression(
            C=np.inf if self.C is None else self.C, max_iter=self.max_iter, tol=self.tolerance_grad
        )
        with warnings.catch_warnings():
            # max_iter is the user's choice; reaching it is not an error.
            warnings.simplefilter("ignore", ConvergenceWarning)
            solver.fit(rows, targets, sample_weight)
        weight, bias = torch.from_numpy(solver.coef_), torch.from_numpy(solver.intercept_)
        if len(weight) == 1:  # two classes: scikit-learn stores one row, the difference of both
            weight, bias = torch.cat([-weight, weight]) / 2, torch.cat([-bias, bias]) / 2
        self.weight[replica] = weight
        self.bias[replica] = bias
        self.iterations[replica] += int(solver.n_iter_.max())

    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the logits of every replica; see ``Learner``."""
        return inputs.flatten(2 if is_varied else 1) @ self.weight.mT + self.bias[:, None]

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the parameters; see ``Learner``."""
        return {"linear.weight": self.weight.clone(), "linear.bias": self.bias.clone()}

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load the parameters; see ``Learner``."""
        self.weight.copy_(weights["linear.weight"])
        self.bias.copy_(weights["linear.bias"])

    def state_dict(self) -> dict[str, Tensor]:
        """Return the iterations so far."""
        return {"iterations": torch.tensor(self.iterations)}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore the iterations so far."""
        self.iterations = state["iterations"].tolist()
