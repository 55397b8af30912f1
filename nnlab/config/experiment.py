"""An experiment: everything a run depends on, in one frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SerializeAsAny, model_validator

from nnlab.config.base import Config, Count, NonNegative, Positive, Seed
from nnlab.config.datasets import AnyDataset
from nnlab.config.estimators import RAW_TARGET, TABLES, TRAINING, AnyEstimator
from nnlab.config.losses import AnyLoss, CrossEntropyConfig, MSEConfig
from nnlab.config.messages import MONITOR, RUN_NAME
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer, NoOptimizerConfig
from nnlab.config.own import BASES, OwnMetrics, or_own, own_sections
from nnlab.config.schedules import AnySchedule, ConstantConfig
from nnlab.config.splits import seeds_of_folds


class EarlyStoppingConfig(Config):
    """Stop a replica whose monitored metric no longer improves."""

    patience: Count = 5
    """Evaluations without improvement before the replica stops."""
    min_delta: NonNegative = 0.0
    """Changes up to this size do not count as improvement."""


class CheckpointConfig(Config):
    """When to save a checkpoint: whichever comes first."""

    epochs: Count | None = None
    """Epochs between checkpoints."""
    steps: Count | None = None
    """Optimizer steps between checkpoints."""
    seconds: Positive | None = None
    """Time between checkpoints [s]."""


class TrainConfig(Config):
    """How the model is trained: duration, batches, engine, device, evaluation, checkpoints."""

    epochs: Count = 10
    """Passes over the training examples."""
    batch_size: Count | Literal["full"] = 64
    """Examples per step; full: all of them."""
    seed: Seed = 0
    """Seed of the first replica: initial weights, order of the examples, dropout."""
    seeds: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Number of replicas, trained together, with seeds seed, seed + 1, ...; default with folds: one each."""
    shuffle: bool = True
    """Reshuffle the examples every epoch; false: keep the file order."""
    engine: Literal["auto", "autograd", "vmap", "fused", "native", "numpy", "sklearn"] = "auto"
    """What computes the gradients; auto: native for dense networks on the CPU, else fused or autograd."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device to train on; auto: CUDA if available."""
    threads: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = "auto"
    """The most CPU threads; auto: as many as torch would take, fewer where they gain no time."""
    precision: Literal["float32", "bf16", "float64"] = "float32"
    """Type of weights and features; bf16: products in bfloat16, weights in float32."""
    clip_norm: Positive | None = None
    """Maximum norm of a replica's whole gradient; larger ones are scaled down."""
    eval_every: Count = 1
    """Epochs between evaluations."""
    log_every: Count | None = None
    """Steps between batches whose own loss is logged, from the first; none: only the epoch's mean."""
    monitor: Annotated[str, Field(pattern=MONITOR)] = "val.loss"
    """The metric that decides which epoch is best: val.loss, val.accuracy, ..."""
    early_stopping: EarlyStoppingConfig | None = None
    """When to stop a replica before its last epoch; none: never."""
    select: Literal["last", "best"] = Field(
        default_factory=lambda data: "best" if data.get("early_stopping") else "last"
    )
    """Weights used for testing and prediction; default: last, or best with early stopping."""
    checkpoint_every: CheckpointConfig | None = None
    """When to save; none: every epoch while that takes under 1 % of the time, or after 30 s."""
    limit_batches: Count | None = None
    """Maximum number of batches per epoch, for a quick try."""
    max_minutes: Positive | None = None
    """Training time after which no new epoch starts [minutes]."""

    @property
    def replica_seeds(self) -> range:
        """The seed of each replica."""
        return range(self.seed, self.seed + self.seeds)


def _default_loss(data: dict[str, Any]) -> CrossEntropyConfig | MSEConfig:
    dataset = data.get("dataset")
    is_regression = dataset is not None and dataset.task == "regression"
    return MSEConfig() if is_regression else CrossEntropyConfig()


def _is_estimator(model: Any) -> bool:
    name = model.get("name") if isinstance(model, Mapping) else getattr(model, "name", None)
    return bool(name == "sklearn")


