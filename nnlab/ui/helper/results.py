"""What the seeds of a finished run get wrong, as numbers and pictures; from what the report shows of it."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.errors import RunError
from nnlab.runs.load import open_run
from nnlab.ui.helper.networks import check_own, folder_of
from nnlab.ui.helper.sample import as_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.metrics import Metrics
    from nnlab.report.run_view import RunView
    from nnlab.storage.folders import Folders

MAX_PICTURES = 12


def mistakes(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer how often the seeds of the ``run`` take a class for another, and which pictures.

    Returns:
        ``accuracies`` of the seeds on the test split; ``confusion`` over all seeds, of the classes with
        the most mistakes; ``worst``, the most frequent mistake, with its count by each seed; and the
        ``pictures`` that most seeds get wrong, with the votes of the seeds, and their pixels as bytes.

    Raises:
        RunError: If the run is not finished, or does not tell classes of test pictures.
    """
    from nnlab.report.run_view import RunView

    run = open_run(folder_of(order["run"], folders))
    check_own(run)
    view = RunView.load(run, folders)
    if not (view.class_names and view.is_images and view.job.dataset.test):
        msg = f"run {run.id} does not tell classes of test pictures"
        raise RunError(msg)
    return {
        "accuracies": [metrics.scalars["accuracy"] for metrics in view.test_metrics],
        **_confusion(view.test_metrics, view.class_names),
        **_pictures(view),
    }


def _confusion(metrics: Sequence[Metrics], names: Sequence[str]) -> dict[str, Any]:
    from nnlab.report.classes import MAX_MATRIX, confusion_of, most_confused

    every = confusion_of(metrics)
    shown = most_confused(every, MAX_MATRIX)
    counts = every[shown][:, shown].toarray()
    wrong = counts - np.diag(counts.diagonal())
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    true, predicted = int(shown[row]), int(shown[column])
    each = [int(confusion_of([one])[true, predicted]) for one in metrics]
    worst = {"true": names[true], "predicted": names[predicted], "each": each}
    return {
        "classes": [names[index] for index in shown],
        "confusion": counts.tolist(),
        "worst": worst if wrong.any() else None,
    }


def _pictures(view: RunView) -> dict[str, Any]:
    """Return the test pictures that most seeds get wrong, and what the seeds say."""
    probabilities, targets = view.test_probabilities.numpy(), view.test_outputs[1].numpy()
    preds = probabilities.argmax(-1)  # (R, N)
    wrong = (preds != targets).sum(0)
    of_truth = probabilities.mean(0)[np.arange(len(targets)), targets]
    chosen = np.lexsort((of_truth, -wrong))[:MAX_PICTURES]
    chosen = chosen[wrong[chosen] > 0]
    test = view.job.dataset.test
    assert test is not None, "it has been checked"
    pixels = as_bytes(test.of(0).inputs[chosen.tolist()].cpu().numpy())
    names = view.class_names
    return {
        "num_seeds": len(preds),
        "pictures": [
            {
                "true": names[targets[index]],
                "votes": Counter(names[pred] for pred in preds[:, index]).most_common(),
            }
            for index in chosen
        ],
        "shape": list(pixels.shape[1:]),
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
    }
