"""What a split into folds contradicts."""

from __future__ import annotations

from collections.abc import Iterator

from nnlab.config.base import Contradiction
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.splits import SplitConfig

SPLIT = ("dataset", "split")


def fold_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the path and message of everything that contradicts a split into folds."""
    split = config.dataset.split
    assert split.folds is not None, "only folds have these rules"
    where = (*SPLIT, "folds")
    yield from _test_rules(split)
    if not split.vary:
        yield (*SPLIT, "vary"), "each seed trains another fold; leave out vary"
    if split.order == "sequential":
        yield (*SPLIT, "order"), "the examples of a fold are drawn at random; use order: random"
    if 1 / split.folds + split.val >= 1:
        text = f"a fold and val leave no examples to train on (1/{split.folds} + {split.val:.3g})"
        yield where, text
    if files := sorted(config.dataset.files_of_splits):
        yield where, f"dataset.{files[0]}_path is the {files[0]} split; folds divide a single file"
    if split.own is not None and split.own[0] != "group":
        yield where, f"split.{split.own[0]} decides which examples test; leave out one of the two"
    if config.train.engine == "sklearn":
        yield where, "the sklearn engine takes one split for all replicas; use auto"
    if config.loss.weighs_classes:
        name = config.loss.name
        text = (
            f"the class weights of {name} count one training split, and each fold has another; leave "
            f"out loss.class_weight"
        )
        yield where, text


def _test_rules(split: SplitConfig) -> Iterator[Contradiction]:
    if split.test == "official":
        text = (
            "the official test images are one test split for all; test: pooled divides them and the "
            "training images into folds"
        )
        yield (*SPLIT, "folds"), text
    elif split.test not in {"pooled", type(split).model_fields["test"].default}:
        text = f"each fold tests 1/{split.folds} of the examples; leave out test"
        yield (*SPLIT, "test"), text


def unfinished_folds(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield what is wrong with the seeds if they do not test every fold once, or several times."""
    folds, train = config.dataset.split.folds, config.train
    if folds is None:
        return
    if train.seeds % folds:
        yield ("train", "seeds"), why_unfinished(folds, train.seeds)
    if train.seed % folds:
        least = train.seed - train.seed % folds
        text = (
            f"seed {train.seed} trains fold {train.seed % folds} of {folds}, and a run begins with "
            f"fold 0: use {least} or {least + folds}"
        )
        yield ("train", "seed"), text


def why_unfinished(folds: int, seeds: int) -> str:
    """Return why a number of seeds does not test every fold equally often."""
    return (
        f"each seed trains one of the {folds} folds, and {seeds} is no multiple of {folds}: use {folds}, "
        f"or {folds * seeds} to draw the folds {seeds} times"
    )
