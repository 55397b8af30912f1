"""The experiment of the page: edits, problems with their places, findings with their edits, price."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.config.load import load_config, parse_document, validate
from nnlab.config.messages import SourceText
from nnlab.formatting import flatten
from tests.helpers.ui import browse

TEXT = """\
# Mine.
name: spiral_mlp
dataset: {name: spiral, num_samples: 300}  # three arms
model: {name: mlp, hidden_sizes: [8]}
optimizer: {name: sgd, lr: 50}
train: {epochs: 20, seeds: 3}
"""


def ask(folder: Path, text: str, key: str | None = None, value: object = None) -> dict:
    edit = {} if key is None else {"edit": {"key": key, "value": value}}
    answer = browse(folder).post("/api/experiment", {"yaml": text, **edit})
    assert answer.status == 200, answer
    return answer.json


def test_a_valid_experiment_has_its_values_price_and_command(tmp_path: Path) -> None:
    found = ask(tmp_path, TEXT)
    assert found["is_valid"]
    assert found["yaml"] == TEXT
    assert found["errors"] == []
    assert found["config"]["train.epochs"] == 20
    assert found["config"]["schedule.name"] == "constant"
    assert found["parameters"] == 2 * 8 + 8 + 8 * 3 + 3
    assert found["shape"] == {"inputs": [2], "outputs": 3, "task": "classification"}
    weights = 3 * 4 * found["parameters"]
    assert found["price"]["memory"] == 5 * weights  # weights, gradients, best, and both saved
    assert found["price"]["disk"] == 3 * 2 * weights
    assert found["price"]["refused"] is None


def test_a_finding_has_the_edits_that_mend_it(tmp_path: Path) -> None:
    found = ask(tmp_path, TEXT)
    (finding,) = [f for f in found["findings"] if f["key"] == "optimizer.lr"]
    assert (finding["line"], finding["severity"]) == (5, "warning")
    assert finding["why"]
    for edit in finding["edits"]:
        mended = ask(tmp_path, found["yaml"], edit["key"], edit["value"])
        assert finding["code"] not in {f["code"] for f in mended["findings"]}
        assert "# three arms" in mended["yaml"]


@pytest.mark.parametrize(
    ("key", "value", "after"),
    [
        ("optimizer.lr", 0.1, "lr: 0.1}"),
        ("optimizer.lr", "1e-3", "lr: 0.001}"),
        ("train.batch_size", "full", "seeds: 3, batch_size: full}"),
        ("model.hidden_sizes", [4, 4], "hidden_sizes: [4, 4]}"),
        ("train.seeds", None, "train: {epochs: 20}"),
        ("model.activation", "tanh", "hidden_sizes: [8], activation: tanh}"),
    ],
)
def test_an_edit_changes_the_text_and_keeps_comments(key, value, after, tmp_path: Path) -> None:
    found = ask(tmp_path, TEXT, key, value)
    assert found["is_valid"]
    assert after in found["yaml"]
    assert {"# Mine.", "# three arms"} <= {
        line[line.find("#") :] for line in found["yaml"].splitlines()
    }


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        (TEXT.replace("lr: 50", "lr: -1"), 5, "optimizer.lr", "should be more than 0"),
        (TEXT.replace("mlp, h", "mpl, h"), 4, "model.name", "unknown name"),
        ("name: [", 1, None, "expected the node content"),
        ("name: x\nname: y\n", 2, "name", "duplicate key"),
        ("", 1, None, "empty"),
        (TEXT.replace("name: mlp", "name: 'my_net.py:MyNet'"), 4, "model.name", "no code of your own"),
        (TEXT + "metrics: ['m.py:f']\n", 7, "metrics", "no code of your own"),
        (TEXT.replace("name: spiral, num_samples: 300", "name: csv, path: /etc/passwd, target: x"), 3, "dataset.path", "below the folder"),
        (TEXT.replace("name: spiral, num_samples: 300", "name: csv, path: ../x.csv, target: x"), 3, "dataset.path", "below the folder"),
        (TEXT.replace("name: spiral, num_samples: 300", "name: csv, path: '~/x.csv', target: x"), 3, "dataset.path", "below the folder"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place(text, line, key, said, tmp_path, monkeypatch) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    found = ask(tmp_path, text)
    assert not found["is_valid"]
    assert (found["errors"][0]["line"], found["errors"][0]["key"]) == (line, key)
    assert said in found["errors"][0]["text"]
    assert found["price"] is None


def test_a_link_to_data_outside_the_folder_is_refused(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    (tmp_path / "inner" / "near.csv").symlink_to(tmp_path / "secret.csv")
    monkeypatch.chdir(tmp_path / "inner")
    text = TEXT.replace("name: spiral, num_samples: 300", "name: csv, path: near.csv, target: b")
    assert "below the folder" in ask(tmp_path, text)["errors"][0]["text"]


@pytest.mark.parametrize(
    "text",
    [TEXT, TEXT.replace("spiral_mlp", "mine"), "name: xor_mlp\n" + TEXT.partition("\n")[2].partition("\n")[2]],
)  # fmt: skip
def test_the_command_is_the_experiment(text: str, tmp_path: Path) -> None:
    from nnlab.config.bundled import bundled_configs

    found = ask(tmp_path, text)
    program, verb, target, *settings = shlex.split(found["command"])
    assert (program, verb) == ("nnlab", "train")
    config = validate(parse_document(SourceText("x", text), "x"))
    if target.endswith(".yaml"):
        assert target == f"{config.name}.yaml"
        assert settings == []
    else:
        assert load_config(bundled_configs()[target], settings).model_dump() == config.model_dump()


def test_a_setting_of_a_bundled_experiment_is_in_its_command(tmp_path: Path) -> None:
    from nnlab.config.bundled import bundled_configs

    text = bundled_configs()["spiral_mlp"].read_text()
    found = ask(tmp_path, text, "train.seeds", 10)
    assert found["command"] == "nnlab train spiral_mlp train.seeds=10"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("train: {seeds: 1000}", "1,000 seeds: the page trains at most 100"),
        ("train: {seeds: 100, epochs: 1}\nmodel: {name: mlp, hidden_sizes: [1000000, 1000000]}", "memory"),
        ("dataset: {name: spiral, num_samples: 1000000000}", "memory"),
    ],
)  # fmt: skip
def test_what_costs_too_much_is_refused_with_numbers(settings, said, tmp_path: Path) -> None:
    keys = {line.partition(":")[0] for line in settings.splitlines()}
    kept = [line for line in TEXT.splitlines() if line.partition(":")[0] not in keys]
    found = ask(tmp_path, "\n".join([*kept, settings, ""]))
    assert found["is_valid"]
    assert said in found["price"]["refused"]


@pytest.mark.parametrize(
    "body", [{}, {"yaml": 3}, {"yaml": "", "edit": 1}, {"yaml": "", "edit": {"key": 1}}]
)
def test_another_body_is_refused(body: dict, tmp_path: Path) -> None:
    answer = browse(tmp_path).post("/api/experiment", body)
    assert answer.status == 422
    assert "the body must be" in answer.json["error"]["text"]


def test_values_of_an_invalid_experiment_are_still_shown(tmp_path: Path) -> None:
    found = ask(tmp_path, TEXT.replace("lr: 50", "lr: -1"))
    value = parse_document(SourceText("x", TEXT.replace("lr: 50", "lr: -1")), "x").value
    assert found["config"] == flatten(value)


def test_torch_is_not_imported(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tests.helpers.ui import browse
browser = browse(Path({str(tmp_path)!r}))
assert browser.post("/api/experiment", {{"yaml": {TEXT!r}}}).json["is_valid"]
assert browser.get("/api/schema")["sections"]
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
