"""Drafting an experiment on a table: what was found in it, as a commented file that trains."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from nnlab.config.files import name_of
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nnlab.data.columns.guess import ColumnGuess, Guess

PLAIN = re.compile(r"(\.\./)*[^\W\d][\w./-]*( [\w./-]+)*")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "nan", "none"}
# Classes of more different sizes get weights, as the linter recommends.
CLASS_RATIO = 4
MAX_COMMENT = 90
KNOWN_KEYS = {
    *("name", "path", "target", "task", "columns", "drop", "missing", "missing_words"),
}
MAX_CLASSES, MAX_FEATURES = 8, 40
# Enough steps for a small network to settle, in batches of 64.
NUM_STEPS, BATCH_SIZE = 3_000, 64
MIN_EPOCHS, MAX_EPOCHS = 20, 200


def draft_experiment(guess: Guess, table: Path, output: Path) -> str:
    """Return the text of an experiment on a table.

    Args:
        guess: What was found in the table.
        table: The table.
        output: The experiment file, which names the table relative to its own folder.
    """
    return "\n".join(
        [*_head(guess, table), *_dataset(guess, table, output), *_training(guess, output), ""]
    )


def _head(guess: Guess, table: Path) -> Iterator[str]:
    rows, columns = len(guess.table), len(guess.table.columns)
    yield f"# {as_comment(table.name)}: {pluralize(rows, 'row')}, {pluralize(columns, 'column')}."
    yield "# Every line can be changed; keys that are not here have their defaults (nnlab config show)."
    for note in guess.table.notes:
        yield f"# {as_comment(note)}"


def _dataset(guess: Guess, table: Path, output: Path) -> Iterator[str]:
    section = guess.section
    near = os.path.relpath(table.absolute(), output.absolute().parent)
    yield f"name: {as_scalar(name_of(output.stem))}"
    yield "dataset:"
    yield "  name: csv"
    yield f"  path: {as_scalar(str(near))}"
    yield f"  target: {as_scalar(str(section['target']))}  # {as_comment(guess.target_note)}"
    for name, count in list(guess.class_counts.items())[:MAX_CLASSES]:
        yield f"    # {as_comment(name)}: {pluralize(count, 'row')}"
    if len(guess.class_counts) > MAX_CLASSES:
        yield f"    # and {len(guess.class_counts) - MAX_CLASSES:,} more classes"
    yield f"  task: {section['task']}"
    yield from _columns(guess)
    yield from _others(guess)


def _columns(guess: Guess) -> Iterator[str]:
    section = guess.section
    used = [column for column in guess.columns if column.kind]
    yield f"  # Features: {pluralize(len(used), 'column')}."
    for column in used[:MAX_FEATURES]:
        yield f"    # {as_comment(column.name)}: {column.kind}, {as_comment(column.note)}{_gaps(column)}"
    if len(used) > MAX_FEATURES:
        yield f"    # and {len(used) - MAX_FEATURES:,} more"
    if options := section.get("columns"):
        yield "  columns:"
        assert isinstance(options, dict)
        for name, keys in options.items():
            yield f"    {as_scalar(name)}: {_flow(keys)}"
    for name, reason in guess.left_out.items():
        if name not in section.get("drop", ()):  # type: ignore[operator]
            yield f"  # {as_comment(name) or 'A column'} is left out: {as_comment(reason)}."
    if dropped := section.get("drop"):
        assert isinstance(dropped, list)
        yield "  drop:"
        yield from (
            f"    - {as_scalar(name)}  # {as_comment(guess.left_out[name])}" for name in dropped
        )
    if "missing" in section:
        yield "  # Filled in from the training rows, with a feature that says where; or drop, mean, ..."
        yield f"  missing: {section['missing']}"
    if words := section.get("missing_words"):
        assert isinstance(words, list)
        yield f"  missing_words: [{', '.join(map(as_scalar, words))}]"


def _others(guess: Guess) -> Iterator[str]:
    """Yield the keys that the user has set, and that are in no other line."""
    for key in guess.section.keys() - KNOWN_KEYS:
        yield f"  {key}: {json.dumps(guess.section[key], ensure_ascii=False)}"


def _training(guess: Guess, output: Path) -> Iterator[str]:
    counts = guess.class_counts.values()
    epochs = num_epochs(len(guess.table), fewest=MIN_EPOCHS)
    yield "model: {name: mlp, hidden_sizes: [32, 32]}  # also logistic or linear: the simplest to beat"
    if counts and max(counts) > CLASS_RATIO * min(counts):
        yield "loss: {name: cross_entropy, class_weight: balanced}  # the classes differ in size"
    yield "optimizer: {name: adam, lr: 0.003}"
    yield "train:"
    yield f"  epochs: {epochs:.0f}"
    yield f"  batch_size: {BATCH_SIZE}"
    yield from until_settled(patience=20)
    yield f"# Results vary with the seed; five show how far: nnlab train {as_comment(output.name)} --seeds 5"


def until_settled(patience: int) -> Iterator[str]:
    """Yield the keys that end training once it no longer improves, and keep the best weights."""
    rule = f"{{patience: {patience}, min_delta: 0.001}}"
    yield f"  early_stopping: {rule}  # end when the validation loss no longer falls"
    yield "  select: best  # the weights of the best epoch on the validation split"


def num_epochs(num_examples: int, *, fewest: int) -> float:
    """Return how many epochs give a small network enough steps."""
    steps_per_epoch = max(0.7 * num_examples / BATCH_SIZE, 1)
    return round(min(max(NUM_STEPS / steps_per_epoch, fewest), MAX_EPOCHS), -1) or fewest


def _gaps(column: ColumnGuess) -> str:
    return f"; {pluralize(column.num_missing, 'cell')} missing" if column.num_missing else ""


def as_comment(text: str) -> str:
    """Return a text for a comment: of one line, without characters that are not shown."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= MAX_COMMENT else f"{line[:MAX_COMMENT]}..."


def as_scalar(text: str) -> str:
    """Return a text as YAML: plain if it cannot be read as anything else."""
    is_plain = PLAIN.fullmatch(text) and text.casefold() not in WORDS and text.isprintable()
    return text if is_plain else json.dumps(text, ensure_ascii=not text.isprintable())


def _flow(options: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {as_scalar(value)}" for key, value in options.items()) + "}"
