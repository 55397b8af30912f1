"""Comparisons that reuse runs, judge times of different moments and put words on own tables."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest

import nnlab
from nnlab.comparison.contenders import find_contenders
from nnlab.comparison.result import Comparison
from nnlab.comparison.store import load, to_json
from nnlab.comparison.timing import Clock
from nnlab.comparison.words import about_times, verdict
from nnlab.errors import ConfigError, RunError
from nnlab.report.pareto import front_of, pareto
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.folders import Folders
from nnlab.storage.registry import list_runs
from tests.helpers.command import Command

QUICK = ["train.epochs=30", "train.eval_every=30"]
PAIR = ["spiral_linear", "spiral_mlp"]


def test_runs_that_have_the_wanted_seeds_among_others_are_reused() -> None:
    nnlab.train("spiral_mlp", QUICK, seeds=4)
    nnlab.train("spiral_linear", [*QUICK, "train.seed=1"], seeds=2)
    nnlab.train("spiral_linear", QUICK, seeds=1)
    before, reused = trained(), []
    found = nnlab.compare(PAIR, QUICK, seeds=3, on_reuse=lambda run: reused.append(run.id))
    assert trained() == before
    assert set(reused) == set(before)
    fresh = nnlab.compare(PAIR, QUICK, seeds=3, reuse=False)
    for row, expected in zip(found.rows, fresh.rows, strict=True):
        assert (row.name, row.seeds) == (expected.name, [0, 1, 2])
        assert row.per_seed == pytest.approx(expected.per_seed, abs=1e-6)
        assert row.num_parameters == expected.num_parameters
    (pair,), (expected,) = found.pairs, fresh.pairs
    assert pair.interval.low == pytest.approx(expected.interval.low, abs=1e-6)
    assert pair.p_mcnemar == pytest.approx(expected.p_mcnemar)


def test_seeds_that_no_run_has_are_trained() -> None:
    nnlab.train("spiral_mlp", QUICK, seeds=2)
    nnlab.compare(PAIR, QUICK, seeds=3)
    assert len(trained()) == 3
    timed = [*QUICK, "train.max_minutes=5"]
    nnlab.train("spiral_mlp", timed, seeds=4)
    nnlab.compare(PAIR, timed, seeds=3)  # the company of a fourth seed takes time from the others
    assert len(trained()) == 6


def test_times_are_judged_only_if_they_are_of_the_same_moment() -> None:
    fresh = nnlab.compare(PAIR, QUICK, seeds=3)
    alone = [replace(row, clock=Clock(2.0, 0.1)) for row in fresh.rows]
    idle = replace(fresh, rows=alone)
    assert about_times(idle) is None
    assert front_of(idle)
    busy = replace(fresh, rows=[alone[0], replace(alone[1], clock=Clock(2.0, 0.9))])
    name = busy.rows[1].name
    assert f"compared: {name} waited 45 % of its time for a processor" in about_times(busy)
    assert front_of(busy) == []
    again = nnlab.compare(PAIR, QUICK, seeds=3)
    assert [row.clock for row in again.rows] == [None, None]
    assert about_times(again).startswith(
        "training times cannot be compared: this command did not train all, one after another (not so: "
    )
    assert len(pareto(again).axes) == 1


@pytest.fixture
def own_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment on a table of one's own, in the current folder."""
    rows = [f"{i % 7},{i % 5},{'yes' if i % 7 > i % 5 else 'no'}" for i in range(120)]
    (tmp_path / "own.csv").write_text("\n".join(["a,b,answer", *rows]))
    experiment = "dataset: {name: csv, path: own.csv, target: answer, split: {seed: 3}}\n"
    experiment += "model: {name: mlp, hidden_sizes: [4]}\noptimizer: {name: adam}\n"
    (tmp_path / "own.yaml").write_text(experiment + "train: {epochs: 5, seed: 2}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_word_next_to_an_own_table_is_a_baseline_on_that_table(own_table: Path) -> None:
    found = nnlab.compare(["own.yaml", "logistic", "mlp"], ["train.epochs=2"], seeds=2)
    assert {row.name for row in found.rows} == {"own", "logistic", "mlp"}
    assert [row.seeds for row in found.rows] == [[2, 3]] * 3
    assert found.num_examples == 18


def test_the_baseline_is_the_one_of_scikit_learn(own_table: Path) -> None:
    overrides = ["dataset.split.seed=9", "train.seeds=2"]
    own, logistic = find_contenders(
        ["own.yaml", "logistic"], None, overrides, Folders(own_table, own_table)
    )
    assert logistic.config.dataset == own.config.dataset
    assert logistic.config.dataset.split.seed == 9
    optimizer = logistic.config.optimizer
    assert (optimizer.name, optimizer.C, logistic.config.train.batch_size) == ("lbfgs", 1.0, "full")
    _, numbers = find_contenders(
        ["regression_mlp", "logistic"], None, [], Folders(own_table, own_table)
    )
    assert numbers.config.optimizer.C is None


def test_a_word_next_to_a_bundled_experiment_is_bundled_too(tmp_path: Path) -> None:
    changed = ["dataset.num_samples=300"]
    first, second = find_contenders(
        ["spiral_mlp", "linear"], None, changed, Folders(tmp_path, tmp_path)
    )
    assert second.config.name == "spiral_linear"
    assert second.config.dataset.num_samples == 300
    assert first.config.dataset == second.config.dataset


def test_no_cnn_for_a_table(own_table: Path) -> None:
    with pytest.raises(
        ConfigError, match="no cnn for csv; model words for these data: logistic, mlp"
    ):
        find_contenders(["own.yaml", "cnn"], None, [], Folders(own_table, own_table))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, Path]:
    """A stored comparison and the folder of its runs."""
    runs = tmp_path_factory.mktemp("compared")
    options = {"data_dir": runs / "none", "runs_dir": runs}
    return nnlab.compare(PAIR, ["train.epochs=5"], seeds=3, **options), runs


