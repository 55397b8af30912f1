from __future__ import annotations

import pytest

from tests.helpers.configs import SPIRAL, heads, load, problems

TABLE = """\
dataset: {name: csv, path: t.csv, target: y}
model: {name: mlp}
optimizer: {name: adam}
"""


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("name=other", "name", "other"),
        ("train.epochs=3", "train.epochs", 3),
        ("train.epochs=010", "train.epochs", 10),
        ("optimizer.lr=1e-3", "optimizer.lr", 1e-3),
        ("optimizer.lr=1", "optimizer.lr", 1.0),
        ("train.shuffle=false", "train.shuffle", False),
        ("train.clip_norm=null", "train.clip_norm", None),
        ("train.clip_norm=", "train.clip_norm", None),
        ("model.hidden_sizes=[16, 32]", "model.hidden_sizes", (16, 32)),
        ("model.hidden_sizes=[]", "model.hidden_sizes", ()),
        ("optimizer.betas=[0.5, 0.6]", "optimizer.betas", (0.5, 0.6)),
        ("model={name: mlp, activation: tanh}", "model.hidden_sizes", (64,)),
        ("model={name: mlp, activation: tanh}", "model.activation", "tanh"),
        ("model={name: logistic}", "model.name", "logistic"),
        ("train={epochs: 2}", "train.epochs", 2),
        ("train.early_stopping.patience=2", "train.early_stopping.patience", 2),
        ("dataset.split={test: 0.2, val: 0.1}", "dataset.split.val", 0.1),
    ],
)
def test_an_override_wins(override: str, path: str, value: object) -> None:
    found: object = load(SPIRAL + "train: {epochs: 7, clip_norm: 1.0}\n", override)

    for key in path.split("."):
        found = getattr(found, key)
    assert found == value


TYPED = [
    " ",
    "label #2",
    "#2",
    "a: b",
    "a:b",
    "- x",
    "? x",
    "|",
    ">",
    "~",
    ",",
    "\t",
    "a\tb",
    " padded ",
    "@home",
    "`code`",
    "%id",
    "&anchor",
    "*alias",
    "!tag",
    "[m]",
    "[mm] length",
    "{unit} x",
    "{unit}",
    '"a" and "b"',
    "it's",
    "'",
    "\\d",
    "null",
    "true",
    "2",
    "007",
    "1e3",
    "1.50",
    "0x1F",
    "2024-01-31",
    "12:30",
    "größe",
]


@pytest.mark.parametrize("typed", TYPED)
def test_text_arrives_as_it_was_typed(typed: str) -> None:
    config = load(TABLE, f"dataset.target={typed}")

    assert config.dataset.target == typed


@pytest.mark.parametrize(
    ("typed", "text"),
    [('"label #2"', "label #2"), ("'it''s'", "it's"), ('"007"', "007"), (r'"a\tb"', "a\tb")],
)
def test_quotes_around_a_whole_value_are_not_part_of_it(typed: str, text: str) -> None:
    assert load(TABLE, f"dataset.target={typed}").dataset.target == text


@pytest.mark.parametrize(
    ("argument", "column", "option", "value"),
    [
        ("age=category", "age", "kind", "category"),
        ('"a.b"=category', "a.b", "kind", "category"),
        ("'a.b'=category", "a.b", "kind", "category"),
        ("a.b=category", "a.b", "kind", "category"),
        ("a.b.kind=category", "a.b", "kind", "category"),
        ('"a.kind"=category', "a.kind", "kind", "category"),
        ('"a.kind".missing=drop', "a.kind", "missing", "drop"),
        ("kind=category", "kind", "kind", "category"),
        ("a=b=category", "a=b", "kind", "category"),
        ('"a=b".missing=drop', "a=b", "missing", "drop"),
        ("a.b=c.d={encode: ordinal}", "a.b=c.d", "encode", "ordinal"),
        ('"".missing=drop', "", "missing", "drop"),
        ("=category", "", "kind", "category"),
        ("size in cm=category", "size in cm", "kind", "category"),
        ("it's=category", "it's", "kind", "category"),
        ("'it''s'=category", "it's", "kind", "category"),
        (r'"\"x\""=category', '"x"', "kind", "category"),
        ('5" pipe=category', '5" pipe', "kind", "category"),
        ("d.date_format=%d=%m", "d", "date_format", "%d=%m"),
        ('d={date_format: "%d=%m"}', "d", "date_format", "%d=%m"),
    ],
)
def test_a_column_of_any_name_has_options(argument, column, option, value) -> None:
    columns = load(TABLE, f"dataset.columns.{argument}").dataset.columns

    assert getattr(columns[column], option) == value
    assert len(columns) == 1


def test_a_class_of_any_name_has_a_weight() -> None:
    arguments = ["loss.class_weight.1.0=5", 'loss.class_weight."a.b"=2', "loss.class_weight.a=b=3"]

    loss = load(TABLE, "loss.name=cross_entropy", *arguments).loss

    assert loss.class_weight == {"1.0": 5, "a.b": 2, "a=b": 3}


def test_many_quotes_without_a_value_are_no_argument() -> None:
    argument = '"a".' * 3000

    assert "should look like key.path=value" in problems(SPIRAL, argument)


def test_numbers_are_text_where_text_is_wanted() -> None:
    listed = load(TABLE.replace("y}", "2, features: [0, 01, 1e3]}"))

    assert (listed.dataset.target, listed.dataset.features) == ("2", ("0", "01", "1e3"))
    assert load(TABLE, "dataset.features=[0, ~, true]").dataset.features == ("0", "~", "true")


