"""Estimators of scikit-learn behind the learner protocol: one step fits each replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from nnlab.data.batches import as_float
from nnlab.errors import RunError
from nnlab.learners.protocol import OneByOne, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.data.types import Split
    from nnlab.learners.protocol import LearningRates
    from nnlab.models.estimators import Estimator
    from nnlab.tasks.protocol import Task

# Rows whose outputs are identified, and rows whose loss is the training loss.
NUM_IDENTIFIED = 1_000
NUM_MEASURED = 10_000


class EstimatorLearner(OneByOne):
    """R estimators, fitted one after another.

    Their weights are digests of their outputs: loading them fits the estimators again, and checks
    that the outputs are the same.

    Args:
        models: One per replica.
        task: Criterion and metrics.
        seeds: One per replica: its random state.
        train: The rows to fit.
        identified: The rows whose outputs tell whether two fits are the same.
        dtype: Type of the rows.
    """

    NEEDS_AUTOGRAD: ClassVar[bool] = False
    iterations: ClassVar[None] = None

    def __init__(
        self,
        models: Sequence[Estimator],
        task: Task,
        *,
        seeds: Sequence[int],
        train: Split,
        identified: Split,
        dtype: torch.dtype,
    ) -> None:
        self.models = models
        self.task = task
        self.seeds = seeds
        self.train = train
        self.identified = identified
        self.dtype = dtype
        self.on_phase: Callable[[str], object] = ignore

    @property
    def num_values(self) -> int:
        """Numbers that the first replica has learned."""
        return self.models[0].num_values

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Fit each replica; the learning rate is ignored."""
        losses = []
        for replica in range(len(lrs)):
            self._fit(replica, inputs[replica], targets[replica])
            chosen = _evenly(len(targets[replica]), NUM_MEASURED)
            outputs = self.models[replica](inputs[replica][chosen])
            losses.append(self.task.criterion(outputs, targets[replica][chosen]))
        return torch.stack(losses)

    def _fit(self, replica: int, inputs: Tensor, targets: Tensor) -> None:
        weight = self.task.class_weight
        sample_weight = None if weight is None else weight[targets].numpy()
        model = self.models[replica]
        rows = inputs.flatten(1).numpy()
        model.fit(rows, targets.numpy(), seed=self.seeds[replica], sample_weight=sample_weight)
        split = self.identified.of(replica)
        chosen = split.select(_evenly(len(split), NUM_IDENTIFIED))
        model.identify(as_float(chosen.inputs, self.dtype))

    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs of every replica; see ``Learner``."""
        of_replicas = inputs if is_varied else [inputs] * len(self.models)
        return torch.stack([m(own) for m, own in zip(self.models, of_replicas, strict=True)])

    def weights(self) -> dict[str, Tensor]:
        """Return the digests ``(R, 4)``; see ``Learner``."""
        return {"digest": torch.stack([model.digest for model in self.models])}

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Fit the replicas again.

        Raises:
            RunError: If their outputs are not the stored ones.
        """
        import sklearn

        for replica, (model, digest) in enumerate(zip(self.models, weights["digest"], strict=True)):
            if model.fitted is None:
                split = self.train.of(replica)
                self._fit(replica, as_float(split.inputs, self.dtype), split.targets)
            if not torch.equal(model.digest, digest):
                msg = (
                    f"the {model.name} of seed {self.seeds[replica]} is not stored but fitted again, "
                    f"and its predictions are not those of the run\nthe run was fitted by another "
                    f"version of scikit-learn (here: {sklearn.__version__}; meta.json has the run's) "
                    f"or on another kind of computer, or its files were changed"
                )
                raise RunError(msg)

    def state_dict(self) -> dict[str, Tensor]:
        """Return nothing: the fit is one step."""
        return {}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Do nothing."""


def _evenly(length: int, most: int) -> Tensor:
    """Return at most ``most`` evenly spaced indices."""
    return torch.linspace(0, length - 1, min(length, most), dtype=torch.float64).long()
