"""Without a compiler nothing of the native engine is there, and nothing else is missing."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import DeviceError, NnlabError
from nnlab.native.library import find_library

PACKAGE = Path(nnlab.__file__).parent
SHORT = ["train.epochs=2"]


@contextlib.contextmanager
def without_library():
    """Make the native engine one that is not built, inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("nnlab.assembly.engine", "nnlab.assembly.learner", "nnlab.runs.engine"):
            patch.setattr(importlib.import_module(name), "find_library", lambda: None)
        yield


@pytest.mark.skipif(os.name != "posix", reason="PATH decides where a compiler is")
def test_train_and_eval_work_in_a_path_without_a_compiler(tmp_path) -> None:
    shutil.copytree(
        PACKAGE, tmp_path / "nnlab", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    shutil.copytree(PACKAGE.parent / "configs", tmp_path / "configs")
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(tmp_path), "CXX": ""}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nnlab", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    trained = run("train", "spiral_mlp", *SHORT)
    assert trained.returncode == 0, trained.stderr
    assert "fused engine" in trained.stderr
    assert run("eval", "latest").returncode == 0
    assert run("predict", "latest", "X1=0", "X2=1").returncode == 0
    refused = run("train", "spiral_mlp", *SHORT, "train.engine=native")
    assert refused.returncode != 0
    assert "the native engine is not built here" in refused.stderr
    assert "python -m nnlab.native.build" in refused.stderr
    assert "Traceback" not in refused.stderr


needs_library = pytest.mark.skipif(find_library() is None, reason="the native engine is not built")


@needs_library
def test_a_run_of_the_native_engine_is_read_but_not_continued_without_it() -> None:
    run = nnlab.train("spiral_mlp", SHORT)
    assert json.loads((run.path / "meta.json").read_text())["engine"] == "native"
    expected = nnlab.evaluate(run)["test"]["loss"]
    with without_library():
        assert nnlab.evaluate(run)["test"]["loss"] == pytest.approx(expected, rel=1e-5)
        with pytest.raises(DeviceError, match="the native engine is not built here"):
            nnlab.resume(run, epochs=3)
        with pytest.raises(NnlabError, match="the native engine is not built here"):
            nnlab.verify(run)


@needs_library
def test_a_run_goes_on_with_the_engine_that_began_it() -> None:
    with without_library():
        run = nnlab.train("spiral_mlp", SHORT)
    assert run.meta["engine"] == "fused"
    longer = nnlab.resume(run, epochs=4)
    alone = nnlab.train("spiral_mlp", ["train.epochs=4", "train.engine=fused"])
    assert longer.metrics[-1]["val"] == alone.metrics[-1]["val"]
    proof = nnlab.verify(run)
    assert (proof.changes, proof.problems) == ((), ())


@needs_library
def test_a_run_that_names_no_engine_is_older_than_the_native_one() -> None:
    run = nnlab.train("spiral_mlp", [*SHORT, "train.engine=fused"])
    path = run.path / "meta.json"
    meta = json.loads(path.read_text())
    del meta["engine"]
    path.write_text(json.dumps(meta))
    resolved = run.resolved_path
    resolved.write_text(resolved.read_text().replace("engine: fused", "engine: auto"))
    proof = nnlab.verify(nnlab.load_run(run.path))
    assert (proof.changes, proof.problems) == ((), ())


@needs_library
def test_a_comparison_trains_anew_what_another_engine_trained() -> None:
    contenders, reused = ["spiral_mlp", "spiral_logistic"], []

    def compare() -> None:
        reused.clear()
        nnlab.compare(contenders, SHORT, seeds=2, on_reuse=lambda run: reused.append(run.id))

    with without_library():
        compare()
    compare()
    assert reused == []
    compare()
    assert len(reused) == 2
