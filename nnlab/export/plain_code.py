"""The texts of a folder of plain PyTorch: only numbers and known words of a run get into its code."""

from __future__ import annotations

import ast
import inspect
import json
import math
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Any

import jinja2

from nnlab.assembly.shapes import weight_shapes, widths_of
from nnlab.config.own import OwnModelConfig
from nnlab.config.own_code import definition_of
from nnlab.errors import ConfigError
from nnlab.export import plain
from nnlab.models.layers import ACTIVATIONS
from nnlab.models.own import given_by
from nnlab.version import __version__

if TYPE_CHECKING:
    from nnlab.config.own_code import OwnName
    from nnlab.data.columns.encoders import Column
    from nnlab.data.types import DataSpec
    from nnlab.export.checking import Agreement
    from nnlab.export.source import Source

MAX_EXAMPLE_CELLS = 12


def code_of(source: Source) -> str:
    """Return the text of model.py."""
    model, spec = source.run.config.model, source.run.spec
    own: object = model
    if isinstance(own, OwnModelConfig):
        return _module_text(source, _own_network(own, spec), _import_of(own.name))
    widths = widths_of(model, spec)
    network = _render(
        str(model.plain_code),
        **_facts(source),
        model=model,
        shapes=weight_shapes(model, spec),
        widths=widths,
        pairs=list(pairwise(widths)),
        is_linear=model.is_linear,
        activation=ACTIVATIONS[model.hidden_activation or "identity"].__name__,
        dropout=model.dropout_rate,
        squashing=model.output_squashing,
    )
    return _module_text(source, network)


def _own_network(model: OwnModelConfig, spec: DataSpec) -> str:
    """Return the code that makes the user's own network."""
    arguments = {**given_by(model, spec), **model.arguments}
    return _render(
        str(model.plain_code),
        attribute=model.name.attribute,
        is_class=isinstance(definition_of(model.name), ast.ClassDef),
        arguments=", ".join(f"{name}={value!r}" for name, value in arguments.items()),
    )


def _import_of(own: OwnName) -> str:
    """Return the line that imports a name from its file, which lies beside model.py.

    Raises:
        ConfigError: If Python cannot import the file by its name.
    """
    module = own.source.file.removesuffix(".py").replace("/", ".")
    taken = module in {"model", "torch", "safetensors", "json", "pathlib", "typing"}
    if taken or not all(part.isidentifier() for part in module.split(".")):
        msg = f"{own.source.file} cannot be imported beside model.py; rename it and train again"
        raise ConfigError(msg)
    return f"from {module} import {own.attribute}"


def _module_text(source: Source, network: str, own_import: str = "") -> str:
    squashing = source.run.config.model.output_squashing
    encoding = (plain.encode, plain.features_of, plain.parts_of_dates)
    return _render(
        "model.py.jinja",
        **_facts(source),
        network=network.rstrip(),
        own_import=own_import,
        squashing=squashing,
        encoding="\n\n".join(inspect.getsource(function) for function in encoding),
    )


def _facts(source: Source) -> dict[str, Any]:
    """Return what templates need to know of a run."""
    run, fitted = source.run, source.fitted
    return {
        "version": __version__,
        "dtype": source.precision,
        "num_outputs": run.spec.num_outputs,
        "input_shape": run.spec.input_shape,
        "is_classification": run.spec.task == "classification",
        "is_pixels": source.is_pixels,
        "has_columns": bool(fitted.columns),
        "num_columns": len(fitted.columns),
        "has_mean": fitted.mean is not None,
        "has_target_scale": fitted.target is not None,
    }


def preprocessing_of(source: Source) -> str:
    """Return the text of preprocessing.json."""
    run, fitted = source.run, source.fitted
    scale = fitted.target
    facts = {
        "run": run.id,
        "seed": source.seeds[0],
        "task": run.spec.task,
        "input_shape": run.spec.input_shape,
        "class_names": fitted.class_names,
        "feature_names": fitted.feature_names,
        "columns": [column.to_json() for column in fitted.columns],
        "mean": None if fitted.mean is None else fitted.mean.tolist(),
        "std": None if fitted.std is None else fitted.std.tolist(),
        "target_mean": None if scale is None else scale.mean.item(),
        "target_std": None if scale is None else scale.std.item(),
    }
    return json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def readme_of(source: Source, agreement: Agreement) -> str:
    """Return the text of README.md."""
    run = source.run
    return _render(
        "README.md.jinja",
        **_facts(source),
        name=run.config.name,
        run=run.id,
        seed=source.seeds[0],
        columns=source.fitted.columns,
        rows_in_words=_rows_in_words(source),
        example=_example(source),
        agreement=agreement.text,
    )


def _rows_in_words(source: Source) -> str:
    shape = ", ".join(map(str, source.rows.shape[1:]))
    if source.is_pixels:
        return f"grey pixels from 0 to 255, as an array or tensor `(N, {shape})`"
    names = [column.name for column in source.fitted.table_columns]
    if names:
        return f"rows of {len(names)} cells, in this order: {', '.join(names)}"
    return f"numbers, as an array or tensor `(N, {shape})`"


def _example(source: Source) -> str:
    """Return a program that answers a row."""
    row, columns = source.rows[0], source.fitted.table_columns
    is_short = row.ndim == 1 and len(row) <= MAX_EXAMPLE_CELLS
    cells = [_cell(*pair) for pair in zip_longest(row.tolist(), columns)] if is_short else []
    argument = f"[{cells}]" if is_short else f"torch.zeros({', '.join(map(str, (1, *row.shape)))})"
    lines = [] if is_short else ["import torch"]
    if source.run.spec.task == "regression":
        return "\n".join([*lines, "from model import predict", "", f"print(predict({argument}))"])
    return "\n".join(
        [
            *lines,
            "from model import LABELS, predict",
            "",
            f"probabilities = predict({argument})",
            "print(LABELS[probabilities[0].argmax()])",
        ]
    )


def _cell(value: float, column: Column | None) -> float | str | None:
    """Return a cell as ``predict`` of model.py takes it."""
    if math.isnan(value):
        return None
    is_category = column is not None and column.categories and value >= 0
    return column.categories[int(value)] if column and is_category else value


def _render(template: str, /, **values: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nnlab.export", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values).rstrip() + "\n"
