from __future__ import annotations

import json

import numpy as np
import pytest

from nnlab.errors import RunError
from nnlab.storage import checkpoint
from tests.helpers.checkpoints import is_same, make_progress, make_tensors, name_of, save


def assert_falls_back(folder):
    """Check that the checkpoint of step 10 is used and that of step 20 named as damaged."""
    found = checkpoint.load(folder)
    assert is_same(found.tensors, make_tensors(10))
    assert found.progress == make_progress(10)
    assert found.log_sizes.metrics == 1000
    assert found.damaged == (name_of(20),)


def flips(content, num_flips):
    """Yield the bytes with one bit changed, each time another one."""
    bits = np.random.default_rng(0).choice(8 * len(content), num_flips, replace=False)
    for bit in bits.tolist():
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def test_any_flipped_bit_falls_back_to_the_previous_checkpoint(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    newest = tmp_path / name_of(20)

    for flipped in flips(newest.read_bytes(), 200):
        newest.write_bytes(flipped)

        assert_falls_back(tmp_path)


def test_any_truncation_falls_back_to_the_previous_checkpoint(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    newest = tmp_path / name_of(20)
    content = newest.read_bytes()

    for length in (*range(0, len(content), 50), len(content) - 1):
        newest.write_bytes(content[:length])

        assert_falls_back(tmp_path)


def test_appended_byte_falls_back_to_the_previous_checkpoint(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    with (tmp_path / name_of(20)).open("ab") as file:
        file.write(b"\0")

    assert_falls_back(tmp_path)


def test_missing_file_falls_back_to_the_previous_checkpoint(tmp_path):
    for step in (10, 20):
        save(tmp_path, step)
    (tmp_path / name_of(20)).unlink()

    assert_falls_back(tmp_path)


def test_damaged_older_checkpoint_does_not_matter(tmp_path):
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


def test_flipped_bit_of_the_manifest_gives_the_saved_tensors_or_an_error(tmp_path):
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
        if (found.progress, found.log_sizes.metrics) not in saved:
            wrong.append((found.progress, found.log_sizes.metrics))

    assert wrong == []
