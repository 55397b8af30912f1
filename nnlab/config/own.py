"""Components of an experiment that are the user's own code, ``my_net.py:MyNet``.

The parameters of the class or function are the keys of its section. Its file is read, not run: see
``nnlab.own`` for who runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from pydantic import PydanticUserError, SerializeAsAny, WrapValidator, create_model
from pydantic_core import PydanticCustomError, SchemaError

from nnlab.config.base import Config, FromList
from nnlab.config.dataset_base import DatasetConfig, Task
from nnlab.config.losses import LossConfig
from nnlab.config.models import ModelConfig
from nnlab.config.optimizers import OptimizerConfig
from nnlab.config.own_code import OwnCodeError, OwnName
from nnlab.config.signature import check_default, field_of, parameters_of, summary_of
from nnlab.config.splits import RandomSplitConfig
from nnlab.metrics import Metric, declare

if TYPE_CHECKING:
    from nnlab.config.messages import KeyPath

PREDICTIONS_AND_TARGETS = 2
# The validator keeps the name as it is, with its source.
Name = Annotated[str, WrapValidator(lambda name, _: name)]


class OwnConfig(Config):
    """What the sections of own components share.

    Attributes:
        given: Parameters that nnlab fills in, by name.
        num_passed: Number of leading parameters that nnlab passes in order.
        own_keys: Parameters that the experiment gives.
    """

    given: ClassVar[frozenset[str]] = frozenset()
    num_passed: ClassVar[int] = 0

    own_keys: ClassVar[tuple[str, ...]] = ()
    if TYPE_CHECKING:
        name: OwnName

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments that the experiment gives."""
        return {key: getattr(self, key) for key in self.own_keys}


class OwnModelConfig(ModelConfig, OwnConfig):
    """The user's own model: a class derived from nn.Module, or a function that returns a module."""

    builder: ClassVar[str] = "nnlab.models.own:build"
    draws_globally: ClassVar[bool] = True
    plain_code: ClassVar[str | None] = "own.py.jinja"
    given: ClassVar[frozenset[str]] = frozenset(
        {"num_inputs", "num_outputs", "input_shape", "num_classes"}
    )

    @property
    def title(self) -> str:
        """Name of the class or function."""
        return self.name.attribute


class OwnLossConfig(LossConfig, OwnConfig):
    """The user's own loss: a function of outputs and targets that returns a loss per example."""

    builder: ClassVar[str] = "nnlab.tasks.own:build"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    num_passed: ClassVar[int] = PREDICTIONS_AND_TARGETS


class OwnOptimizerConfig(OptimizerConfig, OwnConfig):
    """The user's own optimizer: a class derived from torch.optim.Optimizer."""

    builder: ClassVar[str] = "nnlab.optim.own:build"
    torch_name: ClassVar[str] = ""
    num_passed: ClassVar[int] = 1
    given: ClassVar[frozenset[str]] = frozenset({"lr"})


class OwnDatasetConfig(DatasetConfig, OwnConfig):
    """The user's own data: a function that returns (inputs, targets), or these and names of classes."""

    builder: ClassVar[str] = "nnlab.data.own:build"

    task: Task = "classification"
    """What is predicted: a class, or a number."""
    split: RandomSplitConfig = RandomSplitConfig()
    """How examples are split into train, validation and test."""


class OwnMetricConfig(OwnConfig):
    """The user's own metric: a function of predictions and targets that returns a number."""

    builder: ClassVar[str] = "nnlab.tasks.own_metrics:OwnMetric"
    num_passed: ClassVar[int] = PREDICTIONS_AND_TARGETS
    lower_is_better: bool = False
    """Whether a smaller value is better."""
    is_fraction: bool = False
    """Whether it lies between 0 and 1 and is shown in per cent."""

    def model_post_init(self, _context: object) -> None:
        """Make the metric known by its name, with which way is better."""
        declare(
            Metric(self.metric, None, self.lower_is_better, self.is_fraction, is_recorded=False)
        )

    @property
    def metric(self) -> str:
        """Name of the metric: that of the function."""
        return self.name.attribute


