"""A class that has handed in run folders, not all of them in order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nnlab
from nnlab.storage.run_dir import RunDir

TINY = ["dataset.num_samples=60", "train.epochs=2", "train.threads=1"]


def hand_in(folder: Path, who: str, seed: int, *words: str) -> RunDir:
    """Train a tiny run in someone's folder."""
    return nnlab.train(
        "xor_mlp", [*TINY, f"train.seed={seed}", *words], runs_dir=folder / who / "runs"
    )


def copy_of(run: RunDir, folder: Path, who: str) -> RunDir:
    """Return someone else's copy of a run, under a name of its own."""
    path = folder / who / "runs" / f"20260101-000000-{who}-0000"
    shutil.copytree(run.path, path)
    return RunDir(path)


def forge_summary(run: RunDir, accuracy: float = 0.991) -> None:
    """Make the summary say another test accuracy, everywhere."""
    summary = json.loads(run.summary_path.read_text())
    summary["test"]["accuracy"] = accuracy
    for seed in summary["per_seed"]:
        seed["test"]["accuracy"] = accuracy
    run.summary_path.write_text(json.dumps(summary))


def break_off(run: RunDir, status: str) -> None:
    """Make a run one that did not finish."""
    run.summary_path.unlink()
    run.update_meta(status=status)


def a_class(folder: Path, num_good: int) -> dict[str, str]:
    """Fill a folder with submissions; return who should not pass, and a word of the reason."""
    good = [hand_in(folder, f"good{i:02}", seed=i) for i in range(num_good)]
    forge_summary(copy_of(good[0], folder, "forged"))
    break_off(copy_of(good[0], folder, "diverged"), "diverged")
    break_off(copy_of(good[0], folder, "interrupted"), "running")
    copy_of(good[0], folder, "nometa").meta_path.unlink()
    copy_of(good[0], folder, "torn").resolved_path.write_text("model: {name: ml")
    shutil.rmtree(copy_of(good[0], folder, "weightless").checkpoints_dir)
    copy_of(good[0], folder, "junk").summary_path.write_text("{")
    (folder / "empty").mkdir()
    copy_of(good[1], folder, "zcopy")
    return {
        "forged": "summary.json says accuracy 99.10 %",
        "diverged": "loss was not finite",
        "interrupted": "not trained to the end",
        "nometa": "no meta.json",
        "torn": "no valid experiment",
        "weightless": "no checkpoint",
        "junk": "damaged",
        "empty": "no run in this folder",
    }
