"""nnlab graph: the backward functions, their order and what they end at."""

from __future__ import annotations

import html
import re
import shutil
import stat
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import torch

from nnlab import api
from nnlab.cli.graph import graph
from nnlab.errors import ConfigError
from nnlab.inspection import backward_graph
from nnlab.inspection.backward_graph import to_dot, to_svg, to_text
from nnlab.inspection.expressions import read_expression
from nnlab.inspection.gradients import LossAtInit
from tests.helpers.command import Command

D6 = "(1 - log(1 + exp(theta)))**2"
has_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def parse(dot: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the labels of the nodes, and the edges as pairs of labels."""
    labels = dict(re.findall(r'^  (n\d+) \[label="((?:[^"\\]|\\.)*)"', dot, re.MULTILINE))
    ends = re.findall(r"^  (n\d+) -> (n\d+);$", dot, re.MULTILINE)
    return labels, [(labels[start], labels[end]) for start, end in ends]


def dot_of(text: str, *words: str) -> str:
    expression = read_expression(text, words)
    variables = expression.variables()
    return to_dot(expression.compute(variables), variables, text)


def dot_of_experiment(name: str, *overrides: str) -> tuple[str, dict[str, torch.Tensor]]:
    point = LossAtInit.load(api.as_config(name, overrides), Path("no data is needed"))
    model = point.model()
    parameters = dict(model.named_parameters())
    return to_dot(point.loss(model), parameters, name), parameters


def test_the_graph_of_d6_is_the_chain_of_its_functions_from_the_outside_in() -> None:
    _, edges = parse(dot_of(D6, "theta=1"))
    assert edges == [
        ("PowBackward0", "RsubBackward1"),
        ("RsubBackward1", "LogBackward0"),
        ("LogBackward0", "AddBackward0"),
        ("AddBackward0", "ExpBackward0"),
        ("ExpBackward0", r"AccumulateGrad\ntheta ()"),
    ]


def test_a_variable_that_is_used_twice_is_one_node_with_two_edges() -> None:
    labels, edges = parse(dot_of("x * x", "x=3", "y=2"))
    assert sorted(labels.values()) == [r"AccumulateGrad\nx ()", "MulBackward0"]
    assert edges == [("MulBackward0", r"AccumulateGrad\nx ()")] * 2


def test_a_part_that_is_used_twice_is_drawn_once() -> None:
    x = torch.ones(2, requires_grad=True)
    shared = x.exp()
    labels, edges = parse(to_dot((shared.sin() * shared.cos()).sum(), {"x": x}, ""))
    assert Counter(labels.values())["ExpBackward0"] == 1
    assert ("SinBackward0", "ExpBackward0") in edges
    assert ("CosBackward0", "ExpBackward0") in edges
    assert len(edges) == 6
    _, edges = parse(dot_of("x + y * x", "x=3", "y=2"))
    assert Counter(end for _, end in edges) == {
        "MulBackward0": 1,
        r"AccumulateGrad\nx ()": 2,
        r"AccumulateGrad\ny ()": 1,
    }


def test_a_variable_alone_is_its_own_graph() -> None:
    assert parse(dot_of("x", "x=3")) == ({"n0": r"AccumulateGrad\nx ()"}, [])


@pytest.mark.parametrize("name", ["xor_mlp", "digits_cnn", "digits_logistic", "regression_mlp"])
def test_every_parameter_is_an_end_with_its_name_and_shape(name: str) -> None:
    dot, parameters = dot_of_experiment(name)
    labels, edges = parse(dot)
    ends = {label for label in labels.values() if label.startswith("AccumulateGrad")}
    assert ends == {
        rf"AccumulateGrad\n{name} {tuple(tensor.shape)}" for name, tensor in parameters.items()
    }
    assert not ends & {start for start, _ in edges}
    assert ends <= {end for _, end in edges}
    assert len(labels) == len(set(labels))


def test_the_graph_is_that_of_the_experiment() -> None:
    labels, edges = parse(dot_of_experiment("xor_mlp")[0])
    assert labels["n0"] == "MeanBackward0"
    assert ("SigmoidBackward0", "AddmmBackward0") in edges
    cnn = Counter(parse(dot_of_experiment("digits_cnn")[0])[0].values())
    assert cnn["NormalizedConvolutionBackward"] == cnn["ConvolutionBackward0"] == 1
    assert cnn["MaxPool2DWithIndicesBackward0"] == 2
    # Dropout multiplies by its mask.
    assert cnn["MulBackward0"] == 1
    assert "ReluBackward0" in parse(dot_of_experiment("spiral_mlp")[0])[0].values()


@pytest.mark.parametrize("name", ['a"b', "a\\", 'a\\"b', "a\nb", "a];b", "<b>", "\\n"])
def test_names_cannot_leave_their_quotes(name: str) -> None:
    x = torch.ones((), requires_grad=True)
    dot = to_dot(x.exp(), {name: x}, name)
    labels, edges = parse(dot)
    escaped = labels["n1"].removeprefix(r"AccumulateGrad\n").removesuffix(" ()")
    characters = {"n": "\n", "\\": "\\", '"': '"'}
    assert re.sub(r"\\(.)", lambda found: characters[found[1]], escaped) == name
    assert edges == [("ExpBackward0", labels["n1"])]
    if shutil.which("dot"):
        assert to_svg(dot).count(b'class="node"') == 2


@has_dot
@pytest.mark.parametrize("name", ["xor_mlp", "digits_cnn"])
def test_graphviz_draws_every_node_and_edge(name: str) -> None:
    dot, _ = dot_of_experiment(name)
    labels, edges = parse(dot)
    svg = to_svg(dot).decode()
    assert svg.count('class="node"') == len(labels)
    assert svg.count('class="edge"') == len(edges)


@has_dot
def test_d6_is_drawn_to_an_svg_file(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    process = command("graph", "--expr", D6, "theta=1")
    assert process.code == 0, process.stderr
    assert process.stdout.splitlines()[-1] == "expression-graph.svg"
    svg = html.unescape((tmp_path / "expression-graph.svg").read_text())
    assert svg.startswith("<?xml")
    assert all(word in svg for word in ("PowBackward0", "LogBackward0", "theta ()", D6))


def test_the_tree_of_d6_is_the_chain_of_its_functions(capsys: pytest.CaptureFixture[str]) -> None:
    graph(["theta=1"], expression=D6, output=None, as_text=True, data_dir=None)

    assert capsys.readouterr().out == (
        f"{D6} = 0.09813288486676\n"
        "PowBackward0\n"
        "\u2514\u2500 RsubBackward1\n"
        "   \u2514\u2500 LogBackward0\n"
        "      \u2514\u2500 AddBackward0\n"
        "         \u2514\u2500 ExpBackward0\n"
        "            \u2514\u2500 AccumulateGrad  theta ()\n"
    )


def test_a_part_that_is_used_twice_has_a_number_in_the_tree() -> None:
    x = torch.ones(2, requires_grad=True)
    shared = x.exp()

    tree = to_text((shared.sin() + shared.cos()).sum(), {"x": x}).splitlines()

    assert [line.strip("\u2500\u2514\u251c\u2502 ") for line in tree] == [
        "SumBackward0",
        "AddBackward0",
        "SinBackward0",
        "ExpBackward0 #1",
        "AccumulateGrad  x (2,)",
        "CosBackward0",
        "ExpBackward0 #1, see above",
    ]


def test_without_graphviz_the_graph_is_text(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    process = command("graph", "xor_mlp")
    assert process.code == 0, process.stderr
    title, first, *_, last = process.stdout.splitlines()
    assert title.startswith("xor_mlp: the loss = 0.8")
    assert first == "MeanBackward0"
    assert last.endswith("AccumulateGrad  layers.1.weight (2, 4)")
    assert list(tmp_path.iterdir()) == []
    refused = command("graph", "xor_mlp", "-o", "x.svg")
    assert refused.code == 2
    assert "'dot' is not on the PATH; install it, or print the graph as text" in refused.stderr
    assert not (tmp_path / "x.svg").exists()


def test_a_name_with_dot_is_always_text(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "new" / "d6.dot"
    process = command("graph", "theta=1", "--expr", D6, "-o", path)
    assert process.stdout.splitlines()[-1] == str(path)
    assert len(parse(path.read_text())[1]) == 5


@pytest.mark.parametrize(
    ("words", "expression", "output", "said"),
    [
        ([], None, None, "which experiment?"),
        (["xor_mlp"], None, "x.png", "must end in .svg or .dot"),
        (["xor_mlp"], None, "x", "must end in .svg or .dot"),
        (["xor_mlp"], None, "x.svg", "--text prints the graph; leave out -o"),
        (["x=1"], "open(x)", "x.dot", "there is no function open"),
        ([], "x", "x.dot", "needs 1 to 20 words"),
        (["no_such"], None, "x.dot", "there is no file no_such"),
    ],
)
def test_a_graph_that_cannot_be_drawn_is_refused(
    words: list[str], expression: str | None, output: str | None, said: str, tmp_path: Path
) -> None:
    path = None if output is None else tmp_path / output
    as_text = said.startswith("--text")
    with pytest.raises(ConfigError, match=re.escape(said)):
        graph(words, expression=expression, output=path, as_text=as_text, data_dir=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "seconds", "said"),
    [
        ("echo broken >&2; exit 1", 600, "Graphviz failed: broken; print"),
        ("exec /bin/sleep 600", 0.2, "Graphviz took longer than 0.2 s; print"),
    ],
    ids=["fails", "hangs"],
)
def test_a_graphviz_that_does_not_work(
    script: str, seconds: float, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(backward_graph, "TIMEOUT_SECONDS", seconds)
    output = tmp_path / "x.svg"
    with pytest.raises(ConfigError, match=re.escape(said)):
        graph(["x=1"], expression="exp(x)", output=output, data_dir=None)
    assert not output.exists()


@has_dot
def test_the_text_is_the_dot_language(tmp_path: Path) -> None:
    graph(["xor_mlp"], expression=None, output=tmp_path / "x.dot", data_dir=None)
    command = ["dot", "-Tcanon", str(tmp_path / "x.dot")]
    subprocess.run(command, check=True, capture_output=True)
