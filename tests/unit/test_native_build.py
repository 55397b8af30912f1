"""The native engine is compiled where there is a compiler, and its absence is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import hatch_build
from nnlab.native import build, library

COMPILER = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")


class App:
    """Where a build says what it does."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_warning(self, text: str) -> None:
        self.warnings.append(text)


class Hook:
    """What hatchling hands to the hook's method."""

    target_name = "wheel"
    root = str(Path(build.FOLDER).parents[1])

    def __init__(self) -> None:
        self.app = App()


def run_hook() -> tuple[dict, list[str]]:
    hook, data = Hook(), {"artifacts": [], "pure_python": True}
    hatch_build.NativeBuildHook.initialize(hook, "standard", data)
    return data, hook.app.warnings


@pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler")
def test_a_library_is_built_for_the_baseline(tmp_path, monkeypatch) -> None:
    baseline = {"baseline": build.instruction_sets()["baseline"]}
    monkeypatch.setattr(build, "instruction_sets", lambda: baseline)
    quick = [flag for flag in build.GNU_FLAGS if flag != "-O3"]
    monkeypatch.setattr(build, "GNU_FLAGS", quick)
    (path,) = build.build(tmp_path)
    assert path == build.library_path("baseline", tmp_path)
    functions = library._functions(path)
    assert functions.nnlab_train
    assert functions.nnlab_predict
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "nothing else is left"


def test_without_a_compiler_the_build_says_what_is_missing(monkeypatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: None)
    with pytest.raises(build.BuildError, match="no C\\+\\+ compiler: no c\\+\\+, g\\+\\+"):
        build.build()


@pytest.mark.skipif(os.name != "posix", reason="a script stands for a compiler")
def test_a_compiler_that_fails_is_quoted_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no such header >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(build.BuildError, match="no such header"):
        build.build(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("machine", "names"), [("x86_64", 3), ("AMD64", 3), ("aarch64", 1), ("arm64", 1)]
)
def test_instruction_sets_are_those_of_the_architecture(
    machine: str, names: int, monkeypatch
) -> None:
    monkeypatch.setattr(build.platform, "machine", lambda: machine)
    assert len(build.instruction_sets()) == names
    assert next(iter(build.instruction_sets())) == "baseline"


def test_the_hook_leaves_the_engine_out_without_a_compiler(monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    data, warnings = run_hook()
    assert data == {"artifacts": [], "pure_python": True}
    assert len(warnings) == 1
    assert "the native engine is left out: no-such-compiler cannot be run" in warnings[0]


def test_the_hook_fails_if_the_engine_was_demanded(monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("NNLAB_NATIVE", "1")
    with pytest.raises(Exception, match="cannot be run"):
        run_hook()


def test_the_hook_builds_nothing_if_told_not_to(monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("NNLAB_NATIVE", "0")
    assert run_hook() == ({"artifacts": [], "pure_python": True}, [])


@pytest.mark.parametrize(
    ("level", "limit", "expected"),
    [
        (2, "default", "baseline"),
        (2, "avx2", "avx2"),
        (2, None, "avx512"),
        (2, "nonsense", "avx512"),
        (1, None, "avx2"),
        (1, "avx512", "avx2"),
        (0, "avx2", "baseline"),
    ],
)
def test_the_best_instruction_set_is_taken_up_to_the_limit(
    level, limit, expected, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(library, "_processor_level", lambda: level)
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    if limit is not None:
        monkeypatch.setenv("ATEN_CPU_CAPABILITY", limit)
    monkeypatch.setattr(library, "library_path", lambda name: tmp_path / name)
    for name in build.X86:
        (tmp_path / name).touch()
    assert library.find_library.__wrapped__().instruction_set == expected
    (tmp_path / expected).unlink()
    found = library.find_library.__wrapped__()
    assert found is None or found.instruction_set != expected


@pytest.mark.skipif(library.find_library() is None, reason="the native engine is not built")
def test_the_processor_has_what_torch_finds() -> None:
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    unlimited = {name: v for name, v in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=unlimited, capture_output=True, text=True, check=True
    )
    expected = {"AVX2": 1, "AVX512": 2}.get(done.stdout.strip(), 0)
    assert library._processor_level() == expected


def test_structures_have_the_fields_of_the_header() -> None:
    """In the same order: nothing else connects the two."""
    header = (build.FOLDER / "interface.h").read_text()
    for structure in (library.Network, library.Steps, library.Batch):
        body = header.partition(f"struct {structure.__name__} {{")[2].partition("};")[0]
        declared = [line.partition("//")[0].strip() for line in body.splitlines()]
        names = [
            name.strip(" *")
            for line in " ".join(declared).split(";")
            for name in line.split(" ", 1)[-1].replace("void", "").replace("double*", "").split(",")
        ]
        names = [name.split()[-1].strip("*") for name in names if name.split()]
        assert names == [name for name, _ in structure._fields_]


def test_enumerations_are_those_of_the_header() -> None:
    header = (build.FOLDER / "interface.h").read_text()
    for name, words in (
        ("Activation", library.ACTIVATIONS),
        ("Loss", library.LOSSES),
        ("Optimizer", library.OPTIMIZERS),
    ):
        members = header.partition(f"enum {name} {{")[2].partition("}")[0]
        assert [member.strip().lower() for member in members.split(",")] == list(words)


@pytest.mark.skipif(COMPILER is None or os.name != "posix", reason="needs a C++ compiler")
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_the_sources_compile_without_a_warning(compiler: str, tmp_path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    flags = [
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-Wno-unknown-pragmas",
        "-O0",
    ]
    output = str(tmp_path / "dense.o")
    command = [compiler, *flags, "-c", str(build.FOLDER / "dense.cpp"), "-o", output]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
