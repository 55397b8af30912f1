from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch

from nnlab.errors import RunError
from nnlab.storage import checkpoint


def make_tensors(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        "weights.a": torch.randn(3, 20, generator=generator),
        "weights.b": torch.randn(50, dtype=torch.float64, generator=generator),
        "weights.count": torch.tensor([7, 8, 9]),
        "state.step": torch.tensor(41),
        "state.empty": torch.empty(0),
        "state.special": torch.tensor([float("nan"), float("inf"), -0.0, 1e-45]),
    }


def make_progress(step, **changes):
    return {"step": step, "epoch": step // 10, "batch": step % 10, "seeds": [0, 1]} | changes


def save(folder, step, **changes):
    """Save a checkpoint whose tensors are drawn from its step."""
    progress = make_progress(step, **changes)
    checkpoint.save(
        folder, make_tensors(step), progress, metrics_bytes=100 * step, looks_bytes=step
    )


def name_of(step):
    return f"{step:09d}.safetensors"


def is_same(tensors, expected):
    """Return whether names, types, shapes and every bit are the same."""
    return tensors.keys() == expected.keys() and all(
        tensors[name].dtype == expected[name].dtype
        and tensors[name].shape == expected[name].shape
        and tensors[name].numpy().tobytes() == expected[name].numpy().tobytes()
        for name in expected
    )


def test_there_is_no_checkpoint_before_the_first(tmp_path):
    assert checkpoint.load(tmp_path) is None


def test_there_is_no_checkpoint_without_the_folder(tmp_path):
    assert checkpoint.load(tmp_path / "absent") is None


def test_tensors_without_a_manifest_are_no_checkpoint(tmp_path):
    save(tmp_path, 10)
    (tmp_path / checkpoint.MANIFEST).unlink()

    assert checkpoint.load(tmp_path) is None


def test_checkpoint_comes_back_as_it_was_saved(tmp_path):
    folder = tmp_path / "checkpoints"
    save(folder, 12)

    found = checkpoint.load(folder)

    assert is_same(found.tensors, make_tensors(12))
    assert found.progress == make_progress(12)
    assert found.metrics_bytes == 1200
    assert found.damaged == ()


def test_views_are_saved_as_what_they_show(tmp_path):
    matrix = torch.arange(12.0).view(3, 4)
    tensors = {"transposed": matrix.T, "column": matrix[:, 1], "expanded": torch.ones(1).expand(3)}

    checkpoint.save(tmp_path, tensors, make_progress(1), 0, 0)

    found = checkpoint.load(tmp_path)
    assert found.tensors["transposed"].tolist() == matrix.T.tolist()
    assert found.tensors["column"].tolist() == [1, 5, 9]
    assert found.tensors["expanded"].tolist() == [1, 1, 1]


def test_gradients_are_not_saved(tmp_path):
    checkpoint.save(tmp_path, {"a": torch.ones(2, requires_grad=True)}, make_progress(1), 0, 0)

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
        checkpoint.save(tmp_path, make_tensors(i), progress, metrics_bytes=i, looks_bytes=0)

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


def test_save_that_fails_leaves_the_checkpoint_before_and_no_temporary_file(tmp_path):
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


def assert_falls_back(folder):
    """Check that the checkpoint of step 10 is used and that of step 20 named as damaged."""
    found = checkpoint.load(folder)
    assert is_same(found.tensors, make_tensors(10))
    assert found.progress == make_progress(10)
    assert found.metrics_bytes == 1000
    assert found.damaged == (name_of(20),)


def flips(content, num_flips):
    """Yield the bytes with one bit changed, each time another one."""
    bits = np.random.default_rng(0).choice(8 * len(content), num_flips, replace=False)
    for bit in bits.tolist():
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def test_any_flipped_bit_makes_the_checkpoint_before_be_used(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    newest = tmp_path / name_of(20)

    for flipped in flips(newest.read_bytes(), 200):
        newest.write_bytes(flipped)

        assert_falls_back(tmp_path)


def test_any_truncation_makes_the_checkpoint_before_be_used(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    newest = tmp_path / name_of(20)
    content = newest.read_bytes()

    for length in (*range(0, len(content), 50), len(content) - 1):
        newest.write_bytes(content[:length])

        assert_falls_back(tmp_path)


def test_appended_byte_makes_the_checkpoint_before_be_used(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    with (tmp_path / name_of(20)).open("ab") as file:
        file.write(b"\0")

    assert_falls_back(tmp_path)


def test_missing_file_makes_the_checkpoint_before_be_used(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    (tmp_path / name_of(20)).unlink()

    assert_falls_back(tmp_path)


def test_damaged_older_checkpoint_is_no_matter(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    (tmp_path / name_of(10)).write_bytes(b"")

    found = checkpoint.load(tmp_path)

    assert is_same(found.tensors, make_tensors(20))
    assert found.damaged == ()


def test_error_names_every_checkpoint_when_all_are_damaged(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    (tmp_path / name_of(10)).write_bytes(b"damaged")
    (tmp_path / name_of(20)).unlink()

    with pytest.raises(RunError) as error:
        checkpoint.load(tmp_path)

    assert str(error.value) == (
        f"every checkpoint in {tmp_path} is missing or damaged: {name_of(20)}, {name_of(10)}"
    )


def test_training_can_save_again_after_every_checkpoint_was_damaged(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
        (tmp_path / name_of(step)).write_bytes(b"damaged")

    save(tmp_path, 30)

    assert is_same(checkpoint.load(tmp_path).tensors, make_tensors(30))


def edited(edit):
    """Return a function that damages a manifest by an edit of its content."""

    def damage(content):
        manifest = json.loads(content)
        edit(manifest)
        return json.dumps(manifest).encode()

    return damage


DAMAGES = {
    "empty": lambda content: b"",
    "text": lambda content: b"checkpoints",
    "torn": lambda content: content[:-20],
    "not-utf-8": lambda content: content.replace(b"file", b"f\xffle"),
    "not-an-object": lambda content: b"[1, 2]",
    "null": lambda content: b"null",
    "too-deep": lambda content: b"[" * 200_000,
    "no-version": edited(lambda manifest: manifest.pop("schema_version")),
    "no-checkpoints": edited(lambda manifest: manifest.pop("checkpoints")),
    "checkpoints-is-a-number": edited(lambda manifest: manifest.update(checkpoints=5)),
    "checkpoints-is-null": edited(lambda manifest: manifest.update(checkpoints=None)),
    "checkpoints-is-text": edited(lambda manifest: manifest.update(checkpoints="abc")),
    "checkpoints-is-an-object": edited(
        lambda manifest: manifest.update(checkpoints=manifest["checkpoints"][0])
    ),
    "no-entry": edited(lambda manifest: manifest["checkpoints"].clear()),
    "one-entry-less": edited(lambda manifest: manifest["checkpoints"].pop()),
    "entry-is-a-number": edited(lambda manifest: manifest["checkpoints"].append(5)),
    "entry-is-empty": edited(lambda manifest: manifest["checkpoints"].append({})),
    "entry-without-file": edited(lambda manifest: manifest["checkpoints"][1].pop("file")),
    "entry-without-digest": edited(lambda manifest: manifest["checkpoints"][1].pop("sha256")),
    "entry-without-progress": edited(lambda manifest: manifest["checkpoints"][1].pop("progress")),
    "entry-with-a-number-for-its-file": edited(
        lambda manifest: manifest["checkpoints"][1].update(file=5)
    ),
    "entry-with-a-nul-in-its-file": edited(
        lambda manifest: manifest["checkpoints"][1].update(file="a\0b")
    ),
    "entry-with-another-size-of-the-metrics": edited(
        lambda manifest: manifest["checkpoints"][1].update(metrics_bytes=1)
    ),
    "entry-with-another-step": edited(
        lambda manifest: manifest["checkpoints"][1]["progress"].update(step=21)
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_manifest_is_an_error_that_names_it(tmp_path, damage):
    for step in (10, 20):
        save(tmp_path, step)
    path = tmp_path / checkpoint.MANIFEST
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(RunError, match=r"manifest\.json is damaged: "):
        checkpoint.load(tmp_path)


def test_manifest_of_another_version_is_refused(tmp_path):
    path = tmp_path / checkpoint.MANIFEST
    path.write_bytes(b'{"schema_version": 2, "checkpoints": []}')

    with pytest.raises(RunError) as error:
        checkpoint.load(tmp_path)

    assert str(error.value) == f"{path} has version 2; this nnlab reads 1"


def test_damaged_manifest_is_not_overwritten_by_a_save(tmp_path):
    save(tmp_path, 10)
    path = tmp_path / checkpoint.MANIFEST
    path.write_bytes(b"damaged")

    with pytest.raises(RunError, match="is damaged"):
        save(tmp_path, 20)

    assert path.read_bytes() == b"damaged"
    assert (tmp_path / name_of(10)).is_file()


def test_flipped_bit_of_the_manifest_gives_true_tensors_or_an_error(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    path = tmp_path / checkpoint.MANIFEST
    surprises = set()

    for flipped in flips(path.read_bytes(), 1000):
        path.write_bytes(flipped)
        try:
            found = checkpoint.load(tmp_path)
        except RunError:
            continue
        except Exception as error:  # noqa: BLE001 - any other error is what is looked for
            surprises.add(repr(error))
            continue
        if not any(is_same(found.tensors, make_tensors(step)) for step in (10, 20)):
            surprises.add(f"tensors of no step: {flipped}")

    assert surprises == set()


def test_flipped_bit_of_the_manifest_never_gives_another_progress(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    path = tmp_path / checkpoint.MANIFEST
    saved = [(make_progress(step), 100 * step) for step in (10, 20)]
    wrong = []

    for flipped in flips(path.read_bytes(), 1000):
        path.write_bytes(flipped)
        try:
            found = checkpoint.load(tmp_path)
        except (RunError, KeyError):  # that it is a RunError is another test's matter
            continue
        if (found.progress, found.metrics_bytes) not in saved:
            wrong.append((found.progress, found.metrics_bytes))

    assert wrong == []
