"""A run whose networks can be drawn over a plane or a line, read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from nnlab.config.resolve import load_examples, load_feature_map
from nnlab.data.splits.division import divide
from nnlab.errors import RunError
from nnlab.runs.load import open_run
from nnlab.runs.networks import MemoryNetworks
from nnlab.runs.predictor import Predictor
from nnlab.runs.weights import frames_in, snapshot_of
from nnlab.ui.helper.networks import ask, check_own, takes_torch
from nnlab.ui.helper.sample import chosen_points, extent_of, feature_names
from nnlab.ui.worker.protocol import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from nnlab.data.types import Examples
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.run_dir import RunDir
    from nnlab.ui.helper.client import Helper

Kind = Literal["regions", "bands", "none"]


@dataclass(frozen=True)
class DrawnRun:
    """A run, its data, and the weights that it keeps.

    Attributes:
        run: The run.
        kept: Weights ``(S, ...)`` by epoch; none of those that take torch, at the epoch that is known.
        data_dir: Folder of installed data.
        helper: Answers for networks that take torch.
    """

    run: StoredRun
    kept: Mapping[int, Mapping[str, np.ndarray]]
    data_dir: Path
    helper: Helper

    @classmethod
    def load(cls, folder: RunDir, folders: Folders, helper: Helper) -> DrawnRun:
        """Read a run and its weights.

        Raises:
            RunError: If the run is damaged, or its data are elsewhere.
        """
        run = open_run(folder).with_table(None)
        check_own(run)
        return cls(run, _kept(run), folders.data, helper)

    @cached_property
    def examples(self) -> Examples:
        """The data.

        Raises:
            DataError: If they are missing.
        """
        return load_examples(self.run.config.dataset, self.data_dir)

    @cached_property
    def raw(self) -> np.ndarray:
        """The features that are drawn, ``(N, 2)`` or ``(N, 1)``, in the units of the data."""
        raw = self.run.config.dataset.raw
        return self.examples.inputs if raw is None else load_examples(raw, self.data_dir).inputs

    @property
    def kind(self) -> Kind:
        """What its networks answer: classes of a plane, numbers of a line, or what cannot be drawn."""
        run = self.run
        has_map = run.config.dataset.raw is not None
        if not (has_map or run.preprocessing.are_columns):
            return "none"
        shape = (2,) if has_map else run.spec.input_shape
        if run.spec.task == "classification" and shape == (2,):
            return "regions"
        return "bands" if run.spec.task == "regression" and shape == (1,) else "none"

    @property
    def is_of_pictures(self) -> bool:
        """Whether its networks tell classes of pictures."""
        spec = self.run.spec
        return spec.task == "classification" and len(spec.input_shape) == 3

    @property
    def takes_torch(self) -> bool:
        """Whether its networks answer only with torch."""
        return takes_torch(self.run.config)

    def seeds(self, weights: Mapping[str, np.ndarray]) -> list[int]:
        """Return the seeds that weights are of."""
        seeds = self.run.config.train.replica_seeds
        if self.takes_torch:
            return [seeds[replica] for replica in self.run.alive]
        return [*seeds[: len(next(iter(weights.values())))]]

    def networks(self, weights: Mapping[str, np.ndarray]) -> MemoryNetworks:
        """Return the dense networks of weights ``(S, ...)``."""
        run = self.run
        num_replicas = len(self.seeds(weights))
        train = run.config.train.model_copy(update={"seeds": num_replicas})
        config = run.config.model_copy(update={"train": train})
        alive = list(range(num_replicas))
        return MemoryNetworks(run.id, config, run.preprocessing, run.spec, alive, dict(weights))

    def answers(self, points: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return what each replica answers: probabilities ``(S, N, C)``, or values ``(S, N)``.

        Args:
            points: In the units of the data, ``(N, 2)`` or ``(N, 1)``.
            weights: ``(S, ...)``.
        """
        rows = self.rows(points)
        if self.takes_torch:
            return ask(self.helper, self.run.id, rows)
        return Predictor(self.networks(weights)).of_replicas(rows)

    def first_images(self, weights: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return the weights of the first layer as images ``(S, U, H, W)``; None if they are none."""
        model, shape = self.run.config.model, self.run.spec.input_shape
        if len(shape) != 3 or model.is_estimator:
            return None
        if self.takes_torch:
            found = self.helper.ask({"do": "first_images", "run": self.run.id})
            return unpack(found["images"]).get("images")
        first = weights[f"{model.layer_names[0]}.weight"]
        return first.reshape(*first.shape[:2], *shape[1:]) if shape[0] == 1 else None

    def rows(self, points: np.ndarray) -> np.ndarray:
        """Return the features that the run computes from points."""
        dataset = self.run.config.dataset
        return points if dataset.raw is None else load_feature_map(dataset)(points)

    @property
    def feature_names(self) -> list[str]:
        """Names of the drawn features."""
        return feature_names(self.examples, self.raw)

    def extent(self) -> list[tuple[float, float]]:
        """Return the least and the largest shown value of each feature."""
        return extent_of(self.raw)

    def split_names(self) -> tuple[np.ndarray, np.ndarray]:
        """Return some of the examples by number, and the split of each; as for the first seed."""
        config = self.run.config.of_first_seed().dataset.split
        sizes = self.run.meta.get("num_examples", {})
        indices = divide(config, self.examples, sizes)
        return chosen_points(self.raw, indices)


def _kept(run: StoredRun) -> Mapping[int, Mapping[str, np.ndarray]]:
    """Return the kept frames; without any, the weights of the end as its only frame."""
    if takes_torch(run.config):
        return {run.summary["epochs"]: {}} if run.status == "finished" else {}
    try:
        snapshot = snapshot_of(run, run.arrays)
    except RunError:
        return {}
    if frames := frames_in(run, snapshot):
        return frames
    progress = run.arrays.progress
    return {int(str(progress["epoch"])): run.weight_arrays("last")}
