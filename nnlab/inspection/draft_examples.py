"""Drafting an experiment on arrays or pictures, as a commented file that trains."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.arrow_folder import ArrowFolderConfig
from nnlab.config.files import name_of
from nnlab.config.image_folder import ImageFolderConfig
from nnlab.data.folders.look import are_grey, usual_size
from nnlab.formatting import pluralize
from nnlab.inspection.dataset import class_counts
from nnlab.inspection.draft import (
    BATCH_SIZE,
    CLASS_RATIO,
    MAX_CLASSES,
    as_comment,
    as_scalar,
    num_epochs,
    until_settled,
)
from nnlab.models.cnn import MIN_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.data.types import Examples

# The files of EMNIST hold their pictures transposed.
TRANSPOSED = "emnist"


def draft_of_examples(
    examples: Examples, config: DatasetConfig, output: Path, given: Mapping[str, object]
) -> str:
    """Return the text of an experiment on the user's own examples.

    Args:
        examples: The examples.
        config: The data set.
        output: The experiment file, which names the data relative to its own folder.
        given: Keys of ``dataset`` that the user has set.
    """
    path = Path(config.data_path or "")
    dataset = _dataset(examples, config, output, given)
    lines = [
        *_head(examples, path, is_resized=_is_resized(examples, config)),
        *dataset,
        *_training(examples),
    ]
    again = f"nnlab train {as_comment(output.name)} --seeds 5"
    return "\n".join([*lines, f"# Results vary with the seed; five show how far: {again}", ""])


def _head(examples: Examples, path: Path, *, is_resized: bool) -> Iterator[str]:
    shape, num_test = examples.inputs.shape, examples.num_official_test
    what = "row" if examples.feature_names else "picture"
    is_grey = len(shape) == 4 and shape[1] == 1
    size = " x ".join(map(str, shape[2:] if is_grey else shape[1:]))
    tests = f" and {num_test:,} to test" if num_test else ""
    number = pluralize(len(examples.targets) - num_test, what)
    each = "" if is_resized else f", {size} values each"
    yield f"# {as_comment(path.name)}: {number} to train{tests}{each}."
    yield "# Every line can be changed; keys that are not here have their defaults (nnlab config show)."


def _dataset(
    examples: Examples, config: DatasetConfig, output: Path, given: Mapping[str, object]
) -> Iterator[str]:
    path = Path(config.data_path or "")
    yield f"name: {as_scalar(name_of(output.stem))}"
    yield "dataset:"
    yield f"  name: {config.name}"  # type: ignore[attr-defined]
    yield f"  path: {as_scalar(os.path.relpath(path.absolute(), output.absolute().parent))}"
    yield from _classes(examples)
    for name in examples.left_out:
        yield f"  # {as_comment(name)} is not used."
    if isinstance(config, ImageFolderConfig | ArrowFolderConfig) and _is_resized(examples, config):
        yield from _resizing(examples, config, given)
    for key, value in given.items():
        yield f"  {key}: {json.dumps(value, ensure_ascii=False)}"
    if examples.feature_names and "standardize" not in given:
        yield "  standardize: true"
    if (
        not examples.feature_names
        and "transpose" in type(config).model_fields.keys() - given.keys()
    ):
        if TRANSPOSED in str(path).casefold():
            yield "  transpose: true  # the files of EMNIST hold their pictures so"
        else:
            yield "  # transpose: true  # if they lie on their side: nnlab data show CONFIG --plot samples"
    has_test = examples.num_official_test or examples.own_split is not None
    if not has_test and "split" not in given:
        by_class = ", stratify: true" if examples.class_names else ""
        yield f"  split: {{test: 0.15, val: 0.1{by_class}}}  # there are no test examples"


def _is_resized(examples: Examples, config: DatasetConfig) -> bool:
    return config.picture_fit is not None and not examples.feature_names


def _resizing(
    examples: Examples,
    config: ImageFolderConfig | ArrowFolderConfig,
    given: Mapping[str, object],
) -> Iterator[str]:
    """Yield the keys that say how images are resized, as suits these."""
    if "size" not in given:
        is_folder = isinstance(config, ImageFolderConfig)
        size = usual_size(config.path) if is_folder else config.size
        yield f"  size: {size}  # every image is resized to as many pixels a side"
    if "channels" not in given:
        number = 1 if config.channels == 1 or are_grey(examples.inputs) else config.channels
        yield f"  channels: {number}  # 1: grey, 3: colours"


def _classes(examples: Examples) -> Iterator[str]:
    """Yield the number of examples of each class, as comments."""
    counts = class_counts(examples)
    if counts:
        yield f"  # {len(counts):,} classes:"
    for name, count in list(counts.items())[:MAX_CLASSES]:
        yield f"    # {as_comment(name)}: {pluralize(count, 'example')}"
    if len(counts) > MAX_CLASSES:
        yield f"    # and {len(counts) - MAX_CLASSES:,} more"


def _training(examples: Examples) -> Iterator[str]:
    shape, counts = examples.inputs.shape[1:], class_counts(examples).values()
    if len(shape) == 3 and min(shape[1:]) >= MIN_SIDE:
        yield "model: {name: fashion_cnn}  # also mlp, or logistic: the simplest to beat"
    else:
        yield "model: {name: mlp, hidden_sizes: [64, 64]}  # also logistic: the simplest to beat"
    if counts and max(counts) > CLASS_RATIO * min(counts):
        yield "loss: {name: cross_entropy, class_weight: balanced}  # the classes differ in size"
    yield "optimizer: {name: adam, lr: 0.001}"
    yield "train:"
    yield f"  epochs: {num_epochs(len(examples.targets), fewest=5):.0f}"
    yield f"  batch_size: {BATCH_SIZE}"
    yield from until_settled(patience=5)
