"""Networks as bytes: safetensors, whose metadata hold everything else as JSON. Nothing is pickled."""

from __future__ import annotations

import json
from typing import Any

import safetensors
import safetensors.numpy

from nnlab.assembly.shapes import weight_shapes
from nnlab.config.arrays import NAME, experiment_on_arrays
from nnlab.config.experiment import ExperimentConfig
from nnlab.errors import NnlabError, RunError
from nnlab.runs.networks import MemoryNetworks
from nnlab.runs.preprocessing import preprocessing_from_json, preprocessing_to_json
from nnlab.storage.preprocessing_schema import Preprocessing
from nnlab.storage.schemas import parse
from nnlab.training.guards import check_weights_fit

KEY = "nnlab"


def to_bytes(networks: MemoryNetworks) -> bytes:
    """Return networks as a safetensors file."""
    described = {
        "id": networks.id,
        "experiment": _described(networks.config),
        "preprocessing": preprocessing_to_json(networks.preprocessing, networks.spec),
        "alive": networks.alive,
    }
    return safetensors.numpy.save(networks.arrays, {KEY: json.dumps(described, allow_nan=False)})


def from_bytes(content: bytes) -> MemoryNetworks:
    """Return the networks that ``to_bytes`` wrote.

    Raises:
        RunError: If they are damaged.
    """
    try:
        described = _metadata(content)
        config = _experiment(described["experiment"])
        stored = parse(Preprocessing, json.dumps(described["preprocessing"]))
        fitted, spec = preprocessing_from_json(stored, config, "the estimator")
        arrays = safetensors.numpy.load(content)
        shapes = weight_shapes(config.model, spec)
        seeds = config.train.seeds
        check_weights_fit(arrays, {name: (seeds, *shape) for name, shape in shapes.items()})
        alive = [r for r in range(seeds) if r in described["alive"]]
        return MemoryNetworks(described["id"], config, fitted, spec, alive, arrays)
    except (KeyError, TypeError, ValueError, NnlabError, safetensors.SafetensorError) as error:
        msg = f"the stored estimator is damaged: {error}"
        raise RunError(msg) from error


def _metadata(content: bytes) -> Any:
    """Return what is described in the header of a safetensors file."""
    size = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + size])["__metadata__"][KEY])


def _described(config: ExperimentConfig) -> dict[str, Any]:
    """Return an experiment as plain values, whatever its data are."""
    sections = config.model_dump(mode="json", exclude={"dataset"})
    return {**sections, "dataset": config.dataset.model_dump(mode="json")}


def _experiment(value: dict[str, Any]) -> ExperimentConfig:
    if value["dataset"]["name"] == NAME:
        return experiment_on_arrays(value)
    return ExperimentConfig.model_validate(value)
