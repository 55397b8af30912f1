from __future__ import annotations

import hashlib
import json

import pytest
import torch

from nnlab.storage import checkpoint
from nnlab.storage.checkpoint import LogSizes
from tests.helpers.checkpoints import is_same, make_progress, make_tensors, name_of, save


def test_there_is_no_checkpoint_before_the_first(tmp_path):
    assert checkpoint.load(tmp_path) is None


def test_there_is_no_checkpoint_without_the_folder(tmp_path):
    assert checkpoint.load(tmp_path / "absent") is None


def test_tensors_without_a_manifest_are_not_a_checkpoint(tmp_path):
    save(tmp_path, 10)
    (tmp_path / checkpoint.MANIFEST).unlink()

    assert checkpoint.load(tmp_path) is None


def test_checkpoint_comes_back_as_it_was_saved(tmp_path):
    folder = tmp_path / "checkpoints"
    save(folder, 12)

    found = checkpoint.load(folder)

    assert is_same(found.tensors, make_tensors(12))
    assert found.progress == make_progress(12)
    assert found.log_sizes == LogSizes(1200, 12)
    assert found.damaged == ()


def test_views_are_saved_with_their_own_values(tmp_path):
    matrix = torch.arange(12.0).view(3, 4)
    tensors = {"transposed": matrix.T, "column": matrix[:, 1], "expanded": torch.ones(1).expand(3)}

    checkpoint.save(tmp_path, tensors, make_progress(1), LogSizes(0, 0))

    found = checkpoint.load(tmp_path)
    assert found.tensors["transposed"].tolist() == matrix.T.tolist()
    assert found.tensors["column"].tolist() == [1, 5, 9]
    assert found.tensors["expanded"].tolist() == [1, 1, 1]


def test_gradients_are_not_saved(tmp_path):
    checkpoint.save(
        tmp_path, {"a": torch.ones(2, requires_grad=True)}, make_progress(1), LogSizes(0, 0)
    )

    assert not checkpoint.load(tmp_path).tensors["a"].requires_grad


def test_newest_checkpoint_is_loaded_and_two_are_kept(tmp_path):
    for step in (10, 20, 30, 40):
        save(tmp_path, step)

    found = checkpoint.load(tmp_path)

    assert is_same(found.tensors, make_tensors(40))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [name_of(30), name_of(40), checkpoint.MANIFEST]


def test_newest_is_the_last_saved_even_at_an_earlier_step(tmp_path):
    for step in (20, 10):
        save(tmp_path, step)

    found = checkpoint.load(tmp_path)

    assert found.progress["step"] == 10


@pytest.mark.parametrize("num_saves", [2, 3, 4])
def test_same_step_saved_again_leaves_two_checkpoints_that_can_be_loaded(tmp_path, num_saves):
    for i in range(num_saves):
        progress = make_progress(10, epoch=i)
        checkpoint.save(tmp_path, make_tensors(i), progress, LogSizes(i, 0))

    found = checkpoint.load(tmp_path)

    assert is_same(found.tensors, make_tensors(num_saves - 1))
    (newest,) = {entry["file"] for entry in entries_of(tmp_path)[-1:]}
    (tmp_path / newest).unlink()
    assert is_same(checkpoint.load(tmp_path).tensors, make_tensors(num_saves - 2))


def entries_of(folder):
    return json.loads((folder / checkpoint.MANIFEST).read_bytes())["checkpoints"]


def test_saving_leaves_no_temporary_file(tmp_path):
    for step in (10, 20, 30):
        save(tmp_path, step)

    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_failed_save_leaves_the_previous_checkpoint_and_no_temporary_file(tmp_path):
    save(tmp_path, 10)
    (tmp_path / name_of(20)).mkdir()

    with pytest.raises(OSError, match=name_of(20)):
        save(tmp_path, 20)

    assert is_same(checkpoint.load(tmp_path).tensors, make_tensors(10))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [name_of(10), name_of(20), checkpoint.MANIFEST]


def test_manifest_has_size_and_digest_of_every_file(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)

    for entry in entries_of(tmp_path):
        content = (tmp_path / entry["file"]).read_bytes()
        assert entry["size_bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
