"""A finished run with its data and its weights, as pictures need it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from nnlab.data.batches import as_float
from nnlab.errors import RunError
from nnlab.metrics import Metrics
from nnlab.report.plane import in_units, plane_of
from nnlab.report.style import format_label
from nnlab.runs.results import load_outputs
from nnlab.storage.schemas import survivors
from nnlab.storage.seeds import alive, num_tested
from nnlab.tasks.classification import probabilities

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Split
    from nnlab.report.plane import Plane
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.schemas import Record, SplitName, Summary
    from nnlab.training.job import Job


@dataclass(frozen=True)
class RunView:
    """A finished run, ready to be drawn.

    Attributes:
        run: The run.
        summary: Its final metrics.
        records: Its metrics, by epoch and seed.
        job: Its data, and a learner with the weights the experiment selects.
        data_dir: Folder of installed data.
    """

    run: StoredRun
    summary: Summary
    records: list[Record]
    job: Job
    data_dir: Path

    @classmethod
    def load(cls, run: StoredRun, folders: Folders) -> RunView:
        """Read the data that a finished run was trained on, and its weights.

        Raises:
            RunError: If the run is not finished, or is damaged.
            DataError: If its data are missing.
        """
        summary = run.summary
        if run.config.dataset.split.vary and 0 not in alive(summary):
            msg = f"the first seed of run {run.id}, which pictures show, has diverged"
            raise RunError(msg)
        stored = run.with_table(folders.table)
        config, weights = stored.to_read("cpu").config, run.weights()
        if config.dataset.split.vary:  # pictures show the first seed on its own split
            config = config.of_first_seed()
            weights = {name: tensor[:1] for name, tensor in weights.items()}
        job = run.build_job(config, folders.data)
        job.learner.load_weights(weights)
        return cls(stored, summary, run.folder.metrics, job, folders.data)

    @property
    def config(self) -> ExperimentConfig:
        """The experiment."""
        return self.run.config

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; empty for regression."""
        return self.job.dataset.preprocessing.class_names

    @property
    def shown_names(self) -> list[str]:
        """Names of the classes, formatted for a picture."""
        return [format_label(name) for name in self.class_names]

    @property
    def shown_features(self) -> list[str]:
        """Names of the features, formatted for a picture; empty for images."""
        return [format_label(name) for name in self.job.dataset.preprocessing.feature_names]

    @property
    def shown_target(self) -> str:
        """Name of the target, formatted for a picture."""
        dataset = self.config.dataset
        return format_label(dataset.target_name) if dataset.table_path else "y"

    @property
    def is_images(self) -> bool:
        """Whether an example is an image that can be shown, ``(1, H, W)`` or ``(3, H, W)``."""
        shape = self.job.dataset.spec.input_shape
        return len(shape) == 3 and shape[0] in {1, 3}

    @property
    def num_features(self) -> int:
        """Number of features of a table; 0 for images."""
        shape = self.job.dataset.spec.input_shape
        return shape[0] if len(shape) == 1 else 0

    @property
    def is_line(self) -> bool:
        """Whether the input is one column of numbers."""
        return self.num_features == 1 and self.job.dataset.preprocessing.are_columns

    @cached_property
    def plane(self) -> Plane | None:
        """The two raw features that the inputs are computed from; None if there are no such two."""
        return plane_of(self.job, self.config.of_first_seed().dataset, self.data_dir)

    @property
    def held_out(self) -> tuple[SplitName, Split] | None:
        """The test split, else the validation split, with its name."""
        name, split = next(iter(self.job.dataset.splits.items()))
        return None if name == "train" else (name, split)

    @property
    def test_metrics(self) -> list[Metrics]:
        """Metrics of each seed on the test split."""
        return [Metrics.from_json(seed["test"]) for seed in survivors(self.summary)]

    @cached_property
    def test_outputs(self) -> tuple[Tensor, Tensor]:
        """Stored outputs ``(R, N, C)`` or values ``(R, N)`` and targets ``(N,)`` of the test split.

        If each seed has its own split, they are those of the first seed.

        Raises:
            RunError: If they are missing or damaged.
        """
        outputs, targets = load_outputs(self.run.folder, self.summary)
        kept = alive(self.summary)
        if targets.dim() == 2:
            size = num_tested(self.summary, kept[0])
            return outputs[kept[:1], :size], targets[kept[0], :size]
        return outputs[kept], targets

    @cached_property
    def test_probabilities(self) -> Tensor:
        """Probability of each class for each test example and seed, ``(R, N, C)``."""
        return self.probabilities(self.test_outputs[0])

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Return the probabilities ``(..., C)`` of outputs, float64."""
        return probabilities(outputs.double(), self.config.model.output_squashing)

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> Tensor:
        """Return the outputs of every replica ``(R, N, C)`` for preprocessed inputs.

        Replicas that have diverged are left out.
        Values ``(R, N, 1)`` are in the unit of the target.
        """
        outputs = self.job.learner.predict(as_float(inputs, self.job.dtype))
        scale = self.job.dataset.preprocessing.target
        outputs = outputs if scale is None else scale.restored(outputs)
        return outputs[alive(self.summary)] if len(outputs) > 1 else outputs

    def to_raw(self, inputs: Tensor) -> np.ndarray:
        """Return preprocessed features in the units of the data, ``(N, D)``."""
        return in_units(inputs, self.job.dataset)

    def from_raw(self, raw: np.ndarray) -> Tensor:
        """Return raw features ``(N, D)`` preprocessed for the model."""
        from nnlab.data.prepare import to_inputs

        return to_inputs(raw, self.job.dataset.preprocessing, dtype=self.job.dtype)
