"""Compiles the C++ sources: ``python -m nnlab.native.build``.

Installing nnlab does so where there is a compiler (``hatch_build.py``); without one, the fused learner
trains what the native learner would. One library is built for each instruction set that a processor
of this architecture may have; which one runs is chosen when it is loaded.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).parent
SUFFIX = ".dll" if os.name == "nt" else ".so"
# By instruction set: the bytes of a vector, and the flags of GCC and Clang, and of MSVC.
X86 = {
    "baseline": (16, [], []),
    "avx2": (32, ["-mavx2", "-mfma"], ["/arch:AVX2"]),
    "avx512": (
        64,
        [
            "-mavx512f",
            "-mavx512dq",
            "-mavx512vl",
            "-mavx512bw",
            "-mfma",
            "-mprefer-vector-width=512",
        ],
        ["/arch:AVX512"],
    ),
}
OTHERS: dict[str, tuple[int, list[str], list[str]]] = {"baseline": (16, [], [])}
GNU_FLAGS = [
    "-std=c++17",
    "-O3",
    "-shared",
    "-fPIC",
    "-pthread",
    "-fvisibility=hidden",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
]
MSVC_FLAGS = ["/nologo", "/std:c++17", "/O2", "/EHsc", "/LD", "/fp:precise"]


class BuildError(Exception):
    """There is no compiler, or it failed; the message says which."""


def instruction_sets() -> dict[str, tuple[int, list[str], list[str]]]:
    """Return those to build for: the ones of this machine's architecture."""
    return X86 if platform.machine().lower() in {"x86_64", "amd64"} else OTHERS


def library_path(instruction_set: str, folder: Path = FOLDER) -> Path:
    """Return where the library of an instruction set is."""
    return folder / f"dense_{instruction_set}{SUFFIX}"


def find_compiler() -> list[str]:
    """Return the command of a C++ compiler: ``$CXX``, or the first that is installed.

    Raises:
        BuildError: If there is none.
    """
    if chosen := os.environ.get("CXX"):
        return shlex.split(chosen)
    configured = shlex.split(sysconfig.get_config_var("CXX") or "")[:1]
    for name in (*configured, "c++", "g++", "clang++", "cl"):
        if shutil.which(name):
            return [name]
    msg = "there is no C++ compiler: no c++, g++, clang++ or cl in the PATH, and CXX is not set"
    raise BuildError(msg)


def build(folder: Path = FOLDER) -> list[Path]:
    """Compile the libraries into a folder and return their paths.

    Raises:
        BuildError: If there is no compiler, or it fails on every instruction set.
    """
    compiler = find_compiler()
    with ThreadPoolExecutor() as pool:
        compilations = [
            pool.submit(_compile, compiler, name, folder) for name in instruction_sets()
        ]
    # An old compiler does not know the newest instructions.
    failed = [c.exception() for c in compilations if c.exception() is not None]
    if len(failed) == len(compilations):
        raise BuildError(str(failed[0])) from failed[0]
    return [compilation.result() for compilation in compilations if compilation.exception() is None]


def _compile(compiler: list[str], name: str, folder: Path) -> Path:
    """Compile one library; an existing one is replaced at the end, so that none is ever half written."""
    vector_bytes, gnu, msvc = instruction_sets()[name]
    path = library_path(name, folder)
    source, define = str(FOLDER / "dense.cpp"), f"VECTOR_BYTES={vector_bytes}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        output = Path(scratch) / path.name
        if Path(compiler[0]).stem.lower() == "cl":
            command = [*compiler, *MSVC_FLAGS, *msvc, f"/D{define}", source, f"/Fe:{output}"]
        else:
            command = [*compiler, *GNU_FLAGS, *gnu, f"-D{define}", source, "-o", str(output)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=scratch, check=False)
        except OSError as error:
            msg = f"{compiler[0]} cannot be run: {error}"
            raise BuildError(msg) from error
        if done.returncode:
            msg = f"{shlex.join(command)} failed:\n{done.stderr or done.stdout}"
            raise BuildError(msg)
        output.replace(path)
    return path


if __name__ == "__main__":
    try:
        for built_path in build():
            sys.stdout.write(f"built {built_path}\n")
    except BuildError as build_error:
        sys.exit(f"error: {build_error}")
