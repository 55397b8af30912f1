from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from tests.helpers.checked import CLEAN, FAULTS, FAULTY, found_codes
from tests.helpers.command import Command


def test_an_ignored_finding_is_counted_and_listed_with_its_reason(command: Command) -> None:
    Path("faulty.yaml").write_text(FAULTY + "ignore: {NL102: a time series}\n")
    assert "faulty.yaml: 4 warnings (1 ignored); why:" in command("check", "faulty.yaml").stdout
    assert found_codes(command, "faulty.yaml") == [code for code in FAULTS if code != "NL102"]
    (checked,) = json.loads(command("check", "faulty.yaml", "--json").stdout)["checked"]
    (ignored,) = checked["ignored"]
    assert (ignored["code"], ignored["ignored_because"]) == ("NL102", "a time series")


@pytest.mark.parametrize(
    ("ignore", "said"),
    [
        ("{NL10: why}", "bad.yaml:5:10: ignore.NL10: unknown rule (did you mean 'NL"),
        ("[NL102]", "ignore: should be a mapping such as {key: value}"),
        ("{NL102: }", "bad.yaml:5:16: ignore.NL102: should be text, not null"),
        ("{NL102: ''}", "ignore.NL102: should be at least 1 characters long"),
    ],
    ids=["unknown code", "no reasons", "null", "empty"],
)
def test_a_finding_is_ignored_by_a_known_code_and_a_reason(
    ignore: str, said: str, command: Command
) -> None:
    Path("bad.yaml").write_text(f"{CLEAN}ignore: {ignore}\n")
    finished = command("check", "bad.yaml")
    assert finished.code == 2
    assert said in finished.stderr


def test_ignoring_a_finding_does_not_change_the_identity_of_a_run(
    command: Command, tmp_path: Path
) -> None:
    quick = ["dataset.num_samples=60", "train.epochs=1", "train.seeds=1"]
    run = nnlab.train("clean.yaml", quick, runs_dir=tmp_path / "runs")
    Path("clean.yaml").write_text(CLEAN + "ignore: {NL407: a try}\n")
    finished = command("train", "clean.yaml", *quick, "--resume", str(run.path))
    assert finished.code == 0


def test_a_run_from_before_ignore_existed_is_read(tmp_path: Path) -> None:
    run = nnlab.train(
        "clean.yaml", ["dataset.num_samples=60", "train.epochs=1"], runs_dir=tmp_path / "runs"
    )
    text = run.resolved_path.read_text()
    assert "ignore: {}\n" in text
    run.resolved_path.write_text(text.replace("ignore: {}\n", ""))
    assert run.config.ignore == {}
