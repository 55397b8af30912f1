"""The learning-rate schedules an experiment can name."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, Count, Fraction, Positive, Whole


class ScheduleConfig(ComponentConfig):
    """A schedule, and the linear warm-up before it.

    Attributes:
        torch_name: Class in torch.optim.lr_scheduler, for a schedule that is not nnlab's own. Its
            options are the fields; it advances after every step of the optimizer.
    """

    builder: ClassVar[str] = "nnlab.optim.schedules:build_torch"
    torch_name: ClassVar[str] = ""
    warmup_steps: Whole = 0
    """Steps in which the learning rate rises linearly to its first value."""

    @property
    def plateau(self) -> PlateauConfig | None:
        """How the monitored metric cuts the learning rate; None if it does not."""
        return None


class ConstantConfig(ScheduleConfig):
    """The learning rate stays as it is."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_constant"
    name: Literal["constant"] = "constant"


class StepConfig(ScheduleConfig):
    """The learning rate is multiplied by ``gamma`` every ``step_epochs`` epochs."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_step"
    name: Literal["step"] = "step"
    step_epochs: Count = 10
    """Epochs between two changes."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Factor of each change."""


class CosineConfig(ScheduleConfig):
    """The learning rate falls along half a cosine wave until the last step."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_cosine"
    name: Literal["cosine"] = "cosine"
    final_factor: Fraction = 0.0
    """Learning rate at the end, as a fraction of the first."""


class OneCycleConfig(ScheduleConfig):
    """The learning rate rises to its value along a cosine and falls again."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_one_cycle"
    name: Literal["one_cycle"] = "one_cycle"
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Fraction of the steps in which it rises."""
    initial_factor: Annotated[float, Field(gt=0, le=1)] = 0.04
    """Learning rate at the start, as a fraction of the highest."""
    final_factor: Fraction = 4e-6
    """Learning rate at the end, as a fraction of the highest."""


class PlateauConfig(ScheduleConfig):
    """The learning rate is cut for a replica whose monitored metric no longer improves."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_constant"
    name: Literal["plateau"] = "plateau"
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor of each cut."""
    patience: Count = 5
    """Evaluations without improvement before a cut."""
    min_factor: Positive = 1e-4
    """Lowest learning rate, as a fraction of the first."""

    @property
    def plateau(self) -> PlateauConfig:
        """This schedule."""
        return self


AnySchedule = Annotated[
    ConstantConfig | StepConfig | CosineConfig | OneCycleConfig | PlateauConfig,
    Field(discriminator="name"),
]
