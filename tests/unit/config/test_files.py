from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.bundled import bundled_configs, find_config
from nnlab.config.load import load_config
from nnlab.config.messages import ConfigProblems
from nnlab.errors import ConfigError
from tests.helpers.configs import SPIRAL, load


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gone.yaml", "there is no file gone.yaml; 'nnlab list configs' shows the bundled"),
        ("folder", "folder is a folder, not an experiment file"),
        ("binary.yaml", "binary.yaml is not UTF-8 text"),
        ("utf16.yaml", "utf16.yaml is not UTF-8 text"),
        ("plain/e.yaml", "plain/e.yaml"),
        ("x" * 300, "x" * 300),
    ],
    ids=["absent", "folder", "binary", "utf-16", "in a file", "long name"],
)
def test_an_unreadable_file_is_reported(name: str, text: str) -> None:
    Path("folder").mkdir()
    Path("binary.yaml").write_bytes(b"\x80\x02}q\x00.")
    Path("utf16.yaml").write_bytes(SPIRAL.encode("utf-16"))
    Path("plain").write_text("a file\n")

    with pytest.raises(ConfigError) as caught:
        load_config(name)

    assert text in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [SPIRAL.encode("utf-8-sig"), SPIRAL.replace("\n", "\r\n").encode(), SPIRAL.rstrip().encode()],
    ids=["byte order mark", "windows lines", "no last newline"],
)
def test_a_file_may_come_from_any_editor(content: bytes) -> None:
    Path("e.yaml").write_bytes(content)

    assert load_config("e.yaml") == load(SPIRAL)


def test_columns_are_counted_right_after_a_byte_order_mark() -> None:
    Path("e.yaml").write_bytes(("foo: 1\n" + SPIRAL).encode("utf-8-sig"))

    with pytest.raises(ConfigProblems) as caught:
        load_config("e.yaml")

    assert str(caught.value).endswith("\n    1 | foo: 1\n      | ^^^")


def test_lines_are_counted_right_with_windows_line_ends() -> None:
    Path("e.yaml").write_bytes((SPIRAL + "foo: 1\n").replace("\n", "\r\n").encode())

    with pytest.raises(ConfigProblems, match=r"^e\.yaml:4:1: foo: unknown key"):
        load_config("e.yaml")


def test_a_file_is_found_before_a_bundled_experiment() -> None:
    Path("spiral_mlp").write_text(SPIRAL)

    assert find_config("spiral_mlp") == Path("spiral_mlp")


@pytest.mark.parametrize("reference", ["spiral_mlp", "spiral_mlp.yaml", "configs/spiral_mlp.yaml"])
def test_a_bundled_experiment_is_found_by_name(reference: str) -> None:
    assert find_config(reference) == bundled_configs()["spiral_mlp"]


def test_a_folder_does_not_hide_a_bundled_experiment() -> None:
    Path("spiral_mlp").mkdir()

    assert find_config("spiral_mlp") == bundled_configs()["spiral_mlp"]


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("spiral_mpl", " (did you mean 'spiral_mlp'?)"),
        ("nothing like it", ""),
        ("../spiral_mlp.yaml", " (did you mean 'spiral_mlp'?)"),
        ("x" * 300, ""),
        ("a\0b", ""),
    ],
    ids=["misspelled", "unknown", "elsewhere", "long name", "null character"],
)
def test_a_missing_experiment_is_reported_with_the_nearest_name(reference: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config(reference)

    assert str(caught.value) == (
        f"there is no file {reference}{hint}; 'nnlab list configs' shows the bundled experiments"
    )
