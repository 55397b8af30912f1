"""The command line: what each command takes. What it does is in nnlab.commands, imported late."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli_housekeeping import (
    config_app,
    data_app,
    list_components,
    runs_app,
    split_words,
)

app = typer.Typer(
    name="nnlab",
    help="A lab for small neural networks: a YAML file is the experiment, a folder the result.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(runs_app, name="runs")
app.add_typer(config_app, name="config")
app.add_typer(data_app, name="data")
app.command("list")(list_components)

Run = Annotated[str, typer.Argument(help="A path, id, unique prefix, tag, latest or latest~1.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(help="key.path=value, which win over the config.")
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda.")]
DataDir = Annotated[str | None, typer.Option(help="Folder of installed data.")]
DataFile = Annotated[
    Path | None,
    typer.Option(help="The table of the run, if it is not below the current folder."),
]
RunsDir = Annotated[str | None, typer.Option(help="Folder of runs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Weights = Annotated[Literal["best", "last"] | None, typer.Option(help="Which weights.")]


def _version(wanted: bool) -> None:
    if wanted:
        from nnlab import __version__
        from nnlab.console import say

        say(f"nnlab {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A lab for small neural networks: a YAML file is the experiment, a folder the result."""


@app.command()
def train(
    config: Annotated[
        str | None, typer.Argument(help="An experiment file or a bundled experiment.")
    ] = None,
    overrides: Overrides = None,
    seeds: Annotated[int | None, typer.Option(help="Replicas to train together.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run instead.")] = None,
) -> None:
    """Train an experiment; the last line printed is its run directory."""
    from nnlab.commands.train import train as run_train

    run_train(
        config,
        overrides or [],
        seeds=seeds,
        device=device,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
        resume_run=resume,
    )


@app.command()
def resume(
    run: Run, data_dir: DataDir = None, data_file: DataFile = None, runs_dir: RunsDir = None
) -> None:
    """Go on with an interrupted run."""
    from nnlab.commands.train import resume as run_resume

    run_resume(run, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)


