"""Plain PyTorch: a folder with weights, preprocessing and code that needs no nnlab."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import safetensors.numpy
import safetensors.torch

from nnlab.config.own import OwnModelConfig
from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.export.checking import Answered, check
from nnlab.export.formats import Exported, describe_size
from nnlab.export.placing import placed
from nnlab.export.plain_code import code_of, preprocessing_of, readme_of
from nnlab.export.source import Source, read_source
from nnlab.runs.inference import load_models

if TYPE_CHECKING:
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders

# Imports model.py of a folder where nnlab cannot be imported, and answers rows in batches.
PROGRAM = """\
import sys
from pathlib import Path

sys.modules["nnlab"] = None
folder, rows_path, answers_path, batch_size = sys.argv[1:]
sys.path.insert(0, folder)
import model
import torch
from safetensors.torch import load_file, save_file

network, rows = model.load(), load_file(rows_path)["rows"]
answers = [model.predict(batch, network) for batch in rows.split(int(batch_size))]
save_file({"answers": torch.cat(answers).double().contiguous()}, answers_path)
"""


def export_torch(
    run: StoredRun,
    output: Path | None,
    folders: Folders,
    *,
    seed: int | None = None,
    checkpoint: str | None = None,
) -> Exported:
    """Export a run as a folder of plain PyTorch; see ``nnlab.export``.

    Raises:
        ConfigError: If the options or the output are not possible, or the model has no plain code.
        CheckFailedError: If the code answers otherwise than the run, in a process without nnlab.
    """
    path = Path(f"{run.config.name}-torch") if output is None else output
    with placed(path) as folder:
        source = read_source(
            run, folders, to="torch", seed=seed, ensemble=False, checkpoint=checkpoint
        )
        if run.config.model.plain_code is None:
            msg = f"the model of run {run.id} has no plain code; use --to onnx"
            raise ConfigError(msg)
        folder.mkdir()
        _write(source, folder)
        answer = partial(_answer, folder)
        agreement = check(source, answer, source.precision, batches=())
        _write_text(folder / "README.md", readme_of(source, agreement))
    facts = {"precision": source.precision, "seeds": source.seeds, **agreement.to_json()}
    exported = Exported(run.id, "torch", path, "", facts)
    size = describe_size(exported.size_bytes)
    text = f"exported {path} ({size}), which answers without nnlab: {agreement.text}"
    return Exported(run.id, "torch", path, text, facts)


def _write(source: Source, folder: Path) -> None:
    """Write the files that answer rows."""
    (model,) = load_models(source.run, source.seeds, source.which)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    (folder / "weights.safetensors").write_bytes(safetensors.torch.save(weights))
    _write_text(folder / "preprocessing.json", preprocessing_of(source))
    _write_text(folder / "model.py", code_of(source))
    own: object = source.run.config.model
    for name, data in own.name.source.files.items() if isinstance(own, OwnModelConfig) else ():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _answer(folder: Path, rows: np.ndarray) -> Answered:
    """Answer raw rows in a fresh process that cannot import nnlab.

    Raises:
        CheckFailedError: If it fails.
    """
    rows_path, answers_path = (folder.parent / name for name in ("rows", "answers"))
    safetensors.numpy.save_file({"rows": np.ascontiguousarray(rows)}, rows_path)
    arguments = [folder.resolve(), rows_path.resolve(), answers_path.resolve(), EVAL_BATCH_SIZE]
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder.parent,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        msg = f"model.py fails in a process of its own: {reason}; nothing was exported"
        raise CheckFailedError(msg)
    answers = safetensors.numpy.load_file(answers_path)["answers"]
    return Answered(answers, answers.argmax(-1) if answers.ndim == 2 else None)