@pytest.mark.parametrize("value", ["true", "null", "[1]", "{a: 1}"])
def test_other_values_in_a_file_are_no_text(value: str) -> None:
    assert "dataset.target: " in problems(TABLE.replace("y}", f"{value}}}"))


def test_an_override_leaves_the_rest_of_its_section() -> None:
    config = load(SPIRAL, "model.activation=tanh")

    assert config.model.hidden_sizes == (8, 4)


def test_a_later_override_changes_a_part_of_an_earlier_one() -> None:
    config = load(SPIRAL, "train={epochs: 4, seed: 9}", "train.epochs=5", "train.epochs=5")

    assert (config.train.epochs, config.train.seed) == (5, 9)


@pytest.mark.parametrize(
    ("overrides", "first"),
    [
        (["train.epochs=3", "train.epochs=5"], "train.epochs=3"),
        (["optimizer.lr=0.1", "train.epochs=5", "optimizer.lr=0.2"], "optimizer.lr=0.1"),
        (["dataset.target=a", "dataset.target="], "dataset.target=a"),
        (["train={epochs: 3}", "train={epochs: 4}"], "train={epochs: 3}"),
        (['dataset.columns."a.b"=drop', "dataset.columns.a.b=number"], "drop"),
        (["model.hidden_sizes=[4]", "model.hidden_sizes=[4, 4]"], "model.hidden_sizes=[4]"),
    ],
)
def test_two_values_of_a_key_are_refused(overrides: list[str], first: str) -> None:
    found = problems(TABLE, *overrides)

    assert "is given another value by" in found
    assert first in found


def test_an_override_fixes_an_error_in_the_file() -> None:
    config = load(SPIRAL + "train: {epochs: none}\n", "train.epochs=3")

    assert config.train.epochs == 3


@pytest.mark.parametrize("section", ["train:", "train: 5", "train: []"], ids=["null", "5", "list"])
def test_an_override_makes_the_section_it_needs(section: str) -> None:
    config = load(f"{SPIRAL}{section}\n", "train.epochs=3")

    assert config.train.epochs == 3


@pytest.mark.parametrize(
    "override",
    ["train.epochs", "", "=", "=3", "a..b=1", ".a=1", "a.=1", ".=1", "train.epochs:3"],
)
def test_an_argument_without_a_key_and_a_value_is_reported(override: str) -> None:
    assert problems(SPIRAL, override) == (f"argument '{override}': should look like key.path=value")


@pytest.mark.parametrize(
    ("override", "rest"),
    [
        pytest.param(
            "model.hidden_sizes=[1",
            "model.hidden_sizes: '[' is not closed by ']'",
            id="open list",
        ),
        pytest.param(
            "train={seed: 1, seed: 2}",
            "train.seed: duplicate key, first used in line 1",
            id="duplicate key",
        ),
        pytest.param(
            "train.seed=[&a 1]", "train.seed: anchors and aliases are not allowed", id="anchor"
        ),
        pytest.param("train.seed=[!!int 1]", "train.seed: tags are not allowed", id="tag"),
        pytest.param("foo.x=1", "foo: unknown key; known: dataset, ", id="unknown section"),
        pytest.param("train.sed=1", "train.sed: unknown key (did you mean 'seed'?)", id="unknown"),
        pytest.param(
            "model.hidden_sizes.0=5",
            'model.hidden_sizes: should be a list, not {"0": 5}',
            id="item of a list",
        ),
        pytest.param(
            "train.seed.x=1", 'train.seed: should be a whole number, not {"x": 1}', id="too deep"
        ),
        pytest.param(
            "model={}", "model: needs a name: {name: ...}, one of logistic, ", id="no name"
        ),
        pytest.param("dataset={name: csv}", "dataset.path: this key is required", id="missing"),
        pytest.param(
            "train.monitor=val.acuracy",
            "train.monitor: unknown metric 'acuracy' (did you mean 'accuracy'?); ",
            id="contradiction",
        ),
        pytest.param(
            f"train.seed={'[' * 30}", "train.seed: nested deeper than 20 levels", id="nested"
        ),
        pytest.param(
            f"train.seed=[{'x' * 50_001}]", "train.seed: longer than 50,000 characters", id="long"
        ),
        pytest.param(
            "train.seed=1 # 2", 'train.seed: should be a whole number, not "1 # 2"', id="comment"
        ),
        pytest.param(
            "model.hidden_sizes=[4 #5]",
            "model.hidden_sizes: everything after # is a comment; put text with a # in quotes",
            id="comment in a list",
        ),
    ],
)
def test_a_problem_of_an_argument_names_it(override: str, rest: str) -> None:
    assert heads(problems(SPIRAL, override))[0].startswith(f"argument '{override}': {rest}")


def test_a_key_removed_by_an_argument_is_reported_at_the_argument() -> None:
    text = SPIRAL.replace("{name: spiral}", "{name: csv, path: rows.csv, target: kind}")

    message = problems(text, "dataset={name: csv, path: rows.csv}")

    assert message == (
        "argument 'dataset={name: csv, path: rows.csv}': dataset.target: this key is required"
    )


def test_problems_of_all_arguments_are_reported() -> None:
    message = problems(SPIRAL, "train.epochs", "train.seed=[1", "model={a: 1, a: 2}")

    assert len(heads(message)) == 3


@pytest.mark.parametrize("levels", [21, 30, 3000])
def test_a_very_deep_argument_is_reported_like_any_other_problem(levels: int) -> None:
    override = "a." * levels + "b=1"

    assert problems(SPIRAL, override).startswith(f"argument '{override}': ")
