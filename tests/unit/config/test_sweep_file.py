"""Sweep files and arguments: what they mean, and what is wrong with them, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnlab.config.messages import ConfigProblems
from nnlab.config.sweep_check import check_sweep
from nnlab.config.sweep_file import SweepFile, read_sweep
from nnlab.errors import ConfigError

LR = "optimizer.lr=log(1e-4,1e-1)"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checked(text: str, *arguments: str, **options: Any) -> SweepFile:
    Path("s.yaml").write_text(text)
    file = read_sweep("s.yaml", arguments, options)
    check_sweep(file)
    return file


def refused(text: str, *arguments: str, **options: Any) -> str:
    with pytest.raises(ConfigProblems) as caught:
        checked(text, *arguments, **options)
    return str(caught.value)


def sweep(*space: str, rest: str = "trials: 8") -> str:
    lines = "\n".join(f"  {line}" for line in space)
    return f"base: digits_mlp\nspace:\n{lines}\n{rest}\n"


def test_a_base_is_found_beside_the_sweep_or_among_the_bundled(tmp_path: Path) -> None:
    folder = tmp_path / "sweeps"
    folder.mkdir()
    experiment = "dataset: {name: digits}\nmodel: {name: logistic}\noptimizer: {name: sgd}\n"
    (folder / "mine.yaml").write_text(experiment)
    text = "space: {optimizer.lr: {log: [0.1, 1]}}\n"
    (folder / "near.yaml").write_text(f"base: mine.yaml\n{text}")
    (folder / "bundled.yaml").write_text(f"base: digits_mlp\n{text}")
    inline = "base:\n" + "".join(f"  {line}\n" for line in experiment.splitlines()) + text
    (folder / "inline.yaml").write_text(inline)

    names = [
        read_sweep(folder / f"{name}.yaml").base.name for name in ("near", "bundled", "inline")
    ]
    assert names == ["mine", "digits_mlp", "inline"]


def test_an_experiment_and_arguments_are_a_sweep() -> None:
    file = read_sweep(
        "digits_mlp", [LR, "train.epochs=3", "optimizer={name: adamw}"], {"trials": 4}
    )

    assert file.config.space == {"optimizer.lr": {"log": [1e-4, 1e-1]}}
    assert (file.base.train.epochs, file.base.optimizer.name, file.config.trials) == (3, "adamw", 4)
    Path("again.yaml").write_text(file.text)
    assert read_sweep("again.yaml").config == file.config


def test_every_distribution_can_be_an_argument() -> None:
    arguments = [
        "optimizer.lr=log(1e-4, 1e-1, count=5)",
        "model.dropout=uniform(0,0.5)",
        "train.epochs=int(2,8)",
        "model.hidden_sizes=choice([64],[32,32])",
        "optimizer=choice({name: sgd, momentum: {uniform: [0, 0.9]}}, {name: adamw})",
    ]

    assert read_sweep("digits_mlp", arguments).config.space == {
        "optimizer.lr": {"log": [1e-4, 1e-1], "count": 5},
        "model.dropout": {"uniform": [0, 0.5]},
        "train.epochs": {"int": [2, 8]},
        "model.hidden_sizes": {"choice": [[64], [32, 32]]},
        "optimizer": {
            "choice": [{"name": "sgd", "momentum": {"uniform": [0, 0.9]}}, {"name": "adamw"}]
        },
    }


def test_arguments_override_a_file_and_a_plain_value_takes_its_key_out() -> None:
    text = sweep("optimizer.lr: {log: [1e-4, 1e-1]}", "model.dropout: {uniform: [0, 0.5]}")
    file = checked(text, "optimizer.lr=log(1e-3,1e-2)", "model.dropout=0.3", seeds=5)

    assert file.config.space == {"optimizer.lr": {"log": [1e-3, 1e-2]}}
    assert file.base.model.dropout_rate == 0.3
    assert file.base.train.seeds == 5


def test_a_word_stands_for_a_section() -> None:
    config = checked(
        sweep(
            "optimizer.lr: {log: [1e-4, 1e-1]}", rest="trials: 9\nsampler: random\nprune: halving"
        )
    ).config

    assert (config.sampler.name, config.prune.name) == ("random", "halving")


def test_an_option_of_the_same_word_keeps_what_the_file_says_about_it() -> None:
    text = sweep("optimizer.lr: {log: [1, 2]}", rest="trials: 9\nprune: {name: halving, factor: 2}")

    assert checked(text, prune="halving").config.prune.model_dump()["factor"] == 2
    assert checked(text, prune="none").config.prune.name == "none"


BAD = {
    "optimizer.wd: {log: [1, 2]}": "3:3: optimizer.wd: unknown key",
    "optimizr.lr: {log: [1, 2]}": "3:3: optimizr: unknown key (did you mean 'optimizer'?)",
    "optimizer.lr: {log: [1e-1, 1e-4]}": (
        "3:23: space.optimizer.lr: the bounds are reversed: write [0.0001, 0.1]"
    ),
    "optimizer.lr: {log: [0, 1]}": (
        "3:24: space.optimizer.lr: should be more than 0, not 0: zero has no logarithm"
    ),
    "optimizer.lr: {log: [-1, 1]}": "3:24: space.optimizer.lr: should be more than 0, not -1",
    "optimizer.lr: {uniform: [-1, 1]}": "3:28: optimizer.lr: should be more than 0.0, not -1.0",
    "model.dropout: {uniform: [0, 1]}": "3:32: model.dropout: should be less than 1.0, not 1.0",
    "model.dropout: {uniform: [0.5, 0.5]}": "low and high are both 0.5; set the key in the base",
    "train.batch_size: {int: [1.5, 3]}": "3:27: space.train.batch_size: should be two whole numbers",
    "train.batch_size: {uniform: [1, 3]}": "train.batch_size: should be a whole number or 'full'",
    "train.batch_size: {choice: [32, 0]}": "3:35: train.batch_size: should be at least 1 or 'full'",
    "train.batch_size: {choice: []}": "should be a list of values, not []",
    "train.batch_size: {choice: [32, 32]}": "3:35: space.train.batch_size: is listed twice",
    "train.batch_size: [32, 64]": "write {choice: [32, 64]}",
    "optimizer.lr: 0.1": "3:17: space.optimizer.lr: should be {log: [1e-4, 1e-1]}",
    "optimizer.lr: {lgo: [1, 2]}": "unknown distribution (did you mean 'log'?)",
    "optimizer: {lr: {log: [1, 2]}}": "write the keys of a section with dots: SECTION.lr: {...}",
    "optimizer.lr: {log: [1, 2], int: [1, 2]}": "should have one of log, uniform, int, choice, not 2",
    "optimizer.lr: {log: [1, 2, 3]}": "should be [low, high], not [1, 2, 3]",
    "optimizer.lr: {log: [1, x]}": 'should be [low, high], not [1, "x"]',
    "optimizer.lr: {log: [1, 2], count: 1}": "should be a whole number from 2 to 10,000, not 1",
    "optimizer.lr: {log: [1, 2], count: 5}": "3:38: space.optimizer.lr: has no effect: it is for",
    "train.seed: {int: [0, 9]}": "3:15: space.train.seed: every trial has the same seeds",
    "train.seeds: {int: [1, 9]}": "space.train.seeds: every trial has the same seeds",
    "train: {choice: [{epochs: 3}]}": "name the keys that vary, such as train.batch_size",
    "train.device: {choice: [cpu, cuda]}": "has no part in what is learned",
    "dataset.name: {choice: [digits, mnist]}": "trials on other data cannot be compared",
    "dataset: {choice: [{name: digits}, {name: mnist}]}": "trials on other data cannot be compared",
    "dataset.standardise: {choice: [true, false]}": "(did you mean 'standardize'?)",
    "dataset.split.val: {choice: [0.1, 0.2]}": "trials on other data cannot be compared",
    "loss: {choice: [{name: cross_entropy}, {name: quadratic}]}": "val.loss cannot compare trials",
    "optimizer: {choice: [{name: sgd, momentum: {uniform: [0, 2]}}]}": (
        "3:60: optimizer.momentum: should be less than 1.0, not 2.0"
    ),
    "optimizer: {choice: [{name: sgd, momentum: {uniform: [2, 0]}}]}": "the bounds are reversed",
    "optimizer: {choice: [{name: lbfgs}]}": (
        '3:3: train.batch_size: lbfgs needs the full batch; use batch_size: full (with optimizer={"name'
    ),
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_space_is_refused_with_the_place(line: str) -> None:
    message = refused(sweep(line))

    assert BAD[line] in message
    assert message.startswith("s.yaml:3:")
    assert f"\n    3 |   {line}"[:60] in message


BAD_SWEEPS = {
    "trials: 1000000000": "trials: should be at most 10000, not 1000000000",
    "trials: 0": "trials: should be at least 1, not 0",
    "seeds: 0": "seeds: should be at least 1, not 0",
    "metric: test.accuracy": "metric: a search that sees the test split fools itself; use val.accuracy",
    "metric: val.acuracy": "metric: unknown metric 'acuracy' (did you mean 'accuracy'?)",
    "metric: accuracy": "metric: should be val or test and a metric",
    "sampler: grid": "space.optimizer.lr: a grid needs a number of points: {log: [...], count: 5}",
    "sampler: gird": "'grid'",
    "sampler: {name: sobol, batch: 4}": "sampler.batch: has no effect: it is for sampler: tpe",
    "sampler: {name: tpe, batch: 1}": "sampler.batch: should be at least 2, not 1",
    "sampler: {name: tpe, batch: 32}": "sampler: tpe has no effect on 32 trials: the first 32",
    "sampler: tpe\ntrials: 16": "sampler: tpe has no effect on 16 trials: the first 16",
    "prune: halving\nsampler: tpe": "prune: tpe learns from trials that were trained to the end",
    "sampler: {name: random, sed: 1}": "sampler.sed: unknown key (did you mean 'seed'?)",
    "prune: {name: halving, first: 8}": "needs at least 24 epochs to prune after 8",
    "prune: {name: halvng}": "prune: unknown name \"halvng\" (did you mean 'halving'?)",
    "prune: {name: halving, factor: 1}": "prune.factor: should be at least 2, not 1",
    "prune: {name: none, factor: 3}": "prune.factor: unknown key",
    "audit: 2": "audit: has no effect: nothing is pruned",
    "confirm: {seeds: 1}": "confirm.seeds: should be at least 2, not 1",
    "trails: 8": "trails: unknown key (did you mean 'trials'?)",
}


@pytest.mark.parametrize("line", BAD_SWEEPS)
def test_a_bad_sweep_is_refused_with_the_place(line: str) -> None:
    message = refused(sweep("optimizer.lr: {log: [1e-4, 1e-1]}", rest=line))

    assert BAD_SWEEPS[line] in message
    assert message.startswith(("s.yaml:4:", "s.yaml:3:"))


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("train.monitor=test.accuracy", "train.monitor: a search must not see the test split"),
        ("train.max_minutes=3", "train.max_minutes: trials would end by the clock"),
        ("dataset.split.val=0", "there is no val split"),
        ("train.seeds=5", "every trial has the same number of seeds; use --seeds"),
        ("train.epochs=0", "train.epochs: should be at least 1, not 0"),
    ],
)
def test_a_base_that_cannot_be_searched_is_refused(base: str, text: str) -> None:
    assert text in refused(sweep("optimizer.lr: {log: [1e-4, 1e-1]}"), base)


def test_halving_with_epochs_in_the_space_or_between_evaluations_is_refused() -> None:
    rest = "trials: 9\nprune: {name: halving, first: 1}"

    assert "halving decides how long" in refused(sweep("train.epochs: {int: [3, 9]}", rest=rest))
    message = refused(sweep("optimizer.lr: {log: [1, 2]}", rest=rest), "train.eval_every=2")
    assert "should be a multiple of train.eval_every, 2" in message


def test_a_grid_that_is_too_large_or_counted_is_refused() -> None:
    lines = [f"{key}: {{log: [1e-5, 1], count: 500}}" for key in ("optimizer.lr", "optimizer.eps")]

    message = refused(sweep(*lines, rest="sampler: grid"))
    assert "the grid has 250,000 points, more than 10,000" in message
    message = refused(sweep("train.batch_size: {choice: [1, 2]}", rest="sampler: grid\ntrials: 3"))
    assert "trials: the grid has 2 points; leave it out" in message


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("optimizer.lr=lgo(1e-4,1)", "unknown distribution 'lgo' (did you mean 'log'?)"),
        ("optimizer.lr=log(1,0.1)", "the bounds are reversed: write [0.1, 1]"),
        ("optimizer.lr=log(0,1)", "zero has no logarithm"),
        ("train.batch_size=choice(32,0)", "train.batch_size: should be at least 1 or 'full'"),
        ("train.seed=int(0,5)", "every trial has the same seeds"),
        ("optimizer.lr=log(1,2],[3)", "brackets do not match"),
        ("optimizer.lr=log(1,2,count=x)", 'should be a whole number from 2 to 10,000, not "x"'),
        ("optimizer.x=log(1,2)", "optimizer.x: unknown key"),
        ("optimizer.lr=-1", "optimizer.lr: should be more than 0"),
    ],
)
def test_a_bad_argument_is_named(argument: str, text: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        check_sweep(read_sweep("digits_mlp", [argument, "model.dropout=uniform(0,0.5)"]))

    assert text in str(caught.value)
    assert str(caught.value).startswith(f"argument '{argument}': ")


def test_options_are_named_like_arguments() -> None:
    assert refused(sweep("optimizer.lr: {log: [1, 2]}"), trials=10**9).startswith(
        "argument '--trials 1000000000': trials: should be at most 10000"
    )


def test_nothing_to_try_is_refused() -> None:
    with pytest.raises(
        ConfigProblems, match=r"nothing to try; say what, such as optimizer\.lr=log"
    ):
        read_sweep("digits_mlp")


def test_a_key_that_an_option_of_its_section_has_too_is_refused() -> None:
    message = refused(
        sweep("optimizer.lr: {log: [1, 2]}", "optimizer: {choice: [{name: sgd, lr: 1}]}")
    )

    assert "space.optimizer.lr: an option of optimizer has it, too; keep one" in message


def test_a_key_is_checked_below_every_option_of_its_section() -> None:
    line = "optimizer: {choice: [{name: sgd}, {name: adam}]}"
    message = refused(sweep(line, "optimizer.momentum: {uniform: [0.1, 0.5]}"))

    assert "4:3: optimizer.momentum: unknown key" in message
    assert '(with optimizer={"name": "adam"})' in message


def test_a_missing_base_and_a_sweep_as_base_are_refused() -> None:
    text = "base: digits_mpl\nspace: {optimizer.lr: {log: [1, 2]}}\n"
    assert "s.yaml:1:7: base: there is no file digits_mpl (did you mean 'digits_mlp'?)" in refused(
        text
    )

    assert "is a sweep itself; give an experiment" in refused(text.replace("digits_mpl", "s.yaml"))


def test_own_code_can_be_an_option(tmp_path: Path) -> None:
    code = (
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, width: int): ...\n"
    )
    (tmp_path / "net.py").write_text(code)
    text = sweep('model: {choice: [{name: mlp}, {name: "net.py:Net", width: {int: [4, 8]}}]}')

    assert checked(text).config.trials == 8
    assert "net.py has no class or function 'Nut'" in refused(text.replace(":Net", ":Nut"))


def test_a_file_that_is_no_mapping_is_refused() -> None:
    Path("list.yaml").write_text("- 1\n")

    with pytest.raises(ConfigError, match=r"must be a mapping"):
        read_sweep("list.yaml", [LR])


@pytest.mark.parametrize(
    ("space", "text"),
    [
        ({1: {"log": [1, 2]}}, "should be text, not 1"),
        ({"optimizer.lr": {1: 2}}, "space.optimizer.lr: unknown distribution"),
        ({"optimizer.lr": {"log": [float("nan"), 1]}}, "should be [low, high]"),
        ([1], "space: should be a mapping"),
    ],
)
def test_a_mapping_from_python_with_a_bad_space_is_refused(space: Any, text: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        read_sweep({"base": "digits_mlp", "space": space})

    assert text in str(caught.value)
