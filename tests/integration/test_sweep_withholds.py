"""A search does not open the published test images; only the confirmation does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys

opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)

from nnlab.sweep.conduct import conduct, create, place_of
from nnlab.sweep.executors.local import LocalExecutor
from nnlab.sweep.planning import plan_of
from nnlab.config.sweep_file import read_sweep
from pathlib import Path

data, runs = map(Path, sys.argv[1:])
arguments = ["optimizer.lr=log(1e-4,1e-2)", "train.epochs=1", "train.limit_batches=3",
             "model.hidden_sizes=[8]"]
file = read_sweep("mnist_mlp", arguments, {"trials": 2, "seeds": 1, "metric": "val.accuracy",
                                           "confirm": {"finalists": 2, "seeds": 2}})
place = place_of(create(plan_of(file).plan, "try", file.text, runs), data)
tests, trains = [], []

def on_done(unit, done, total):
    tests.append((unit.title, any("t10k" in name for name in opened)))
    trains.append(any("train-images" in name for name in opened))

conduct(place, LocalExecutor(place), on_done)
assert all(trains), "the hook sees what is opened"
for line in tests:
    print(*line)
"""


@pytest.mark.archives
def test_the_test_images_are_opened_by_the_last_two_runs_alone(
    installed_data: Path, tmp_path: Path
) -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(installed_data), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )

    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [
        "rung 1 False",
        "finalists on fresh seeds False",
        "finalists on fresh seeds False",
        "winner and base, tested True",
        "winner and base, tested True",
    ]
