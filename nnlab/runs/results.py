"""The results of a run: metrics of every split over the seeds, and outputs for the test split."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import safetensors
import safetensors.torch
import torch

from nnlab.data.batches import eval_batches
from nnlab.errors import RunError
from nnlab.learners.estimators import EstimatorLearner
from nnlab.storage import versions
from nnlab.storage.atomic import write_atomic
from nnlab.storage.result_dir import write_json
from nnlab.storage.schemas import SPLITS, survivors
from nnlab.storage.untrusted import read_plain
from nnlab.training.guards import diverged
from nnlab.training.loop import evaluate_and_predict, evaluate_split
from nnlab.training.memory import peak_bytes
from nnlab.training.outputs import Outputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Split
    from nnlab.metrics import Metrics
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import SplitName, Summary
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress
    from nnlab.training.recorder import Recorder

# Enough to see overfitting (+- 0.3 points of accuracy), whatever the size of the training split.
MAX_TRAIN_EXAMPLES = 10_000


def write_results(run: RunDir, config: ExperimentConfig, job: Job, recorder: Recorder) -> None:
    """Evaluate the selected weights once on every split; store metrics and test outputs.

    Raises:
        DivergedError: If a loss is not finite.
    """
    progress = recorder.progress
    is_best = config.train.select == "best" and bool(recorder.best)
    if is_best:
        job.learner.load_weights(recorder.best)
    health = job.probe.measure(job.learner)
    run.append_probe_record({"epoch": progress.epoch, **health._asdict()})
    splits = {**job.dataset.splits, "train": _sample(job.dataset.train)}
    evaluated, outputs = _evaluate(job, splits)
    kept = _finite_replicas(job, progress, evaluated)
    lost = [r for r in range(len(job.seeds)) if r not in kept]
    if outputs is not None and job.dataset.test is not None:
        outputs[lost] = 0
        tensors = {"logits": outputs, "targets": job.dataset.test.targets.cpu()}
        if sizes := job.dataset.test.sizes:
            tensors["sizes"] = torch.tensor(sizes)
            for r, size in enumerate(sizes):
                outputs[r, size:] = 0
        write_atomic(run.predictions_path, safetensors.torch.save(tensors))
    summary = {
        "schema_version": versions.RUN,
        "status": "finished",
        "name": config.name,
        "checkpoint": "best" if is_best else "last",
        "num_evaluated": {name: len(split) for name, split in splits.items()},
        "epochs": progress.epoch,
        "steps": progress.step,
        **{
            k: v
            for name, metrics in evaluated.items()
            for k, v in over_seeds(name, [metrics[r] for r in kept]).items()
        },
        "per_seed": [
            {**of_seed, **_fold(config, job, r)}
            for r, of_seed in enumerate(_per_seed(job, progress, evaluated, kept))
        ],
        **({"diverged_replicas": lost} if lost else {}),
        "num_parameters": _num_learned(job),
        "train_seconds": round(progress.seconds, 3),
        "peak_memory_bytes": peak_bytes(job.device),
    }
    write_json(run.summary_path, summary)


def _evaluate(
    job: Job, splits: Mapping[SplitName, Split]
) -> tuple[dict[SplitName, list[Metrics]], Tensor | None]:
    """Return the metrics of each split, and the outputs for the test split if there is one."""
    evaluated: dict[SplitName, list[Metrics]] = {}
    outputs = None
    for name, split in splits.items():
        if name == "test":
            evaluated[name], raw = evaluate_and_predict(job.learner, split, job.dtype)
            outputs = _stored(job, raw)
        else:
            evaluated[name] = evaluate_split(job.learner, split, job.dtype)
    return evaluated, outputs


def _num_learned(job: Job) -> int:
    """Return the numbers that one replica has learned."""
    learner = job.learner
    return learner.num_values if isinstance(learner, EstimatorLearner) else job.num_parameters


def _finite_replicas(
    job: Job, progress: Progress, evaluated: dict[SplitName, list[Metrics]]
) -> list[int]:
    """Return the replicas whose final losses are finite and that have not diverged before.

    Raises:
        DivergedError: If there are none.
    """
    kept, reasons = [], []
    for r, (seed, replica) in enumerate(zip(job.seeds, progress.replicas, strict=True)):
        where = f"epoch {progress.epoch}, step {progress.step} (lr = {job.rates[r].base:g})"
        losses = {name: metrics[r].scalars["loss"] for name, metrics in evaluated.items()}
        bad = [split for split in SPLITS if not math.isfinite(losses.get(split, 0.0))]
        reasons += [f"the {s} loss of seed {seed} is {losses[s]} after {where}" for s in bad]
        if not bad and not replica.has_diverged:
            kept.append(r)
    if not kept:
        raise diverged("; ".join(reasons[:1]) or "every seed has diverged")
    return kept


def _per_seed(
    job: Job,
    progress: Progress,
    evaluated: dict[SplitName, list[Metrics]],
    kept: Sequence[int],
) -> Iterator[dict[str, object]]:
    """Yield the results of each seed; of one that has diverged, only when."""
    for r, replica in enumerate(progress.replicas):
        result: dict[str, object] = {
            **job.labels[r],
            "best_epoch": replica.best_epoch,
            "stopped_epoch": replica.stopped_epoch,
        }
        if r in kept:
            result |= {name: metrics[r].to_json() for name, metrics in evaluated.items()}
        else:
            epoch = progress.epoch if replica.diverged_epoch is None else replica.diverged_epoch
            step = progress.step if replica.diverged_step is None else replica.diverged_step
            result["diverged"] = {"epoch": epoch, "step": step}
        yield result


def _fold(config: ExperimentConfig, job: Job, replica: int) -> dict[str, int]:
    """Return which fold a replica was tested on, and its size; nothing if there are no folds."""
    folds, test = config.dataset.split.folds, job.dataset.test
    if folds is None:
        return {}
    repeat, fold = divmod(job.seeds[replica], folds)
    size = {} if test is None else {"num_tested": len(test.of(replica))}
    return {"repeat": repeat, "fold": fold, **size}


def _sample(split: Split) -> Split:
    """Return a split, or evenly spaced examples of a large one."""
    if len(split) <= MAX_TRAIN_EXAMPLES:
        return split
    chosen = torch.linspace(0, len(split) - 1, MAX_TRAIN_EXAMPLES).long().to(split.targets.device)
    return split.select(chosen)


def predict_split(job: Job, split: Split) -> Tensor:
    """Return the outputs for a split: ``(R, N, C)`` logits, or ``(R, N)`` values in their unit."""
    outputs = Outputs(len(split))
    for inputs, _ in eval_batches(split, job.dtype):
        outputs.add(job.learner.predict(inputs, is_varied=split.is_varied))
    return _stored(job, outputs.all)


def _stored(job: Job, outputs: Tensor) -> Tensor:
    """Return outputs as files have them: logits, or values in the unit of the target."""
    if job.dataset.spec.task == "regression":
        scale, values = job.dataset.preprocessing.target, outputs.squeeze(-1)
        outputs = values if scale is None else scale.restored(values)
    return outputs.cpu().contiguous()


def load_outputs(run: RunDir, summary: Summary) -> tuple[Tensor, Tensor]:
    """Return the stored test outputs ``(R, N, C)`` or values ``(R, N)``, and targets.

    The targets are ``(N,)``, or ``(R, N)`` if each seed was tested on its own examples; where these
    are fewer than N, zeros follow them (``storage.seeds.num_tested`` says how many there are).

    Args:
        run: The run.
        summary: Its final metrics, which give the expected shape.

    Raises:
        RunError: If they are missing or damaged.
    """
    shape = _outputs_shape(summary)
    try:
        content = read_plain(run.predictions_path, _max_output_bytes(shape))
        stored = safetensors.torch.load(content)
        outputs, targets = stored["logits"], stored["targets"]
    except FileNotFoundError as error:
        msg = f"run {run.id} has no {run.predictions_path.name}"
        raise RunError(msg) from error
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
        msg = f"run {run.id} has no usable {run.predictions_path.name}: {error}"
        raise RunError(msg) from error
    if tuple(outputs.shape) != shape or targets.shape not in {outputs.shape[:2], shape[1:2]}:
        shapes = f"logits {tuple(outputs.shape)}, targets {tuple(targets.shape)}"
        msg = f"{run.predictions_path} is damaged: {shapes}, where logits {shape} are expected"
        raise RunError(msg)
    if not _are_usable(outputs, targets):
        msg = f"{run.predictions_path} is damaged: its values are not outputs and targets"
        raise RunError(msg)
    return outputs, targets


def _outputs_shape(summary: Summary) -> tuple[int, ...]:
    """Return ``(R, N, C)``, or ``(R, N)`` for values, as a summary has it."""
    first = survivors(summary)[0].get("test")
    if first is None:
        msg = "the run has no test split"
        raise RunError(msg)
    shape = (len(summary["per_seed"]), summary["num_evaluated"]["test"])
    return (*shape, len(first["per_class"])) if "per_class" in first else shape


def _max_output_bytes(shape: tuple[int, ...]) -> int:
    """Return an upper bound for the size of outputs, targets and sizes, with the header."""
    num_replicas, num_examples = shape[:2]
    return 8 * (math.prod(shape) + num_replicas * (num_examples + 1)) + 10_000


def _are_usable(outputs: Tensor, targets: Tensor) -> bool:
    """Return whether outputs are finite, and targets are valid classes or finite numbers."""
    is_finite = bool(outputs.is_floating_point() and outputs.isfinite().all())
    if outputs.dim() == 2:
        return is_finite and bool(targets.is_floating_point() and targets.isfinite().all())
    if targets.dtype != torch.int64:
        return False
    is_class = (targets >= 0) & (targets < outputs.shape[-1])
    return is_finite and bool(is_class.all())


def over_seeds(split: str, metrics: Sequence[Metrics]) -> dict[str, dict[str, float | None]]:
    """Return the mean of each metric over the seeds, and its sample standard deviation.

    Returns:
        ``{split: means, split_std: deviations}``; the deviation of a single seed is None, and so is
        everything about a metric that a seed's examples do not define.
    """
    columns = {
        name: [m.scalars[name] for m in metrics if name in m.scalars] for name in metrics[0].values
    }
    known = {name for name, values in columns.items() if len(values) == len(metrics)}
    return {
        split: {
            name: statistics.fmean(values) if name in known else None
            for name, values in columns.items()
        },
        f"{split}_std": {
            name: statistics.stdev(values) if name in known and len(values) > 1 else None
            for name, values in columns.items()
        },
    }
