"""Training a run for more epochs than it was asked for, to the bytes of a run asked for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.config.load import dump_config, parse_document
from nnlab.config.messages import SourceText
from nnlab.errors import ConfigError, RunError
from nnlab.runs.environment import now
from nnlab.storage.atomic import write_atomic
from nnlab.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir

PATH = ("train", "epochs")


def extended(run: StoredRun, epochs: int) -> StoredRun:
    """Return a run with another number of epochs.

    Raises:
        RunError: If training on would not end like a run that was asked for all epochs at first.
    """
    before = run.config.train.epochs
    if epochs < before:
        msg = f"run {run.id} has {before} epochs; it cannot be shortened to {epochs}"
        raise RunError(msg)
    reason = next(_obstacles(run, Progress.from_json(run.checkpoint.progress)), None)
    if reason is not None:
        msg = f"run {run.id} cannot be continued to the result of {epochs} epochs: {reason}"
        if not (run.config.model.is_estimator or run.config.train.engine == "sklearn"):
            path = run.folder.resolved_path
            msg += f"\ntrain it anew: nnlab train {path} train.epochs={epochs}"
        raise RunError(msg)
    return run.with_training(epochs=epochs)


def _obstacles(run: StoredRun, progress: Progress) -> Iterator[str]:
    """Yield each reason why more epochs would not have been the same from the start."""
    config, every = run.config, run.config.train.eval_every
    if config.model.is_estimator:
        yield f"scikit-learn fits {config.model.title} in one go"
    if config.train.engine == "sklearn":
        yield "the sklearn engine solves the whole problem in one epoch"
    if not config.schedule.is_open_ended:
        yield f"the shape of the {config.schedule.name} schedule depends on the number of epochs"
    if not progress.is_active:
        yield "every seed has stopped early, so more epochs change nothing"
    elif run.status == "finished" and progress.epoch < config.train.epochs:
        yield f"train.max_minutes ended it after epoch {progress.epoch}"
    if progress.epoch == config.train.epochs and progress.epoch % every:
        yield (
            f"its last epoch, {progress.epoch}, was evaluated only because it was the last "
            f"(train.eval_every is {every})"
        )


def write_extension(run: RunDir, before: ExperimentConfig, after: ExperimentConfig) -> None:
    """Write the new number of epochs to the files of a run, which is unfinished from then on.

    Each file is replaced atomically. The results so far stay until the new ones replace them.

    Args:
        run: The run.
        before: Its experiment.
        after: The experiment with more epochs.
    """
    epochs = after.train.epochs
    with run.lock():
        step = {"from_epochs": before.train.epochs, "to_epochs": epochs, "at": now()}
        extensions = [*run.meta.get("extended", []), step]
        run.update_meta(status="interrupted", extended=extensions)
        write_atomic(run.resolved_path, dump_config(after).encode())
        text = run.config_path.read_text(encoding="utf-8-sig")
        write_atomic(run.config_path, (_with_epochs(text, epochs) or dump_config(after)).encode())


def _with_epochs(text: str, epochs: int) -> str | None:
    """Return an experiment as typed with another number of epochs; None if that is not possible."""
    try:
        changed = _edited(text, epochs)
        value = parse_document(SourceText("config.yaml", changed), "run").value
    except ConfigError:
        return None
    return changed if value["train"].get("epochs") == epochs else None


def _edited(text: str, epochs: int) -> str:
    document = parse_document(SourceText("config.yaml", text), "run")
    lines = text.split("\n")
    if (at := document.values.get(PATH)) is not None:
        line = lines[at.line]
        lines[at.line] = f"{line[: at.column]}{epochs}{line[at.column + at.length :]}"
        return "\n".join(lines)
    train = document.value.get("train")
    if not isinstance(train, dict) or not train:
        return f"{text.rstrip()}\ntrain: {{epochs: {epochs}}}\n"
    first = document.keys["train", next(iter(train))]
    line, column = lines[first.line], first.column
    separator = "\n" + line[:column] if not line[:column].strip() else ", "
    lines[first.line] = f"{line[:column]}epochs: {epochs}{separator}{line[column:]}"
    return "\n".join(lines)