def test_a_stored_comparison_is_read_as_it_was(compared) -> None:
    comparison, runs = compared
    assert load(ComparisonDir(runs / comparison.id)) == comparison


def test_a_run_is_called_by_its_id_and_not_by_what_leads_to_it() -> None:
    runs = [nnlab.train(name, QUICK, seeds=2) for name in PAIR]

    found = nnlab.compare([str(runs[0].path), "latest"])

    assert {row.name for row in found.rows} == {run.id for run in runs}
    assert all(name in found.verdicts[0] for name in (runs[0].id, runs[1].id))


def test_runs_of_different_versions_are_compared_and_marked(compared) -> None:
    comparison, _ = compared
    first, second = comparison.rows
    assert not [note for note in comparison.notes if "versions" in note]
    old = replace(comparison, rows=[first, replace(second, versions=["0.0.9"])])
    assert old.notes[0] == (
        f"trained by different versions of nnlab ({first.name} by {first.versions[0]}, {second.name} "
        "by 0.0.9): the difference may be theirs"
    )


def test_report_writes_the_page_of_a_comparison(compared, command: Command, tmp_path: Path) -> None:
    comparison, runs = compared
    done = command("report", comparison.id, "--runs-dir", str(runs))
    path = Path(done.stdout.strip())
    assert path == runs / comparison.id / "report.html"
    assert verdict(comparison, comparison.pairs[0]) in html.unescape(path.read_text())
    other = tmp_path / "page.html"
    command("report", comparison.id, "--runs-dir", str(runs), "-o", str(other))
    assert other.read_text() == path.read_text()


@pytest.mark.parametrize("words", ["eval", "plot curves", "check", "verify", "predict rows.csv"])
def test_commands_that_need_a_run_name_what_reads_a_comparison(
    words: str, compared, command: Command
) -> None:
    comparison, runs = compared
    name, *kind = words.split()
    done = command(name, comparison.id, *kind, "--runs-dir", str(runs))
    assert done.code in {2, 4}
    expected = (
        f"{comparison.id} is a comparison, not a run; to read it: nnlab report {comparison.id}"
    )
    assert expected in " ".join(done.stderr.split())


def test_runs_show_prints_the_verdict_of_a_comparison(compared, command: Command) -> None:
    comparison, runs = compared
    done = command("runs", "show", comparison.id, "--runs-dir", str(runs))
    shown = " ".join(done.stdout.split())
    assert verdict(comparison, comparison.pairs[0]) in shown
    assert f"more: nnlab report {comparison.id}" in shown


@pytest.mark.parametrize(
    ("key", "value"),
    [("metric", "no luck"), ("contenders", []), ("pairs", [{}]), ("num_examples", None)],
)
def test_a_damaged_comparison_is_refused(key: str, value: object, compared, tmp_path: Path) -> None:
    comparison, _ = compared
    folder = ComparisonDir(tmp_path / "20261126-000000-compare-0000")
    folder.path.mkdir()
    stored = json.loads(json.dumps(to_json(comparison))) | {key: value}
    folder.comparison_path.write_text(json.dumps(stored))
    with pytest.raises(RunError, match=r"comparison\.json is damaged"):
        load(folder)


def trained() -> list[str]:
    return [run.id for run in list_runs(nnlab.load_run("latest").path.parent)]


@pytest.mark.parametrize(
    ("argument", "advice"),
    [
        ("train.seeds=2", "contenders have the same seeds; use --seeds 2"),
        ("optimizer.lr=0.5", "finished runs are not trained again; leave it out"),
    ],
)
def test_an_argument_that_no_contender_uses_is_refused(argument: str, advice: str) -> None:
    runs = [nnlab.train("spiral_linear", ["train.epochs=1", f"train.seed={i}"]) for i in (0, 1)]
    with pytest.raises(ConfigError) as error:
        nnlab.compare(runs, [argument])
    assert str(error.value) == f"argument '{argument}': {advice}"
