"""docs/adding.md, followed to the letter in a copy of the package, gives components that work."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from tests.integration.package_copy import Copy, follow_page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding.md"
EXPERIMENTS = re.findall(r"^New file `(\w+)\.yaml`:$", PAGE.read_text(), re.MULTILINE)
MEASURED = {"seconds", "train_seconds", "peak_memory_bytes"}
# Ends the process by SIGKILL after its 14th file took its name: in the middle of the training.
KILL = {"NNLAB_FAILPOINT": "replaced:14:kill"}


class Trained(NamedTuple):
    """A finished run of an experiment of the page."""

    name: str
    path: Path


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("nnlab", "configs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    follow_page(PAGE.read_text(), folder)
    copy = Copy(folder)
    yield copy
    copy.server.stdin.close()
    copy.server.wait(timeout=60)
    copy.server.stdout.close()


@pytest.fixture(scope="module", params=EXPERIMENTS)
def trained(request: pytest.FixtureRequest, copy: Copy) -> Trained:
    """Each experiment of the page, trained with ``engine: auto``."""
    name = request.param
    output = copy.passes("train", f"{name}.yaml", "train.checkpoint_every.steps=2", runs=name)
    return Trained(name, Path(output.splitlines()[-1]))


def test_the_page_adds_every_kind_of_component() -> None:
    kinds = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
    assert kinds == [
        *("Your own model", "Your own data set", "Your own loss", "Your own optimizer"),
        "Your own metric",
        *("A model", "An optimizer", "A schedule", "A loss", "A data set", "A metric"),
        *("A lint rule", "A learner", "What else a new component needs"),
    ]
    assert len(EXPERIMENTS) == 13


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_its_experiment_is_valid_and_can_be_checked(name: str, copy: Copy) -> None:
    copy.passes("config", "validate", f"{name}.yaml")
    copy.passes("check", f"{name}.yaml")


def test_a_run_that_was_killed_ends_in_the_same_bytes(trained: Trained, copy: Copy) -> None:
    words = ("train", f"{trained.name}.yaml", "train.checkpoint_every.steps=2")
    killed = copy.nnlab(*words, runs=f"{trained.name}-killed", **KILL)
    assert killed.code == -signal.SIGKILL
    (path,) = (copy.folder / f"{trained.name}-killed").iterdir()
    step = int(newest_checkpoint(path).stem.partition("-")[0])
    assert 0 < step < last_step(trained.path), "it is killed in the middle"

    copy.passes("resume", path, runs=f"{trained.name}-killed")

    assert fingerprint(path) == fingerprint(trained.path)


def newest_checkpoint(run: Path) -> Path:
    files = (run / "checkpoints").glob("*.safetensors")
    return max(files, key=lambda file: file.stat().st_mtime_ns)


def last_step(run: Path) -> int:
    return json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"]


def fingerprint(run: Path) -> dict[str, object]:
    """Return every byte of a finished run that must not depend on interruptions."""
    records = (run / "metrics.jsonl").read_text().splitlines()
    files = {"checkpoint": newest_checkpoint(run), "predictions": run / "predictions.safetensors"}
    found = {name: load_file(path) for name, path in files.items()}
    summary = json.loads((run / "summary.json").read_text())
    assert json.loads((run / "meta.json").read_text())["status"] == "finished"
    return {
        "tensors": {
            (file, name): (str(array.dtype), array.shape, array.tobytes())
            for file, tensors in found.items()
            for name, array in tensors.items()
        },
        "records": [without_measured(json.loads(record)) for record in records],
        "summary": without_measured(summary),
    }


def without_measured(record: dict) -> dict:
    return {key: value for key, value in record.items() if key not in MEASURED}


def test_it_is_evaluated_as_after_training(trained: Trained, copy: Copy) -> None:
    evaluated = json.loads(copy.passes("eval", trained.path, "--json"))
    summary = json.loads((trained.path / "summary.json").read_text())
    assert evaluated["test"] == summary["test"]
    if summary["test"].keys() >= {"accuracy"}:
        assert 0 < summary["test"]["mean_iou"] <= 1


def test_it_predicts_new_rows(trained: Trained, copy: Copy) -> None:
    rows = write_rows(trained.path)
    found = json.loads(copy.passes("predict", trained.path, rows, "--json"))
    assert len(found["predictions"]) == (1 if rows.suffix == ".png" else 2)


def write_rows(run: Path) -> Path:
    """Write rows, or a picture, of the kind that a run takes."""
    preprocessing = json.loads((run / "preprocessing.json").read_text())
    names = preprocessing["feature_names"]
    if names:
        path = run.parent / "rows.csv"
        path.write_text("\n".join([",".join(names), *(",".join([v] * len(names)) for v in "01")]))
        return path
    path = run.parent / "picture.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(path)
    return path


def test_its_report_is_written(trained: Trained, copy: Copy) -> None:
    copy.passes("report", trained.path)
    assert (trained.path / "report.html").stat().st_size > 10_000


def test_its_gradients_are_right(trained: Trained, copy: Copy) -> None:
    found = json.loads(copy.passes("gradcheck", f"{trained.name}.yaml", "--json"))
    assert sum(parameter["num_checked"] for parameter in found["parameters"]) > 10


@pytest.mark.parametrize("name", ["residual", "small_cnn", "nadam", "polynomial", "huber"])
def test_a_run_is_what_autograd_and_torch_make_of_it(name: str, copy: Copy) -> None:
    """A few steps by hand: the module of the page, the loss and torch.optim, and nothing else."""
    copy.python(BY_HAND, f"{name}.yaml")


BY_HAND = """
    import sys
    from pathlib import Path
    import torch
    from nnlab.api import as_config
    from nnlab.assembly.job import build_job, build_models
    from nnlab.training.progress import Progress

    def by_hand(config, job, seed):
        (model,) = build_models(config, job.dataset.spec, [seed])
        match config.optimizer.name:
            case "nadam":
                optimizer = torch.optim.NAdam(model.parameters(), lr=0.01)
            case "adam":
                optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        schedule = None
        if config.schedule.name == "polynomial":
            schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, 40, 2.0)
        criterion = torch.nn.CrossEntropyLoss()
        if config.loss.name == "huber":
            huber = torch.nn.HuberLoss(delta=0.5)
            criterion = lambda outputs, targets: huber(outputs.squeeze(-1), targets)
        for epoch in range(config.train.epochs):
            for inputs, targets in job.batches.epoch(epoch):
                optimizer.zero_grad()
                criterion(model(inputs[seed]), targets[seed]).backward()
                optimizer.step()
                if schedule:
                    schedule.step()
        return model.eval()

    changed = ["train.precision=float64"]
    if sys.argv[1] == "polynomial.yaml":
        changed.append("schedule.warmup_steps=0")
    if sys.argv[1] == "small_cnn.yaml":
        changed.append("model.dropout=0")
    config = as_config(sys.argv[1], changed)
    assert config.train.engine == "auto"
    job = build_job(config, Path("none"))
    modules = [by_hand(config, job, seed) for seed in job.seeds]
    step = 0
    for epoch in range(config.train.epochs):
        for inputs, targets in job.batches.epoch(epoch):
            lrs = job.lrs(Progress.start(job.seeds), step)
            job.learner.train_step(inputs, targets, lrs=lrs)
            step += 1
    inputs = job.dataset.test.inputs.double()
    if job.dataset.test.inputs.dtype == torch.uint8:
        inputs = inputs / 255
    with torch.no_grad():
        expected = torch.stack([module(inputs) for module in modules])
    torch.testing.assert_close(job.learner.predict(inputs), expected, rtol=1e-6, atol=1e-8)
