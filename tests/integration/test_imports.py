from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nnlab.api
from nnlab.native.library import find_library
from nnlab.storage.run_dir import RunDir

HEAVY = {"torch", "torchvision", "numpy", "scipy", "sklearn", "matplotlib", "PIL", "safetensors"}
CONFIG = {"pydantic", "yaml"}

COMMAND = """\
import sys
from nnlab.__main__ import main

sys.argv = ["nnlab", *sys.argv[1:]]
try:
    main()
except SystemExit as stop:
    print("exit", stop.code)
print("modules", *sorted(sys.modules))
"""


def python(code: str, *args: str) -> tuple[str, set[str]]:
    """Run code and return what it printed, and the top-level packages it had imported."""
    finished = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True, timeout=600
    )
    *lines, modules = finished.stdout.splitlines()
    assert modules.startswith("modules ")
    return "\n".join(lines), {name.partition(".")[0] for name in modules.split()[1:]}


@pytest.mark.parametrize(
    "args",
    [
        pytest.param([], id="nothing"),
        pytest.param(["--help"], id="help"),
        pytest.param(["--version"], id="version"),
        pytest.param(["train", "--help"], id="help of train"),
        pytest.param(["compare", "--help"], id="help of compare"),
        pytest.param(["runs", "--help"], id="help of runs"),
        pytest.param(["nonsense"], id="unknown command"),
    ],
)
def test_the_command_line_alone_imports_nothing_heavy(args: list[str]) -> None:
    _, modules = python(COMMAND, *args)

    # typer may import pydantic for itself.
    assert modules & (HEAVY | {"yaml"}) == set()


def test_the_list_of_commands_needs_neither_pydantic_nor_rich() -> None:
    _, modules = python(COMMAND, "--help")

    assert modules & {"pydantic", "yaml", "rich"} == set()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["runs", "list"], "20260101-000000-xor-beef", id="runs list"),
        pytest.param(["runs", "list", "--json"], '"schema_version": 1', id="runs list --json"),
        pytest.param(["runs", "tag", "latest", "good"], "exit 0", id="runs tag"),
        pytest.param(["runs", "rm", "latest"], "exit 0", id="runs rm"),
        pytest.param(["config", "validate", "spiral_mlp"], "spiral_mlp: ok", id="config validate"),
        pytest.param(["config", "show", "spiral_mlp"], "name: spiral_mlp", id="config show"),
        pytest.param(["config", "schema"], '"$defs"', id="config schema"),
        pytest.param(["list", "models"], "fashion_cnn", id="list"),
    ],
)
def test_a_command_about_runs_and_configs_imports_nothing_heavy(
    args: list[str], said: str, tmp_path: Path
) -> None:
    run = RunDir(tmp_path / "runs" / "20260101-000000-xor-beef")
    run.path.mkdir(parents=True)
    run.update_meta(status="finished", seeds=[0], started_at="2026-01-01")

    output, modules = python(COMMAND, *args)

    assert said in output
    assert output.endswith("exit 0")
    assert modules & HEAVY == set()


def test_a_check_without_data_imports_no_torch() -> None:
    output, modules = python(COMMAND, "check", "spiral_mlp", "--no-data")

    assert output.endswith("exit 0")
    assert modules & HEAVY <= {"numpy"}


@pytest.mark.skipif(find_library() is None, reason="the native engine is not built")
@pytest.mark.parametrize("options", [[], ["--json"], ["-o", "answer.csv"]], ids=" ".join)
@pytest.mark.parametrize("target", ["price", "colour"])
@pytest.mark.parametrize("model", ["logistic", "mlp"])
def test_the_predictions_of_a_dense_network_need_no_torch(
    model: str, target: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{i},{'red' if i % 3 else 'blue'},{i % 7}" for i in range(60)]
    Path("table.csv").write_text("\n".join(["size,colour,price", *lines]))
    experiment = {
        "dataset": {"name": "csv", "path": "table.csv", "target": target},
        "model": {"name": model},
        "optimizer": {"name": "adam"},
        "train": {"epochs": 2, "seeds": 2},
    }
    nnlab.train(experiment)

    output, modules = python(COMMAND, "predict", "latest", "table.csv", *options)

    assert output.endswith("exit 0")
    assert modules & HEAVY <= {"numpy", "safetensors"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("nnlab", HEAVY | CONFIG | {"rich", "typer"}),
        ("nnlab.cli", HEAVY | CONFIG),
        ("nnlab.errors", HEAVY | CONFIG | {"rich", "typer"}),
        ("nnlab.console", HEAVY | CONFIG | {"rich"}),
        ("nnlab.storage.run_dir", HEAVY | CONFIG | {"rich"}),
        ("nnlab.storage.registry", HEAVY | CONFIG | {"rich"}),
        ("nnlab.config.load", HEAVY | {"rich"}),
        ("nnlab.api", HEAVY | CONFIG | {"rich", "typer"}),
        ("nnlab.ui.serve", HEAVY | CONFIG | {"rich"}),
    ],
)
def test_a_light_module_imports_nothing_heavy(module: str, absent: set[str]) -> None:
    _, modules = python(f"import sys, {module}; print('modules', *sorted(sys.modules))")

    assert "nnlab" in modules
    assert modules & absent == set()


def test_every_name_of_the_api_is_found_in_its_module() -> None:
    named = [name for names in nnlab.api.MODULES.values() for name in names]

    assert sorted(named) == sorted(nnlab.api.__all__) == dir(nnlab.api)
    assert all(hasattr(nnlab.api, name) for name in named)
    with pytest.raises(AttributeError, match=r"module 'nnlab\.api' has no attribute 'trian'"):
        nnlab.api.trian  # noqa: B018


@pytest.mark.parametrize(("given", "expected"), [({}, "2000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_threads_spin_briefly_unless_the_user_sets_how_long(
    given: dict[str, str], expected: str
) -> None:
    program = "import os, sys, nnlab; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    env = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env | given, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [expected, "False"]
