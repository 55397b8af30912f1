"""Lessons are read into a closed list of elements, and served; what they show is computed right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from nnlab.config.own_code import CODE_FOLDER
from nnlab.errors import ConfigError
from nnlab.learners.numpy_mlp import ACTIVATIONS
from nnlab.ui.lessons import pictures
from nnlab.ui.lessons.markdown import parse
from nnlab.ui.lessons.reading import lesson, names, read
from nnlab.ui.lessons.table import SYSTEMS
from tests.helpers.ui import browse, make_run
from tests.unit.ui.test_runs import PROGRAM

HEAD = "# A title\n\nA sentence.\n\n"
SHOWN_ELSEWHERE = {"E6"}  # it asks the model, which the page does not load


@pytest.mark.parametrize("name", names())
def test_a_lesson_has_all_that_a_lesson_has(name: str) -> None:
    found = lesson(name)
    kinds = {block["kind"] for block in found.blocks}
    headings = [
        "".join(map(str, node["children"]))
        for block in found.blocks
        for node in block["nodes"]
        if isinstance(node, dict) and node["tag"] == "h2"
    ]

    assert {"text", "step", "question", "teacher"} <= kinds
    assert headings[0] == "What you will see"
    assert headings[-1] == "The same from the command line"
    assert found.blocks[-1]["kind"] == "teacher"
    assert "<math" not in str(found.blocks)


def test_the_steps_are_the_systems_of_the_five_documents() -> None:
    rows = [row for name in names() for row in lesson(name).rows]

    assert len(names()) == 5
    assert sorted(rows) == sorted({system.row for system in SYSTEMS} - SHOWN_ELSEWHERE)


def test_every_question_with_choices_has_one_right_one() -> None:
    questions = [b for name in names() for b in lesson(name).blocks if b["kind"] == "question"]

    assert len(questions) >= 12
    for question in questions:
        assert [c["is_right"] for c in question["choices"]].count(True) in {0, 1}
        assert bool(question["choices"]) == any(c["is_right"] for c in question["choices"])
        assert question["answer"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <b onclick=x>b</b>"]
)
def test_html_stays_text(text: str) -> None:
    (paragraph,) = parse(text)
    assert paragraph == {"tag": "p", "children": [text]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a](https://example.org)", "not to https://example.org"),
        ("[a](//example.org)", "not to //example.org"),
        ("[a](/api/state)", "not to /api/state"),
        ("![a](/runs)", "lessons have no image"),
        ("<math><script>x</script></math>", "formulas have only"),
        ("<math><mi href='x'>x</mi></math>", "formulas have only"),
        ("<math><mi>x</math>", "is no XML"),
        (":::film x\n:::\n", "blocks of experiment, step"),
        (":::step E99\n:::\n", "there is no such system"),
        (":::experiment nothing\n:::\n", "there is no file nothing"),
        (":::picture nothing\n:::\n", "pictures of activations"),
        (":::question\nWhy?\n:::\n", "a question needs an answer"),
        (":::step E3\nNever closed.\n", "a block ends with a line"),
    ],
)
def test_what_lessons_do_not_have_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        read("a", HEAD + text)


def test_a_lesson_begins_with_a_title_and_a_paragraph() -> None:
    with pytest.raises(ConfigError, match="must begin with '# Title' and a paragraph"):
        read("a", "## No title\n")


def test_formulas_links_and_commands_are_nodes() -> None:
    text = (
        "See [the playground](/play#start=xor): <math><msup><mi>x</mi><mn>2</mn></msup></math>.\n"
    )
    (paragraph,) = parse(text)
    square = {
        "tag": "msup",
        "attributes": {},
        "children": [
            {"tag": "mi", "attributes": {}, "children": ["x"]},
            {"tag": "mn", "attributes": {}, "children": ["2"]},
        ],
    }

    assert paragraph["children"][1] == {
        "tag": "a",
        "href": "/play#start=xor",
        "children": ["the playground"],
    }
    assert paragraph["children"][3] == {"tag": "math", "attributes": {}, "children": [square]}
    assert parse("```sh\nnnlab check a\n```") == [
        {"tag": "pre", "language": "sh", "children": ["nnlab check a\n"]}
    ]


def test_a_step_is_the_experiment_of_its_system_with_seeds() -> None:
    (step,) = [b for b in lesson("d-features").blocks if b.get("row") == "D7, a quarter as wide"]

    assert step["edits"] == [
        {"key": "train.epochs", "value": 1},
        {"key": "model.channels", "value": [8, 16]},
        {"key": "model.hidden_sizes", "value": [150, 30]},
        {"key": "train.seeds", "value": 3},
    ]
    assert "name: d7_fashion_cnn_published" in step["yaml"]
    assert step["command"].startswith("nnlab train d7_fashion_cnn_published train.epochs=1")


@pytest.mark.parametrize("kernel", pictures.KERNELS)
def test_the_convolution_is_that_of_torch(kernel: str) -> None:
    found = pictures.convolution({"kernel": kernel, "digit": "7"})
    image, weight = (torch.tensor(found[key])[None, None] for key in ("image", "kernel"))
    maps = functional.conv2d(image, weight, padding=1)
    highest = functional.max_pool2d(functional.relu(maps), 2)

    for key, expected in [
        ("convolved", maps),
        ("rectified", functional.relu(maps)),
        ("pooled", highest),
    ]:
        torch.testing.assert_close(torch.tensor(found[key]), expected[0, 0])


def test_the_slopes_are_those_of_the_activations() -> None:
    found = pictures.activations({})
    z = np.array(found["x"]) + 0.013  # away from the kinks
    for line in found["lines"]:
        f, slope = ACTIVATIONS[line["name"]]
        np.testing.assert_allclose(slope(z), (f(z + 1e-6) - f(z - 1e-6)) / 2e-6, atol=1e-6)
        np.testing.assert_allclose(line["value"], f(np.array(found["x"])))


def test_only_the_size_of_xavier_keeps_the_spread() -> None:
    last = {line["name"]: line["value"][-1] for line in pictures.initialisation({})["lines"]}

    assert last["0.01"] < 1e-6
    assert 0.1 < last["Xavier"] < 0.6
    assert last["1"] > 0.9


def test_the_routes_answer(tmp_path: Path) -> None:
    browser = browse(tmp_path)

    assert [one["name"] for one in browser.get("/api/lessons")["lessons"]] == names()
    assert browser.get("/api/lessons/e-spiral")["title"] == "Three arms of a spiral"
    assert (
        browser.ask("/api/lessons/e-spira")
        .json["error"]["text"]
        .endswith("(did you mean 'e-spiral'?)")
    )
    assert browser.ask("/api/lesson-pictures/nothing").status == 404
    assert browser.ask("/api/lesson-pictures/convolution?kernel=x").status == 422
    assert browser.ask("/api/lesson-graph?theta=1e9").status == 422


def test_no_route_of_lessons_imports_torch(tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    targets = ["/api/lessons", "/api/lessons/e-spiral", "/api/lessons/e-spiral/progress"]
    targets += [f"/api/lesson-pictures/{name}" for name in pictures.PICTURES]

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *targets],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [*(f"{target} 200" for target in targets), "False"]


def test_the_graph_and_its_derivative_are_those_of_the_document(tmp_path: Path) -> None:
    found = browse(tmp_path).get("/api/lesson-graph?theta=1")

    assert found["value"] == pytest.approx(0.0981, abs=5e-5)
    assert found["autograd"] == pytest.approx(0.4580252880326, abs=1e-12)
    assert found["symbolic"] == pytest.approx(found["autograd"], abs=1e-12)
    assert found["graph"].splitlines()[0] == "PowBackward0"


def test_the_derivation_is_that_of_the_users_run_and_agrees_with_autograd(tmp_path: Path) -> None:
    make_run(tmp_path, "a", lr=0.25)

    found = browse(tmp_path).get("/api/lesson-derivation?run=a&seed=2&example=3")

    assert (found["trace"]["seed"], found["trace"]["examples"]) == (2, [3])
    assert found["trace"]["lr"] == 0.25
    assert found["trace"]["gradient_difference"] < 1e-12
    assert found["gradcheck"]["failures"] == []
    assert browse(tmp_path).ask("/api/lesson-derivation?run=b").status == 404


def test_a_derivation_never_executes_code_of_a_run(tmp_path: Path) -> None:
    path = make_run(tmp_path, "a")
    code = path / CODE_FOLDER
    code.mkdir()
    mark = tmp_path / "executed"
    (code / "net.py").write_text(
        f"open({str(mark)!r}, 'w')\nclass Net:\n    def __init__(self, width: int = 1):\n        pass\n"
    )
    text = (path / "resolved.yaml").read_text()
    start, end = text.index("model:"), text.index("loss:")
    own = 'model: {name: "net.py:Net", width: 2}\n'
    (path / "resolved.yaml").write_text(text[:start] + own + text[end:])

    answer = browse(tmp_path).ask("/api/lesson-derivation?run=a")

    assert answer.status == 422
    assert "code of its own" in answer.json["error"]["text"]
    assert not mark.exists()
