"""The bundled experiments are found by name, in whichever folder they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.bundled import (
    bundled_configs,
    bundled_sweeps,
    configs_dir,
    configs_in,
    find_config,
    find_sweep,
    is_bundled,
)
from nnlab.config.load import load_config
from nnlab.errors import ConfigError

NAME = "c4_mnist_quadratic"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_no_two_bundled_experiments_share_a_name() -> None:
    files = sorted(configs_dir().rglob("*.yaml"))

    assert sorted([*bundled_configs().values(), *bundled_sweeps().values()]) == files
    assert not bundled_configs().keys() & bundled_sweeps().keys()


@pytest.mark.parametrize("name", bundled_configs())
def test_a_bundled_experiment_is_named_like_its_file(name: str) -> None:
    assert load_config(bundled_configs()[name]).name == name


@pytest.mark.parametrize("suffix", ["", ".yaml"])
@pytest.mark.parametrize("folder", ["", "configs/", "course/", "configs/course/"])
def test_an_experiment_in_a_folder_is_found(folder: str, suffix: str) -> None:
    assert find_config(f"{folder}{NAME}{suffix}") == configs_dir() / "course" / f"{NAME}.yaml"


@pytest.mark.parametrize("folder", ["tiny/", "elsewhere/", "configs/tiny/", "course/configs/"])
def test_an_experiment_is_not_found_in_another_folder(folder: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no file {folder}{NAME}"):
        find_config(f"{folder}{NAME}")


@pytest.mark.parametrize("folder", ["", "course", "tiny"])
def test_the_files_of_every_folder_are_bundled(folder: str) -> None:
    assert configs_in(folder)
    assert all(is_bundled(path) for path in configs_in(folder))


def test_a_copy_of_a_bundled_experiment_is_not_bundled() -> None:
    copy = Path(f"{NAME}.yaml")
    copy.write_text(bundled_configs()[NAME].read_text())

    assert not is_bundled(copy)


def test_every_general_experiment_is_named_by_its_dataset() -> None:
    for path in configs_in(""):
        assert path.stem.startswith(f"{load_config(path).dataset.name}_")


@pytest.mark.parametrize("prefix", ["", "sweeps/", "configs/sweeps/", "configs/"])
def test_a_bundled_sweep_is_found_by_the_commands_that_take_one(prefix: str) -> None:
    reference = f"{prefix}digits_sweep"

    assert find_sweep(reference) == bundled_sweeps()["digits_sweep"]
    with pytest.raises(ConfigError, match=f"^{reference} is a sweep: nnlab sweep {reference}$"):
        find_config(reference)
    assert find_sweep("digits_mlp") == find_config("digits_mlp")