"""


def test_the_outputs_of_the_residual_mlp_are_those_of_its_module(copy: Copy) -> None:
    output = copy.passes("train", "residual.yaml", runs="outputs")
    copy.python(FORWARD, output.splitlines()[-1])


FORWARD = """
    import sys
    from pathlib import Path
    import torch
    from safetensors.torch import load_file
    import nnlab
    from nnlab.assembly.job import build_job
    from nnlab.models.residual import ResidualMLP

    path = Path(sys.argv[1])
    config = nnlab.load_run(path).config
    inputs = build_job(config, Path("none")).dataset.test.inputs
    (newest,) = sorted((path / "checkpoints").glob("*.safetensors"))[-1:]
    weights = {
        name.removeprefix("weights."): tensor
        for name, tensor in load_file(newest).items()
        if name.startswith("weights.")
    }
    logits = load_file(path / "predictions.safetensors")["logits"]
    for replica, stored in enumerate(logits):
        module = ResidualMLP(2, 12, 2, 3)
        module.load_state_dict({name: tensor[replica] for name, tensor in weights.items()})
        torch.testing.assert_close(module.eval()(inputs), stored)
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nadam.yaml", "optimizer.lr=3"), "NL301"),
        (("small_cnn.yaml", "model.dropout=0.9"), "NL206"),
        (("rings.yaml", "--no-data", "dataset.split.order=sequential"), "NL101"),
        (("clipped.yaml",), "NL306"),
    ],
    ids=["usual_lr", "dropout_rate", "is_ordered", "rule"],
)
def test_the_linter_reads_the_facts_of_the_page(words: tuple, code: str, copy: Copy) -> None:
    found = json.loads(copy.passes("check", *words, "--json"))
    assert code in {finding["code"] for finding in found["checked"][0]["findings"]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("small_cnn.yaml", "dataset={name: spiral}"), "small_cnn needs images"),
        (("huber.yaml", "dataset={name: spiral}"), "huber does not support classification"),
        (("residual.yaml", "train.engine=fused"), "residual_mlp is not a dense network"),
        (("residual.yaml", "train.engine=numpy"), "the numpy engine trains logistic and mlp"),
        (
            ("residual.yaml", "train.engine=sklearn"),
            "the sklearn engine trains logistic, not residual_mlp",
        ),
        (("nadam.yaml", "train.engine=numpy"), "the numpy engine supports sgd and adam"),
        (("huber.yaml", "train.engine=fused"), "huber has no built-in derivative"),
        (
            ("huber.yaml", "train.engine=numpy"),
            "the numpy engine supports cross_entropy, mse and quadratic",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_a_new_component_cannot_is_refused(words: tuple, message: str, copy: Copy) -> None:
    refused = copy.nnlab("config", "validate", *words)
    assert refused.code == 2
    assert message in refused.stderr


def test_the_size_of_generated_data_is_known_before_they_fill_the_memory(copy: Copy) -> None:
    copy.python("""
        from nnlab.config.datasets import RingsConfig

        assert RingsConfig(num_samples=10**9).num_generated == 10**9
    """)


def test_an_elementwise_optimizer_trains_in_the_fused_engine(copy: Copy) -> None:
    copy.passes("config", "validate", "nadam.yaml", "train.engine=fused")


def test_a_component_made_from_another_is_refused() -> None:
    from nnlab.config.optimizers import AdamConfig

    with pytest.raises(TypeError, match="extends AdamConfig, a component with facts of its own"):
        type("Copied", (AdamConfig,), {})