def _for_editors(schema: dict[str, Any]) -> None:
    """Tell editors what the linter decides, and that sections can be own code with any keys.

    Networks need an optimizer, estimators none.
    """
    schema["required"].remove("optimizer")
    name = {"type": "string", "pattern": r"\.py:\w+$"}
    own = {"type": "object", "properties": {"name": name}, "required": ["name"]}
    for section in BASES:
        schema["properties"][section]["oneOf"].append(own)
    schema["properties"]["metrics"]["items"] = {"anyOf": [name, own]}


class ExperimentConfig(Config):
    """An experiment file."""

    name: Annotated[str, Field(pattern=RUN_NAME)] = "experiment"
    """Name of the experiment and of its runs; default: the name of the file."""
    dataset: Annotated[SerializeAsAny[AnyDataset], or_own("dataset")]
    """The data to train and test on."""
    model: Annotated[
        SerializeAsAny[Annotated[AnyModel | AnyEstimator, Field(discriminator="name")]],
        or_own("model"),
    ]
    """The model to train."""
    loss: Annotated[SerializeAsAny[AnyLoss], or_own("loss")] = Field(default_factory=_default_loss)
    """The loss to minimise; default: cross_entropy for classes, mse for numbers."""
    optimizer: Annotated[
        SerializeAsAny[Annotated[AnyOptimizer | NoOptimizerConfig, Field(discriminator="name")]],
        or_own("optimizer"),
    ]
    """How the weights are updated; an estimator of scikit-learn needs none."""
    schedule: AnySchedule = ConstantConfig()
    """How the learning rate changes."""
    train: TrainConfig = TrainConfig()
    """How the model is trained."""
    metrics: OwnMetrics = ()
    """Your own metrics, beside nnlab's: functions, FILE.py:NAME."""
    ignore: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Lint rules that do not apply, each with the reason; no effect on training."""

    model_config = ConfigDict(json_schema_extra=_for_editors)

    @model_validator(mode="before")
    @classmethod
    def _a_seed_for_each_fold(cls, value: Any) -> Any:
        """Fill in that each fold is trained once, where the experiment has one seed or says nothing."""
        folds = seeds_of_folds(value) if isinstance(value, Mapping) else None
        train = value.get("train", {}) if folds else None
        if folds is None or not isinstance(train, Mapping) or train.get("seeds", 1) != 1:
            return value
        return {**value, "train": {**train, "seeds": folds}}

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_estimators(cls, value: Any) -> Any:
        """Fill in how an estimator is trained, where the experiment says nothing about it."""
        if not isinstance(value, Mapping) or not _is_estimator(value.get("model")):
            return value
        train = value.get("train", {})
        if isinstance(train, Mapping):
            train = {**TRAINING, **train}
        dataset = value.get("dataset")
        if isinstance(dataset, Mapping) and dataset.get("standardize_target") in {None, "auto"}:
            dataset = {**dataset, **RAW_TARGET} if dataset.get("name") in TABLES else dataset
        return {"optimizer": {"name": "none"}, **value, "dataset": dataset, "train": train}

    def of_first_seed(self) -> ExperimentConfig:
        """Return the experiment of the first seed, with that seed's split."""
        split = self.dataset.split.of_seed(self.train.seed)
        dataset = self.dataset.model_copy(update={"split": split})
        train = self.train.model_copy(update={"seeds": 1})
        return self.model_copy(update={"dataset": dataset, "train": train})

    def training_fields(self) -> dict[str, Any]:
        """Return all that training depends on, apart from the data, which have a digest."""
        locations = set(self.dataset.location_keys)
        fields = self.model_dump(exclude={"ignore": True, "dataset": locations})
        return fields | ({"code": self.code} if self.code else {})

    @property
    def code(self) -> dict[str, str]:
        """The files of the user's own code, each with its SHA-256."""
        sources = [section.name.source for _, section in own_sections(self)]
        return {file: digest for source in sources for file, digest in source.digests.items()}
