"""Whether the user's own code keeps what nnlab promises of replicas, found by training a few steps."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from nnlab.assembly.job import job_of
from nnlab.config.own import own_sections
from nnlab.config.resolve import load_examples
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.own_code import Source
    from nnlab.data.types import Examples
    from nnlab.training.job import Job

NUM_STEPS, NUM_SEEDS = 3, 3
# What draws from a state that all replicas share, or that no checkpoint has, and what to do instead.
SUSPECTS = {
    "numpy.random": "draw with torch, or make a generator from a fixed seed where you draw",
    "random": "draw with torch, or make a random.Random(seed) where you draw",
    "time": "results must not depend on the time",
    "torch.manual_seed": "leave it out: nnlab seeds torch for each replica and step",
    "torch.Generator": "leave out the generator: nnlab seeds torch's own for each replica and step",
}
# Generators of their own.
OF_A_SEED = {"default_rng", "Random", "RandomState"}


class CodeReport(NamedTuple):
    """What training a few steps showed.

    Attributes:
        files: The files of own code.
        problems: What differs, and the lines that may be why.
    """

    files: tuple[str, ...]
    problems: tuple[str, ...]


def check_code_of(config: ExperimentConfig, data_dir: Path) -> CodeReport:
    """Run an experiment's own code, and compare what should be the same bytes.

    Three steps of three seeds together are compared with each seed alone, with a training that is
    saved and loaded after two steps, and with evaluating twice.

    Raises:
        OwnCodeError: If the code fails.
        DataError: If the data are missing or unusable.
    """
    train = config.train.model_copy(update={"seeds": NUM_SEEDS, "threads": 1, "device": "cpu"})
    together = config.model_copy(update={"train": train})
    with deterministic(), threads(1):
        examples = load_examples(config.dataset, data_dir)
        problems = [*_changed_data(config, data_dir, examples), *_differences(together, examples)]
    if problems:
        problems += [text for source in _sources(config) for text in suspects(source)]
    return CodeReport(tuple(sorted(config.code)), tuple(problems))


def _sources(config: ExperimentConfig) -> list[Source]:
    return [section.name.source for _, section in own_sections(config)]


def _changed_data(config: ExperimentConfig, data_dir: Path, examples: Examples) -> Iterator[str]:
    if load_examples(config.dataset, data_dir).sha256 != examples.sha256:
        yield f"{config.dataset.name} returns other data when it is called again"


def _differences(config: ExperimentConfig, examples: Examples) -> Iterator[str]:
    expected = _train(job_of(config, examples))
    for replica, seed in enumerate(config.train.replica_seeds):
        own = config.train.model_copy(update={"seed": seed, "seeds": 1})
        alone = _train(job_of(config.model_copy(update={"train": own}), examples))
        if name := _first(expected, alone, replica):
            yield f"after {NUM_STEPS} steps, {name} of seed {seed} is not the same alone as with others"
            break
    resumed = job_of(config, examples)
    other = job_of(config, examples)
    _steps(resumed, range(NUM_STEPS - 1))
    other.learner.load_weights(resumed.learner.weights())
    other.learner.load_state_dict(resumed.learner.state_dict())
    if name := _first(expected, _train(other, range(NUM_STEPS - 1, NUM_STEPS))):
        yield f"{name} is not the same after saving and loading: a state is in no parameter or buffer"
    inputs = resumed.probe.inputs
    with torch.inference_mode():
        if not torch.equal(*(resumed.learner.predict(inputs) for _ in range(2))):
            yield "evaluating twice gives other outputs: forward draws numbers although training is off"


def _train(job: Job, steps: range = range(NUM_STEPS)) -> dict[str, Tensor]:
    _steps(job, steps)
    return job.learner.weights()


def _steps(job: Job, steps: range) -> None:
    rates = [job.lr] * len(job.seeds)
    for step in steps:
        inputs, targets = job.batches.batch(0, step % job.batches.num_batches)
        job.learner.train_step(inputs, targets, lrs=rates)


def _first(
    together: Mapping[str, Tensor], other: Mapping[str, Tensor], replica: int | None = None
) -> str | None:
    """Return the first weight whose bytes differ; of one replica, or of all."""
    for name, tensor in together.items():
        own = tensor if replica is None else tensor[replica : replica + 1]
        if not torch.equal(own.nan_to_num(), other[name].nan_to_num()):
            return name
    return None


def suspects(source: Source) -> Iterator[str]:
    """Yield the lines of a source that draw from a shared state, each with what to do instead."""
    for file, data in source.files.items():
        names: dict[str, str] = {}
        tree = ast.parse(data)
        for node in ast.walk(tree):
            names |= _imported(node)
        attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        seeded = {id(node.value) for node in attributes if node.attr in OF_A_SEED}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute | ast.Name) and id(node) not in seeded:
                called = _full_name(node, names)
                if called in SUSPECTS:
                    yield f"{file}:{node.lineno}: {called}: {SUSPECTS[called]}"


def _imported(node: ast.AST) -> dict[str, str]:
    """Return the names that an import binds, with what they stand for."""
    match node:
        case ast.Import(names=aliases):
            return {
                a.asname or a.name.partition(".")[0]: a.name
                if a.asname
                else a.name.partition(".")[0]
                for a in aliases
            }
        case ast.ImportFrom(module=str(module), names=aliases):
            return {a.asname or a.name: f"{module}.{a.name}" for a in aliases}
        case _:
            return {}


def _full_name(node: ast.Attribute | ast.Name, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    value: Any = node.value
    above = _full_name(value, names) if isinstance(value, ast.Attribute | ast.Name) else ""
    return f"{above}.{node.attr}" if above else ""
