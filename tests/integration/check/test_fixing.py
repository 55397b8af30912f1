from __future__ import annotations

from pathlib import Path

from nnlab.config.load import load_config
from tests.helpers.checked import CLEAN, FAULTY
from tests.helpers.command import Command

MENDED = """\
# An experiment of mine.
dataset:
  name: spiral   # three arms
  split: {val: 0.1, order: random}

model: {name: mlp, output_activation: none}  # "probabilities"
optimizer: {name: adamw, lr: 1e-3, weight_decay: 1e-4}
train: {monitor: val.accuracy, shuffle: true, seeds: 5}
"""


def test_fixing_keeps_comments_and_layout(command: Command) -> None:
    finished = command("check", "faulty.yaml", "--fix")
    assert finished.code == 0
    assert Path("faulty.yaml").read_text() == MENDED
    assert finished.stderr.splitlines() == [
        "fixed faulty.yaml:4: dataset.split.val: 0 -> 0.1",
        'fixed faulty.yaml:4: dataset.split.order: "sequential" -> random',
        "fixed faulty.yaml:6: model.output_activation: softmax -> none",
        "fixed faulty.yaml:7: optimizer.name: adam -> adamw",
        "fixed faulty.yaml:8: train.monitor: test.accuracy -> val.accuracy",
        "fixed faulty.yaml:8: train.shuffle: false -> true",
    ]
    assert finished.stdout == "faulty.yaml: nothing found\n"
    assert load_config("faulty.yaml").dataset.split.val == 0.1


def test_fixing_keeps_windows_line_ends(command: Command) -> None:
    Path("faulty.yaml").write_bytes(FAULTY.replace("\n", "\r\n").encode())
    command("check", "faulty.yaml", "--fix")
    assert Path("faulty.yaml").read_bytes() == MENDED.replace("\n", "\r\n").encode()


def test_fixing_a_clean_file_does_not_touch_it(command: Command) -> None:
    before = Path("clean.yaml").stat()
    command("check", "clean.yaml", "--fix")
    after = Path("clean.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_ignored_finding_is_not_fixed(command: Command) -> None:
    Path("faulty.yaml").write_text(FAULTY + "ignore: {NL102: a time series}\n")
    command("check", "faulty.yaml", "--fix")
    assert "shuffle: false" in Path("faulty.yaml").read_text()


def test_a_fix_that_would_break_the_file_leaves_it_as_it_was(command: Command) -> None:
    text = CLEAN.replace("spiral}", "spiral, split: {test: 0.95, val: 0}}")
    text = text.replace("{seeds: 5}", "{seeds: 5, monitor: test.loss}")
    Path("tight.yaml").write_text(text)
    finished = command("check", "tight.yaml", "--fix")
    assert finished.code == 2
    assert "tight.yaml is left unchanged" in finished.stderr
    assert "test and val leave no examples to train on" in finished.stderr
    assert Path("tight.yaml").read_text() == text


def test_an_override_is_not_edited(command: Command) -> None:
    finished = command("check", "clean.yaml", "train.shuffle=false", "--fix")
    assert finished.stderr == "argument 'train.shuffle=false' is not edited\n"
    assert Path("clean.yaml").read_text() == CLEAN
    assert "NL102" in finished.stdout


def test_a_bundled_experiment_is_not_edited(command: Command) -> None:
    finished = command("check", "b2_regression_published", "--fix")
    assert finished.code == 0
    assert "is not edited: it is bundled; start with a copy" in finished.stderr
    assert "NL101" in finished.stdout
