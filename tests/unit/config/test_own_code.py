"""Own code in an experiment: its signature is the schema, and where it may lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nnlab.config.load import load_config
from nnlab.config.messages import ConfigProblems
from nnlab.config.own_code import absolute

EXPERIMENT = """\
dataset: {name: xor}
model: {name: "net.py:Net"%s}
optimizer: {name: adam, lr: 0.01}
"""


def experiment(folder: Path, code: str, keys: str = "", file: str = "net.py") -> Path:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(code)
    (folder / "mine.yaml").write_text(EXPERIMENT % keys)
    return folder / "mine.yaml"


def net(parameters: str) -> str:
    return f"class Net:\n    def __init__(self, {parameters}): ...\n"


@pytest.mark.parametrize(
    ("parameter", "given", "value"),
    [
        ("width: int = 3", "", 3),
        ("width: int", ", width: 4", 4),
        ("width: float", ", width: 4", 4.0),
        ("width: bool = False", ", width: true", True),
        ("width: str = 'a'", ", width: b", "b"),
        ("width: 'int'", ", width: 4", 4),
        ("width: int | None = None", "", None),
        ("width: Optional[int] = None", ", width: 4", 4),
        ("width: typing.Union[int, str]", ", width: x", "x"),
        ("width: Literal['a', 'b']", ", width: b", "b"),
        ("width: list[int]", ", width: [1, 2]", [1, 2]),
        ("width: tuple[int, ...]", ", width: [1, 2]", (1, 2)),
        ("width: tuple[int, float] = (1, 2.5)", "", (1, 2.5)),
        ("width: Annotated[int, Field(ge=1)]", ", width: 1", 1),
        ("width: Sequence[int] = (1, 2)", "", (1, 2)),
        ("width: Sequence[int]", ", width: [1, 2]", (1, 2)),
        ("width: float = 1", "", 1),
        ("width: Path = 'a/b'", "", "a/b"),
        ("width: int | str = 'x'", "", "x"),
        ("width=3", ", width: 5", 5),
        ("width=(3, 4)", ", width: [5]", (5,)),
        ("num_inputs, num_outputs: int, width: int = 3", "", 3),
        ("*, width: int = 3", "", 3),
    ],
)
def test_the_signature_is_the_schema(
    parameter: str, given: str, value: object, tmp_path: Path
) -> None:
    config = load_config(experiment(tmp_path, net(parameter), given))
    assert config.model.width == value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("parameter", "given", "message"),
    [
        (
            "width: int = 3",
            ", widht: 4",
            r"mine.yaml:2:29: model.widht: unknown key \(did you mean 'width'",
        ),
        (
            "width: int = 3",
            ", width: x",
            'mine.yaml:2:36: model.width: should be a whole number, not "x"',
        ),
        ("width: int", "", "model.width: this key is required"),
        (
            "width: Annotated[int, Field(ge=1)]",
            ", width: 0",
            "model.width: should be at least 1, not 0",
        ),
        ("width: Literal['a', 'b']", ", width: c", "model.width: should be 'a' or 'b'"),
        (
            "width: tuple[int, ...] = ()",
            ", width: [1, x]",
            "model.width.1: should be a whole number",
        ),
        ("width: Tensor", "", "net.py:2: no experiment can give a value of the type Tensor"),
        ("width: dict[str, Tensor] = None", "", "net.py:2: no experiment can give"),
        ("width", "", "net.py:2: the parameter 'width' has no type"),
        ("width=os.getcwd()", "", "net.py:2: 'width' must be written out"),
        ("*widths", "", r"net.py:2: '\*widths' names no parameters"),
        ("**options", "", r"net.py:2: '\*options' names no parameters"),
        ("width: Annotated[int, Field(gee=1)]", "", "net.py:2: Field knows gt, ge"),
        ("_width: int = 3", "", "keys begin with a letter"),
        (
            "width: Annotated[int, Field(ge='a')]",
            "",
            "net.py: the parameters of Net make no schema",
        ),
        (
            "width: Annotated[str, Field(pattern='(')]",
            "",
            "net.py: the parameters of Net make no schema",
        ),
        (
            "width: int = 'x'",
            "",
            "net.py:2: the default of 'width' should be a whole number, not \"x\"",
        ),
        ("width: int = 'x'", ", width: 3", "net.py:2: the default of 'width'"),
        (
            "width: int = None",
            "",
            r"should be a whole number, not null; write its type as ... \| None",
        ),
        (
            "width: Annotated[int, Field(ge=1)] = 0",
            "",
            "the default of 'width' should be at least 1, not 0",
        ),
        ("width: Literal['a', 'b'] = 'c'", "", "the default of 'width' should be 'a' or 'b'"),
        ("width: tuple[int, ...] = (1, 'x')", "", "the default of 'width' should be a whole"),
        ("width: int = True", "", "the default of 'width' should be a whole number, not true"),
        ("height: int,\n        width: int = 'x'", ", height: 1", "net.py:3: the default"),
        ("is_dense: bool = True", "", "a parameter cannot be called 'is_dense'"),
        ("name: str = 'x'", "", "a parameter cannot be called 'name'"),
    ],
)
def test_a_mistake_is_located(parameter: str, given: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match=message):
        load_config(experiment(tmp_path, net(parameter), given))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("class Nets: ...", "net.py has no class or function 'Net'; it has: Nets"),
        ("x = 1", "it has: none"),
        ("class Net(:", "net.py:1 is not valid Python"),
        ("\0", "is not valid Python"),
        ("(" * 1000, "is not valid Python"),
    ],
)
def test_a_file_without_the_class_is_refused(code: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match=message):
        load_config(experiment(tmp_path, code))


def test_the_parameters_of_a_base_class_in_the_file_count(tmp_path: Path) -> None:
    code = "class Base:\n    def __init__(self, width: int = 3): ...\nclass Net(Base): ...\n"
    assert load_config(experiment(tmp_path, code, ", width: 4")).model.width == 4  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name",
    [
        "../net.py:Net",
        "/etc/net.py:Net",
        "a/../../net.py:Net",
        "C:\\net.py:Net",
        "..\\net.py:Net",
        "file://net.py:Net",
    ],
)
def test_a_file_outside_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    path = experiment(tmp_path, net("width: int = 3"))
    (tmp_path.parent / "net.py").write_text(net(""))
    with pytest.raises(ConfigProblems, match=r"model\.name: .*must lie in the folder"):
        load_config(path, [f"model.name='{name}'"])


@pytest.mark.parametrize("name", ["os:system", "net:Net", "nnlab.models.mlp:build", "net.py"])
def test_an_import_path_is_no_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="unknown name"):
        load_config(experiment(tmp_path, net("")), [f"model.name={name}"])


@pytest.mark.parametrize("name", ["net.py:", "net.py:Net()", "net.py:Net.forward", "net.py:a b"])
def test_only_a_plain_name_follows_the_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="is not the name of a class or function"):
        load_config(experiment(tmp_path, net("")), [f"model.name='{name}'"])


def test_a_link_is_refused(tmp_path: Path) -> None:
    path = experiment(tmp_path, net(""))
    (tmp_path / "net.py").rename(tmp_path / "real.py")
    (tmp_path / "net.py").symlink_to("real.py")
    with pytest.raises(ConfigProblems, match="is a link"):
        load_config(path)


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    path = experiment(tmp_path, net(""))
    (tmp_path / "there").mkdir()
    (tmp_path / "net.py").rename(tmp_path / "there" / "net.py")
    (tmp_path / "linked").symlink_to("there")
    with pytest.raises(ConfigProblems, match="is a link"):
        load_config(path, ["model.name='linked/net.py:Net'"])


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    path = experiment(tmp_path, net(""))
    (tmp_path / "net.py").unlink()
    os.mkfifo(tmp_path / "net.py")
    with pytest.raises(ConfigProblems, match="not a plain file"):
        load_config(path)


def test_a_file_of_any_size_is_not_read(tmp_path: Path) -> None:
    path = experiment(tmp_path, net(""))
    os.truncate(tmp_path / "net.py", 10**10)
    with pytest.raises(ConfigProblems, match="at most 1,000,000 bytes"):
        load_config(path)


def test_a_change_of_an_imported_file_changes_the_digest(tmp_path: Path) -> None:
    code = f"from lib.parts import a\nimport numpy\n{net('')}"
    path = experiment(tmp_path, code)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "parts.py").write_text("a = 1")
    before = load_config(path).code
    (tmp_path / "lib" / "parts.py").write_text("a = 2")
    after = load_config(path).code
    assert before.keys() == after.keys() == {"net.py", "lib/parts.py"}
    assert before["net.py"] == after["net.py"]
    assert before["lib/parts.py"] != after["lib/parts.py"]


@pytest.mark.parametrize(
    ("module", "level", "file", "full"),
    [
        ("a.b", 0, "net.py", "a.b"),
        ("b", 1, "net.py", "b"),
        ("b", 1, "lib/net.py", "lib.b"),
        ("", 1, "lib/net.py", "lib"),
        ("b", 2, "lib/deep/net.py", "lib.b"),
    ],
)
def test_relative_imports_mean_the_folder(module: str, level: int, file: str, full: str) -> None:
    assert absolute(module, level, file) == full
