from __future__ import annotations

import pytest

from nnlab.cli import data as commands
from nnlab.config.published_names import NAMES
from nnlab.data.archives import archives as official_files
from nnlab.data.archives import installed_path
from nnlab.errors import ConfigError, DataError
from tests.helpers.archives import TEST_LABELS, link, offline_message, raw


def test_offline_the_fetch_command_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        commands.fetch(["fashion_mnist"], data_dir=tmp_path)

    assert str(caught.value) == offline_message("fashion_mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.archives
def test_the_import_command_prints_where_data_are_installed(
    three_of_mnist, label_bytes, tmp_path, capsys
):
    (three_of_mnist / TEST_LABELS).write_bytes(label_bytes)
    root = tmp_path / "data"

    commands.import_folder(three_of_mnist, root)

    assert capsys.readouterr().out == f"mnist: installed in {root}\n"


@pytest.mark.archives
def test_the_verify_command_reads_every_installed_file(installed_data, capsys):
    commands.verify([], installed_data)

    assert capsys.readouterr().out == (
        "mnist: all four files match the official ones\n"
        "fashion_mnist: all four files match the official ones\n"
    )


@pytest.mark.archives
def test_the_verify_command_refuses_a_corrupt_file(installed_data, tmp_path):
    root = tmp_path / "data"
    for archive in official_files("mnist"):
        link(root / "MNIST" / "raw", installed_path("mnist", archive, installed_data))
    damaged = raw(root, "mnist", TEST_LABELS)
    damaged.unlink()
    damaged.write_bytes(bytes(10_008))

    with pytest.raises(DataError) as caught:
        commands.verify([], root)

    assert str(caught.value).startswith(f"{damaged} is corrupt: SHA-256 is ")


@pytest.mark.archives
def test_the_fetch_command_leaves_installed_data_alone(installed_data, capsys):
    commands.fetch(["mnist"], data_dir=installed_data)

    assert capsys.readouterr().out == f"mnist: installed in {installed_data}\n"


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (
            lambda names, root: commands.fetch(names, data_dir=root),
            ["mnist", "fashion_mnist", *NAMES],
        ),
        (commands.verify, ["mnist", "fashion_mnist"]),
    ],
    ids=["fetch", "verify"],
)
def test_an_unknown_data_set_is_refused_with_the_nearest_name(tmp_path, command, known):
    with pytest.raises(ConfigError) as caught:
        command(["mnits"], tmp_path)

    assert str(caught.value) == (
        f"unknown data set 'mnits' (did you mean 'mnist'?); available: {', '.join(known)}"
    )
