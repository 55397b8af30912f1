"""An experiment: everything a run depends on, in one frozen object."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from nnlab.config.base import Config, Count, NonNegative, Positive, Seed
from nnlab.config.datasets import AnyDataset
from nnlab.config.losses import AnyLoss, CrossEntropyConfig, MSEConfig
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.config.schedules import AnySchedule, ConstantConfig

RUN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class EarlyStoppingConfig(Config):
    """Stop a replica whose monitored metric no longer improves."""

    patience: Count = 5
    """Evaluations without improvement before the replica stops."""
    min_delta: NonNegative = 0.0
    """A change of at most this is no improvement."""


class CheckpointConfig(Config):
    """Moments to save at, whichever comes first."""

    epochs: Count | None = None
    """Epochs between two checkpoints."""
    steps: Count | None = None
    """Optimizer steps between two checkpoints."""
    seconds: Positive | None = None
    """Time between two checkpoints [s]."""


class TrainConfig(Config):
    """How long, on what, and watched by what the model trains."""

    epochs: Count = 10
    """Passes over the training examples."""
    batch_size: Count | Literal["full"] = 64
    """Examples in one step; full: all of them."""
    seed: Seed = 0
    """Seed of the first replica: initial weights, order of the examples, dropout."""
    seeds: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Replicas, trained together, with seeds seed, seed + 1, ..."""
    shuffle: bool = True
    """A new random order in every epoch; false: the order of the file."""
    engine: Literal["auto", "autograd", "fused", "numpy", "sklearn"] = "auto"
    """What computes the gradients; auto: fused for dense networks, else autograd."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it computes; auto: CUDA when present."""
    threads: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = "auto"
    """Processor threads; auto: torch's default, or 1 where a step is too small to share."""
    precision: Literal["float32", "bf16", "float64"] = "float32"
    """Type of weights and features; bf16: products in bfloat16, weights in float32."""
    clip_norm: Positive | None = None
    """Largest norm of a replica's whole gradient; longer ones are scaled down."""
    eval_every: Count = 1
    """Epochs between two lines of metrics."""
    log_every: Count | None = None
    """Steps between two batches whose own loss is shown and kept; none: the epoch's mean only."""
    monitor: Annotated[str, Field(pattern=r"^(val|test)\.[a-z0-9]+$")] = "val.loss"
    """The metric that names the best epoch: val.loss, val.accuracy, ..."""
    early_stopping: EarlyStoppingConfig | None = None
    """When to stop a replica before its last epoch; none: never."""
    select: Literal["last", "best"] = Field(
        default_factory=lambda data: "best" if data.get("early_stopping") else "last"
    )
    """The weights that are tested and predict; default: last, or best with early stopping."""
    checkpoint_every: CheckpointConfig | None = None
    """When to save; none: every epoch while that takes under 1 % of the time, or after 30 s."""
    limit_batches: Count | None = None
    """Most batches of an epoch, for a quick try."""
    max_minutes: Positive | None = None
    """Training time after which no new epoch begins [minutes]."""


def _default_loss(data: dict[str, Any]) -> CrossEntropyConfig | MSEConfig:
    dataset = data.get("dataset")
    is_regression = dataset is not None and dataset.task == "regression"
    return MSEConfig() if is_regression else CrossEntropyConfig()


class ExperimentConfig(Config):
    """An experiment file."""

    name: Annotated[str, Field(pattern=RUN_NAME)] = "experiment"
    """Name of the experiment and of its runs; default: the name of the file."""
    dataset: AnyDataset
    """What is learned from."""
    model: AnyModel
    """What learns."""
    loss: AnyLoss = Field(default_factory=_default_loss)
    """What is made small; default: cross_entropy for classes, mse for numbers."""
    optimizer: AnyOptimizer
    """How weights are changed."""
    schedule: AnySchedule = ConstantConfig()
    """How the learning rate changes."""
    train: TrainConfig = TrainConfig()
    """How long, on what, and watched by what the model trains."""
    ignore: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Rules of nnlab check that do not apply here, each with the reason; no part of the training."""

    def training_fields(self) -> dict[str, Any]:
        """Return all that a run depends on: what the linter ignores is no part of it."""
        return self.model_dump(exclude={"ignore"})
