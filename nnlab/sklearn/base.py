"""What a classifier and a regressor have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from nnlab.config.arrays import NAME
from nnlab.errors import ConfigError, DataError
from nnlab.runs.arrays import raw_of
from nnlab.runs.load import StoredRun, open_run
from nnlab.runs.network_bytes import from_bytes, to_bytes
from nnlab.runs.networks import MemoryNetworks, networks_of
from nnlab.runs.predictor import Predictor
from nnlab.sklearn.parameters import experiment_of, parameters_of
from nnlab.storage.folders import Folders
from nnlab.storage.registry import find_run
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from nnlab.config.dataset_base import Task
    from nnlab.data.types import Examples
    from nnlab.storage.schemas import Record


class NNEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A dense network that scikit-learn can fit, clone, search and store.

    Attributes:
        n_features_in_: Number of features.
        feature_names_in_: Their names, if the training rows were a data frame of named columns.
        history_: Metrics of each evaluated epoch and seed, as metrics.jsonl has them.
    """

    _networks: MemoryNetworks
    history_: list[Record]

    @classmethod
    def from_run(
        cls,
        run: str | Path | RunDir | StoredRun,
        *,
        checkpoint: str | None = None,
        runs_dir: str | Path | None = None,
    ) -> Self:
        """Return the networks of a stored run as a fitted estimator, independent of its folder.

        It takes rows as the run's data have them: numbers, or a data frame with the columns of its
        table, whose categories, dates and missing cells it encodes; of pictures, their pixels as
        uint8, ``(N, ...)``. Its parameters are those of the run as far as it has them: a clone of it
        trains a dense network with them.

        Args:
            run: The run.
            checkpoint: ``last`` or ``best``; default: the weights the experiment selects.
            runs_dir: Folder of runs.

        Raises:
            RunError: If the run has no usable weights, or another task.
        """
        if isinstance(run, str | Path):
            run = find_run(str(run), Folders.choose(runs_dir).runs)
        stored = open_run(run) if isinstance(run, RunDir) else run
        cls._check_task(stored)
        estimator = cls(**parameters_of(stored.config, cls._get_param_names()))
        estimator._take(networks_of(stored, checkpoint))
        estimator.history_ = stored.folder.metrics
        return estimator

    def _keep(self, given: Mapping[str, Any]) -> None:
        """Keep each parameter as the attribute of its name, unchecked, as scikit-learn wants it.

        Args:
            given: The local variables of ``__init__``.
        """
        self.__dict__.update({name: given[name] for name in self._get_param_names()})

    @classmethod
    def _check_task(cls, run: StoredRun) -> None:
        raise NotImplementedError

    def _train(self, task: Task, examples: Examples, **changes: Any) -> None:
        """Train the networks on examples.

        Args:
            task: What is predicted.
            examples: The training rows; those for validation are taken from them.
            **changes: Parameters that differ from those of the estimator.

        Raises:
            ValueError: If a parameter is not allowed, or does not fit the examples.
        """
        from nnlab.runs.in_memory import train_in_memory

        try:
            config = experiment_of({**self.get_params(deep=False), **changes}, task)
            networks, self.history_ = train_in_memory(config, examples, type(self).__name__)
        except (ConfigError, DataError) as error:
            raise ValueError(str(error)) from error
        self._networks = networks

    def _take(self, networks: MemoryNetworks) -> None:
        """Become the networks of a run."""
        columns = networks.preprocessing.table_columns
        self._networks = networks
        self.n_features_in_ = len(columns) or int(np.prod(networks.spec.input_shape))
        if columns:
            self.feature_names_in_ = np.array([column.name for column in columns], dtype=object)

    def _answers(self, X: ArrayLike) -> np.ndarray:  # noqa: N803 (scikit-learn's name)
        """Return the mean over the seeds of what they predict."""
        check_is_fitted(self)
        return Predictor(self._networks)(self._raw(X))

    def _spread(self, X: ArrayLike) -> np.ndarray:  # noqa: N803
        """Return the standard deviation over the seeds of what they predict."""
        check_is_fitted(self)
        if len(self._networks.alive) < 2:
            msg = "a spread needs two seeds at least; fit with seeds=5, for example"
            raise ValueError(msg)
        spread: np.ndarray = Predictor(self._networks).of_replicas(self._raw(X)).std(0, ddof=1)
        return spread

    def _raw(self, X: ArrayLike) -> ArrayLike:  # noqa: N803
        """Return rows as the networks were given them for training."""
        networks = self._networks
        if networks.config.dataset.name == NAME:
            features: np.ndarray = validate_data(self, X, reset=False, dtype=np.float64)
            return features
        if networks.preprocessing.feature_names:
            return raw_of(networks, X)
        pictures = np.asarray(X)
        return pictures.reshape(len(pictures), *networks.spec.input_shape)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_networks")

    def __getstate__(self) -> dict[str, Any]:
        """Return the parameters and fitted attributes; the networks as bytes of safetensors."""
        state: dict[str, Any] = super().__getstate__().copy()
        if "_networks" in state:
            state["_networks"] = to_bytes(self._networks)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_networks" in state:
            state = {**state, "_networks": from_bytes(state["_networks"])}
        super().__setstate__(state)
