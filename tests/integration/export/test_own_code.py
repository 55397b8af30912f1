"""Runs of the user's own network, taken away: the same answers without nnlab."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnlab
from tests.helpers.command import Command
from tests.helpers.own_code import NET, write_project

FUNCTION = (
    NET
    + """

    def make(num_inputs: int, num_outputs: int, width: int = 5):
        return MyNet(num_inputs, num_outputs, width)
    """
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return write_project(tmp_path / "project", my_net=FUNCTION)


@pytest.mark.parametrize("name", ["MyNet", "make"])
def test_plain_pytorch_has_the_users_code(name: str, project: Path, command: Command) -> None:
    nnlab.train(project, [f"model.name=my_net.py:{name}"])
    done = command("export", "latest", "--to", "torch", "-o", "away")
    assert done.code == 0, done.stderr
    assert "all classes equal" in done.stdout
    code = project.parent / "away" / "layers" / "blocks.py"
    assert code.read_bytes() == (project.parent / "layers" / "blocks.py").read_bytes()


def test_onnx_has_the_users_network(project: Path, command: Command) -> None:
    pytest.importorskip("onnxruntime")
    nnlab.train(project)
    done = command("export", "latest", "--to", "onnx", "--ensemble", "-o", "away.onnx")
    assert done.code == 0, done.stderr
    assert "all classes equal" in done.stdout


@pytest.mark.parametrize("file", ["model", "my-net"])
def test_a_file_that_cannot_lie_beside_it_is_refused(
    file: str, project: Path, command: Command
) -> None:
    (project.parent / "my_net.py").rename(project.parent / f"{file}.py")
    nnlab.train(project, [f"model.name={file}.py:MyNet"])
    done = command("export", "latest", "--to", "torch", "-o", "away")
    assert done.code == 2
    assert f"{file}.py cannot be imported beside model.py" in done.stderr
    assert not (project.parent / "away").exists()
