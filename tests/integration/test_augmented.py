"""Training with augmentation: evaluation, the engines, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import nnlab
from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.config.messages import ConfigProblems
from nnlab.config.resolve import load_examples
from nnlab.data.batches import eval_batches
from nnlab.data.steps import MAX_AUGMENTED_BYTES, Steps
from tests.helpers.image_folders import write_classes

BASE = {
    "dataset": {"name": "digits", "augment": {"flip": True, "crop": 2}},
    "model": {"name": "mlp", "hidden_sizes": [9]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 2, "batch_size": 64, "seeds": 2},
}


def job_of(*overrides: str):
    return build_job(config_from_mapping(BASE, overrides), Path())


def test_only_training_batches_are_changed():
    job, plain = job_of(), job_of("dataset.augment=null")

    for name, split in job.dataset.splits.items():
        assert torch.equal(split.inputs, plain.dataset.splits[name].inputs)
    evaluated = torch.cat([inputs for inputs, _ in eval_batches(job.dataset.test, job.dtype)])
    assert torch.equal(evaluated, job.dataset.test.inputs)
    changed, known = job.batches.batch(0, 0)[0], plain.batches.batch(0, 0)[0]
    assert 0.5 < (changed != known).flatten(2).any(2).float().mean() <= 1


def test_channels_are_normalised_by_the_training_images(tmp_path):
    folder = write_classes(tmp_path / "set", 12)
    dataset = {
        "name": "image_folder",
        "path": str(folder),
        "size": 6,
        "augment": {"normalize": True},
    }
    config = config_from_mapping({**BASE, "dataset": dataset}, [])

    job = build_job(config, tmp_path)

    train = job.dataset.train.inputs.double()
    torch.testing.assert_close(train.mean((0, 2, 3)), torch.zeros(3).double(), atol=1e-6, rtol=0)
    deviations = train.std((0, 2, 3), correction=0)
    torch.testing.assert_close(deviations, torch.ones(3).double(), atol=1e-6, rtol=0)
    pixels = load_examples(config.dataset, tmp_path).inputs / 255
    fitted = job.dataset.preprocessing
    assert fitted.mean.shape == (3, 6, 6)
    assert np.ptp(fitted.mean, axis=(1, 2)).max() == 0
    assert not np.allclose(fitted.mean[:, 0, 0], pixels.mean((0, 2, 3)), atol=1e-6), "train only"


def test_a_run_with_everything_is_evaluated_verified_and_predicts(tmp_path, command):
    augment = "dataset.augment={flip: true, crop: 1, normalize: true}"
    run = nnlab.train(BASE, ["model={name: logistic}", "train.epochs=20", augment])
    (row,) = nnlab.predict_examples(run, "test", examples=[0])
    images = load_examples(config_from_mapping(BASE, []).dataset, Path()).inputs

    assert run.summary["test"]["accuracy"] > 0.7
    assert command("verify", "latest").code == 0
    stored = nnlab.predict(run, images)
    assert row["probabilities"] in [
        pytest.approx(answer["probabilities"], rel=1e-5) for answer in stored
    ]


def test_all_engines_see_the_same_images():
    losses = {
        engine: nnlab.train(BASE, [f"train.engine={engine}"]).metrics[0]["train"]["loss"]
        for engine in ("autograd", "fused", "native", "numpy")
    }

    assert max(losses.values()) == pytest.approx(min(losses.values()), rel=1e-5)
    plain = nnlab.train(BASE, ["train.engine=native", "dataset.augment=null"])
    assert plain.metrics[0]["train"]["loss"] != pytest.approx(losses["native"], rel=1e-3)


def test_many_native_steps_are_taken_in_parts(monkeypatch):
    job = job_of("train.batch_size=16")
    steps = Steps(job.batches, 0, 3, 2 * job.batches.num_batches)
    assert [part.count for part in steps.parts()] == [steps.count]
    assert steps.count * 2 * 16 * 64 * 4 < MAX_AUGMENTED_BYTES
    monkeypatch.setattr("nnlab.data.steps.MAX_AUGMENTED_BYTES", 10 * 2 * 16 * 64 * 4)

    parts = [part.rows() for part in steps.parts()]

    whole = steps.rows()
    joined = torch.cat([p.examples.view(2, -1, 64) for p in parts], dim=1)
    assert len(parts) > 10
    assert torch.equal(joined, whole.examples.view(2, -1, 64))


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (
            ["train.engine=sklearn", "model={name: logistic}", "optimizer={name: lbfgs}"],
            "dataset.augment: scikit-learn learns from the same images in one go",
        ),
        (
            ["optimizer={name: lbfgs}", "train.batch_size=full"],
            "dataset.augment: lbfgs needs the same images at every step",
        ),
        (
            ["dataset.standardize=true", "dataset.augment.normalize=true"],
            "dataset.augment.normalize: the images are standardised already",
        ),
        (["dataset.augment.crop=-1"], "dataset.augment.crop"),
        (["dataset={name: spiral, augment: {flip: true}}"], "dataset.augment"),
        (["dataset={name: csv, path: a.csv, target: y, augment: {flip: true}}"], "dataset.augment"),
    ],
)
def test_what_augmentation_contradicts_is_an_error_with_its_key(overrides, text):
    with pytest.raises(ConfigProblems) as caught:
        config_from_mapping(BASE, overrides)

    assert text in str(caught.value)


def test_a_shift_by_the_whole_image_is_refused_with_its_key(tmp_path, command):
    (tmp_path / "e.yaml").write_text(
        "dataset: {name: digits, augment: {crop: 8}}\nmodel: {name: mlp}\noptimizer: {name: adam}\n"
    )

    done = command("train", tmp_path / "e.yaml")

    assert done.code == 2
    assert (
        "1:35: dataset.augment.crop: images of 8 pixels a side cannot be shifted by 8"
        in done.stderr
    )