@app.command()
def verify(
    run: Run,
    resume: Annotated[
        bool, typer.Option(help="Also kill the second training at a random step, and resume it.")
    ] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Train a finished run again and prove that it gives the same bytes; exit with 8 if not."""
    from nnlab.commands.verify import verify as run_verify

    run_verify(
        run,
        is_resumed=resume,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command("eval")
def evaluate(
    run: Run,
    split: Annotated[Literal["test", "val", "train"], typer.Option(help="Which part.")] = "test",
    checkpoint: Weights = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", help="metric=value: exit with 8 if the metric is below."),
    ] = None,
    device: Device = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Print the metrics of a stored run."""
    from nnlab.commands.evaluate import evaluate as run_evaluate

    run_evaluate(
        run,
        split=split,
        checkpoint=checkpoint,
        device=device or "auto",
        minima=minimum or [],
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command()
def predict(
    run: Run,
    file: Annotated[Path, typer.Argument(help="A CSV table of new rows, or a picture.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write a CSV.")] = None,
    checkpoint: Weights = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Print the class and the probabilities, or the value, of new rows."""
    from nnlab.commands.predict import predict as run_predict

    run_predict(run, file, checkpoint=checkpoint, output=output, runs_dir=runs_dir, as_json=json)


Contenders = Annotated[
    list[str],
    typer.Argument(
        help="Runs, config files, bundled experiments or model words (logistic, mlp, cnn, "
        "linear); then key.path=value for all of them."
    ),
]
DatasetName = Annotated[str, typer.Option(help="Where model words are looked up.")]
Metric = Annotated[str | None, typer.Option(help="The test metric.")]
Reuse = Annotated[
    bool, typer.Option("--reuse/--no-reuse", help="Take finished runs of the same experiments.")
]


@app.command()
def compare(
    contenders: Contenders,
    dataset: DatasetName = "mnist",
    seeds: Annotated[int, typer.Option(min=1, help="Replicas of each contender.")] = 5,
    metric: Metric = None,
    until: Annotated[
        float | None,
        typer.Option(
            help="Add seeds until the interval of each difference is at most this wide "
            "(accuracies: in points)."
        ),
    ] = None,
    max_seeds: Annotated[int, typer.Option(min=2, help="Where --until ends anyway.")] = 50,
    reuse: Reuse = True,
    report: Annotated[Path | None, typer.Option(help="Write an HTML file.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Train contenders on the same seeds and splits; say which is better and how surely."""
    from nnlab.commands.compare import compare as run_compare

    run_compare(
        *split_words(contenders),
        dataset=dataset,
        seeds=seeds,
        metric=metric,
        until=until,
        most_seeds=max_seeds,
        reuse=reuse,
        report=report,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command()
def plan(
    contenders: Contenders,
    detect: Annotated[
        float, typer.Option(min=0, help="The difference to see (accuracies: in points).")
    ],
    dataset: DatasetName = "mnist",
    seeds: Annotated[int, typer.Option(min=2, help="Replicas of the pilot.")] = 5,
    metric: Metric = None,
    reuse: Reuse = True,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Say how many seeds it takes to see a difference between two contenders, from a pilot."""
    from nnlab.commands.compare import plan as run_plan

    run_plan(
        *split_words(contenders),
        detect=detect,
        dataset=dataset,
        seeds=seeds,
        metric=metric,
        reuse=reuse,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command()
def check(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REF",
            help="Experiment files, bundled experiments or finished runs; then key.path=value.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 8 on a warning.")] = False,
    no_data: Annotated[bool, typer.Option("--no-data", help="Read no data set.")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Say what a rule is for, such as NL101.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what one value in the file mends.")
    ] = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Say what is wrong with the design of an experiment, or with a finished run."""
    from nnlab.commands.check import check as run_check
    from nnlab.commands.check import explain_rule

    if explain is not None:
        explain_rule(explain, as_json=json)
        return
    references, overrides = split_words(words or [])
    run_check(
        references,
        overrides,
        is_strict=strict,
        reads_data=not no_data,
        fixes=fix,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(help="Finished runs; several are set side by side.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where to.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Write one HTML file with the results, pictures and experiment of runs."""
    from nnlab.commands.report import report as run_report

    run_report(
        runs,
        output=output,
        open_page=open_page,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
    )


@app.command()
def plot(
    run: Run,
    kind: Annotated[str, typer.Argument(help="curves, boundary, confusion, ...; any word lists.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to: .svg or .png.")
    ] = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Draw one picture of a finished run and print its file."""
    from nnlab.commands.plot import plot as run_plot

    run_plot(run, kind, output=output, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)


@app.command()
def bench(
    config: Annotated[str, typer.Argument(help="An experiment file or a bundled experiment.")],
    overrides: Overrides = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to measure.")] = 3.0,
    seeds: Annotated[int | None, typer.Option(help="Replicas to train together.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Say where the time of an experiment goes, and how far that is from its products alone."""
    from nnlab.commands.bench import bench as run_bench

    run_bench(
        config,
        overrides or [],
        seconds=seconds,
        seeds=seeds,
        device=device,
        data_dir=data_dir,
        as_json=json,
    )


Experiment = Annotated[
    str | None, typer.Argument(help="An experiment file or a bundled experiment.")
]
Words = Annotated[
    list[str] | None,
    typer.Argument(help="key.path=value; with --expr the value of each variable, name=value."),
]
Expression = Annotated[
    str | None,
    typer.Option("--expr", metavar="EXPRESSION", help="Such as '(1 - log(1 + exp(theta)))**2'."),
]


@app.command()
def gradcheck(
    config: Experiment = None,
    words: Words = None,
    expression: Expression = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Compare the learners' gradients with autograd's, and that with finite differences.

    With --expr, autograd's derivatives of an expression with its symbolic ones.
    """
    from nnlab.commands.gradcheck import gradcheck as run_gradcheck

    given = [word for word in (config, *(words or [])) if word is not None]
    run_gradcheck(given, expression=expression, data_dir=data_dir, as_json=json)


@app.command()
def graph(
    config: Experiment = None,
    words: Words = None,
    expression: Expression = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to: .svg or .dot.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Draw the backward functions of a loss or of an expression, and print the file."""
    from nnlab.commands.graph import graph as run_graph

    given = [word for word in (config, *(words or [])) if word is not None]
    run_graph(given, expression=expression, output=output, data_dir=data_dir)
