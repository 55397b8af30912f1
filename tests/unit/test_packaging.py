"""What pyproject.toml promises about the package."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nnlab
from nnlab.version import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMPORTED_AS = {
    "markdown-it-py": "markdown_it",
    "mlflow-skinny": "mlflow",
    "pillow": "PIL",
    "pydantic-core": "pydantic_core",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "typing-extensions": "typing_extensions",
}


def imported_packages(file: Path) -> Iterator[str]:
    """Yield the top-level package of every import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def requirement_name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0].lower()


def test_the_dependencies_are_the_packages_that_nnlab_imports() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    kinds = ("parquet", "onnx", "tensorboard", "mlflow", "ray", "slurm", "sweep")
    optional = [line for name in kinds for line in extras[name]]
    required = [*PROJECT["project"]["dependencies"], *optional]
    names = {requirement_name(line) for line in required}
    declared = {IMPORTED_AS.get(name, name) for name in names}

    files = (ROOT / "nnlab").rglob("*.py")
    imported = {name for file in files for name in imported_packages(file)}

    assert imported - sys.stdlib_module_names - {"nnlab"} == declared


def test_dependency_groups_equal_the_extras_of_the_same_name() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    groups = PROJECT["dependency-groups"]

    assert {name: extras[name] for name in groups} == groups


def test_developer_tools_are_pinned() -> None:
    tools = PROJECT["dependency-groups"]["dev"] + PROJECT["dependency-groups"]["docs"]

    assert [tool for tool in tools if "==" not in tool] == []


def test_only_one_file_states_the_version() -> None:
    files = (ROOT / "nnlab").rglob("*.py")
    stating = [file.name for file in files if f'"{__version__}"' in file.read_text()]

    assert stating == ["version.py"]
    assert nnlab.__version__ == __version__
    assert PROJECT["project"]["dynamic"] == ["version"]


def test_the_package_is_marked_as_typed() -> None:
    assert (ROOT / "nnlab" / "py.typed").is_file()
    assert "Typing :: Typed" in PROJECT["project"]["classifiers"]


def test_the_citation_states_the_version() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
