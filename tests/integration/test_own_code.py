"""The user's own model, data, loss and optimizer, by file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab import api
from nnlab.config.own_code import OwnCodeError
from nnlab.errors import RunError
from nnlab.own.trust import trust_file
from nnlab.storage import checkpoint
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command
from tests.helpers.command import nnlab as run_nnlab
from tests.helpers.own_code import NET, write_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The experiment; its folder is the current one."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return write_project(tmp_path / "project")


def forget() -> None:
    """Forget which code is allowed."""
    trust_file().unlink()


def test_own_components_train_and_are_recorded(project: Path, command: Command) -> None:
    trained = command("train", project)
    assert trained.code == 0, trained.stderr
    run = nnlab.load_run("latest")
    code = {
        path.relative_to(run.path / "code").as_posix(): path.read_text()
        for path in (run.path / "code").rglob("*.py")
    }
    assert code == {name: (project.parent / name).read_text() for name in code}
    assert code.keys() == run.meta["code"]["sha256"].keys()
    assert "layers/blocks.py" in code
    assert run.config.model.name == "my_net.py:MyNet"
    assert run.config.model.dropout == 0.1


def test_each_replica_is_its_seed_alone(project: Path) -> None:
    together = nnlab.train(project, seeds=3)
    alone = nnlab.train(project, ["train.seed=2"], seeds=1)
    tensors, own = (checkpoint.load(run.checkpoints_dir).tensors for run in (together, alone))
    for name in own:
        if name.startswith("weights."):
            assert (tensors[name][2] == own[name][0]).all(), name


def test_a_killed_run_resumes_and_verifies(project: Path, command: Command) -> None:
    nnlab.train(project)
    verified = command("verify", "latest", "--resume")
    assert verified.code == 0, verified.stderr
    assert "tensors are identical" in verified.stdout


@pytest.mark.parametrize(
    "args",
    [
        ["eval"],
        ["predict", "new.csv"],
        ["check"],
        ["report", "-o", "page.html"],
        ["plot", "curves"],
    ],
    ids=lambda args: args[0],
)
def test_stored_runs_are_read_like_any_other(
    args: list[str], project: Path, command: Command
) -> None:
    nnlab.train(project)
    Path("new.csv").write_text("x0,x1\n1,2\n")
    done = command(args[0], "latest", *args[1:])
    assert done.code == 0, done.stderr


def test_a_relative_path_is_beside_the_experiment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = np.random.default_rng(0).normal(size=(60, 3))
    np.savez(project.parent / "points.npz", X=inputs, y=np.where(inputs[:, 0] > 0, "high", "low"))
    monkeypatch.chdir("/")
    text = project.read_text().replace(
        '"my_data.py:rings"', '"my_data.py:archive", path: points.npz'
    )
    project.write_text(text)
    run = nnlab.train(project)
    assert run.preprocessing["class_names"] == ["high", "low"]


def test_other_code_is_another_experiment(project: Path) -> None:
    before = api.as_config(project).training_fields()
    blocks = project.parent / "layers" / "blocks.py"
    blocks.write_text(blocks.read_text().replace("+", "-"))
    assert api.as_config(project).training_fields() != before


def test_compare_trains_again_after_a_change(project: Path, command: Command) -> None:
    nnlab.train(project)
    first = command("compare", project, "logistic", "--seeds", "2")
    assert first.code == 0, first.stderr
    count = len(list(Path(nnlab.load_run("latest").path.parent).glob("*-mine-*")))
    losses = project.parent / "my_losses.py"
    losses.write_text(losses.read_text() + "\n# changed\n")
    assert command("compare", project, "logistic", "--seeds", "2").code == 0
    assert len(list(Path(nnlab.load_run("latest").path.parent).glob("*-mine-*"))) == count + 1


def test_strangers_code_needs_consent(
    project: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = nnlab.train(project)
    forget()
    assert command("eval", run.path).code == 0  # the user's own file is the same
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    refused = command("eval", run.path)
    assert refused.code == 4
    assert f"nnlab trust {run.path}" in refused.stderr
    assert command("runs", "show", run.path).code == 0
    shown = command("trust", run.path)
    assert shown.code == 0
    assert "class MyNet(nn.Module):" in shown.stdout
    assert command("eval", run.path).code == 0


def test_a_copy_inside_a_run_is_not_the_users_own(project: Path, command: Command) -> None:
    run = nnlab.train(project)
    forget()
    run.update_meta(code={**run.meta["code"], "folder": str(run.path / "code")})
    for file in project.parent.glob("*.py"):
        file.unlink()
    shutil.move(run.path, project.parent / "copy")
    assert command("eval", project.parent / "copy").code == 4


def test_changed_code_is_named_with_a_diff(project: Path, command: Command) -> None:
    run = nnlab.train(project)
    blocks = project.parent / "layers" / "blocks.py"
    blocks.write_text(blocks.read_text().replace("inputs + change", "inputs - change"))
    verified = command("verify", run.path)
    assert verified.code == 8
    assert "-    return inputs + change\n+    return inputs - change" in verified.stderr
    resumed = command("resume", run.path, "--epochs", "5")
    assert resumed.code == 4
    assert "+    return inputs - change" in resumed.stderr
    assert command("eval", run.path).code == 0


def test_code_in_a_run_that_was_changed_is_refused(project: Path, command: Command) -> None:
    run = nnlab.train(project)
    path = run.path / "code" / "my_net.py"
    path.write_text(path.read_text() + "\n# changed\n")
    refused = command("eval", run.path)
    assert refused.code == 4
    assert "is not the code that the run recorded" in refused.stderr


def test_a_run_without_code_has_nothing_to_allow(command: Command) -> None:
    nnlab.train("xor_mlp", ["train.epochs=1"])
    refused = command("trust", "latest")
    assert refused.code == 4
    assert "contains no code" in refused.stderr


def test_what_runs_is_what_was_read(project: Path) -> None:
    experiment = api.read_experiment(project)
    (project.parent / "my_net.py").write_text("raise SystemExit")
    run = api.train(experiment)
    assert (run.path / "code" / "my_net.py").read_text() != "raise SystemExit"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "self.last = nn.Linear(width",
            "self.last = nn.Linear(width + 1",
            "my_net.py:21: in forward: RuntimeError",
        ),
        (
            "super().__init__()",
            "super().__init__(); 1 / 0",
            "my_net.py:13: in __init__: ZeroDivisionError",
        ),
        (
            "from torch import nn",
            "import torch.nonsense",
            "my_net.py:1: in <module>: ModuleNotFoundError",
        ),
    ],
    ids=["forward", "init", "import"],
)
def test_an_error_in_own_code_says_where(
    old: str, new: str, message: str, project: Path, command: Command
) -> None:
    write_project(project.parent, my_net=NET.replace(old, new, 1))
    failed = command("train", project)
    assert failed.code == 2
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("def forward(self", "def backward(self", "my_net.py:MyNet: NotImplementedError"),
        ("self, inputs)", "self, inputs, mask)", "1 required positional argument: 'mask'"),
        ("inputs.flatten(1)", "inputs.flatten()", "forward returned (2,) for the inputs (1, 2)"),
        ("inputs.flatten(1)", "inputs.T", "was given the inputs (1, 2) and nothing else"),
        ("return self", "return inputs, self", "forward returned tuple for the inputs (1, 2)"),
        ("return self", "return 1 + self", None),
        (
            "nn.Linear(width, num_outputs)",
            "nn.Linear(width, num_outputs + 1)",
            "forward returned (1, 3) for the inputs (1, 2), not (1, 2): a logit for each class",
        ),
    ],
    ids=["no forward", "too many", "flattened", "turned", "tuple", "right", "too wide"],
)
def test_what_forward_takes_and_returns_is_checked_before_training(
    old: str, new: str, message: str | None, project: Path
) -> None:
    assert old in NET
    write_project(project.parent, my_net=NET.replace(old, new, 1))
    if message is None:
        assert nnlab.train(project).status == "finished"
        return
    with pytest.raises(OwnCodeError) as caught:
        nnlab.train(project)
    assert message in str(caught.value)
    assert not nnlab.runs()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 3", "must make a torch.nn.Module, not int"),
        ("raise ValueError('no')", "ValueError: no"),
    ],
)
def test_a_model_function_that_makes_no_module(body: str, message: str, project: Path) -> None:
    write_project(project.parent, my_net=f"def MyNet(width: int = 3):\n        {body}\n")
    with pytest.raises(OwnCodeError, match=message):
        nnlab.train(project)


def test_validating_and_checking_run_no_code(project: Path, command: Command) -> None:
    for file in project.parent.rglob("*.py"):
        file.write_text(f"open({str(project.parent / 'ran')!r}, 'w')\n{file.read_text()}")
    for args in (["config", "validate"], ["config", "show"]):
        assert command(*args, project).code == 0
    assert not (project.parent / "ran").exists()


def test_in_a_process_of_its_own(project: Path, tmp_path: Path) -> None:
    done = run_nnlab("train", str(project), cwd=project.parent)
    assert done.returncode == 0, done.stderr
    shown = run_nnlab("runs", "show", "latest", "--json", cwd=project.parent)
    assert json.loads(shown.stdout)["status"] == "finished"


def test_a_stored_run_whose_code_is_gone(project: Path) -> None:
    run = nnlab.train(project)
    shutil.rmtree(run.path / "code")
    with pytest.raises(RunError, match="there is no file"):
        nnlab.evaluate(RunDir(run.path))