BASES: dict[str, type[OwnConfig]] = {
    "model": OwnModelConfig,
    "loss": OwnLossConfig,
    "optimizer": OwnOptimizerConfig,
    "dataset": OwnDatasetConfig,
}
METRICS_KEY = "metrics"


def own_class(own: OwnName, section: str) -> type[OwnConfig]:
    """Return the section of an own component: its parameters are the keys.

    Raises:
        OwnCodeError: If its signature says less than a section needs.
    """
    base = OwnMetricConfig if section == METRICS_KEY else BASES[section]
    return _class_of(own, own.source.digest, base)


@lru_cache(maxsize=256)
def _class_of(own: OwnName, _digest: str, base: type[OwnConfig]) -> type[OwnConfig]:
    parameters = parameters_of(own)[base.num_passed :]
    _check_passed(own, base)
    fields = {p.name: field_of(p, own) for p in parameters if p.name not in base.given}
    for name in fields:
        if name.startswith("_"):
            msg = f"{own.source.file}: a parameter cannot be called '{name}': keys begin with a letter"
            raise OwnCodeError(msg)
        if hasattr(base, name) or name in {"name", *base.model_fields}:
            msg = f"{own.source.file}: a parameter cannot be called '{name}', a word of nnlab"
            raise OwnCodeError(msg)
    try:
        made: type[OwnConfig] = create_model(  # type: ignore[call-overload]
            own.attribute,
            __base__=base,
            __doc__=summary_of(own) or base.__doc__,
            name=(Name, ...),
            **fields,
        )
    except (PydanticUserError, SchemaError, NameError, TypeError) as error:
        msg = f"{own.source.file}: the parameters of {own.attribute} make no schema: {error}"
        raise OwnCodeError(msg.partition("\n")[0]) from error
    for parameter in parameters:
        if parameter.name in fields:
            check_default(parameter, fields[parameter.name][0], own)
    made.own_keys = tuple(fields)
    return made


def _check_passed(own: OwnName, base: type[OwnConfig]) -> None:
    """Check that a loss or metric takes predictions and targets.

    Raises:
        OwnCodeError: If it has fewer parameters.
    """
    found = [parameter.name for parameter in parameters_of(own)]
    if base.num_passed == PREDICTIONS_AND_TARGETS and len(found) < base.num_passed:
        msg = (
            f"{own.source.file}: {own.attribute}({', '.join(found)}) takes too few parameters: its first "
            f"two are the predictions and the targets"
        )
        raise OwnCodeError(msg)


def _own_metric(value: Any, _handler: Callable[[Any], Any]) -> OwnMetricConfig:
    """Validate an own metric: its name alone, or a mapping with its name and parameters."""
    if isinstance(value, OwnMetricConfig):
        return value
    mapping = value if isinstance(value, Mapping) else {"name": value}
    name = mapping.get("name")
    if not isinstance(name, OwnName):
        code, text = "own_metric", "your own function, such as my_metrics.py:fbeta"
        raise PydanticCustomError(code, text)
    return cast("OwnMetricConfig", own_class(name, METRICS_KEY).model_validate(mapping))


OwnMetrics = Annotated[
    tuple[Annotated[SerializeAsAny[OwnMetricConfig], WrapValidator(_own_metric)], ...], FromList
]


def _own_or_known(section: str, value: Any, handler: Callable[[Any], Any]) -> Any:
    """Validate a section: by the signature of the user's own code, or as one of nnlab's own."""
    if isinstance(value, OwnConfig):
        return value
    name = value.get("name") if isinstance(value, Mapping) else None
    if isinstance(name, OwnName):
        return own_class(name, section).model_validate(value)
    return handler(value)


def or_own(section: str) -> WrapValidator:
    """Return what lets a section be the user's own code, beside the members of its union."""
    return WrapValidator(partial(_own_or_known, section))


def own_sections(config: Config) -> Iterator[tuple[KeyPath, OwnConfig]]:
    """Yield each section that is the user's own code, by its path."""
    for key in BASES:
        section = getattr(config, key, None)
        if isinstance(section, OwnConfig):
            yield (key,), section
    for index, metric in enumerate(getattr(config, METRICS_KEY, ())):
        yield (METRICS_KEY, index), metric
