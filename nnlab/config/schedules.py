"""The learning-rate schedules that an experiment can use."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, Count, Fraction, Positive, Whole


class ScheduleConfig(ComponentConfig):
    """A schedule, preceded by a linear warm-up.

    Attributes:
        torch_name: Class in torch.optim.lr_scheduler, for a schedule that is not nnlab's own. Its
            options are the fields; it advances after every optimizer step.
        is_open_ended: Whether its factor at a step does not depend on the number of epochs.
    """

    builder: ClassVar[str] = "nnlab.optim.schedules:build_torch"
    torch_name: ClassVar[str] = ""
    is_open_ended: ClassVar[bool] = False
    warmup_steps: Whole = 0
    """Steps over which the learning rate rises linearly to its first value."""

    @property
    def plateau(self) -> PlateauConfig | None:
        """How to cut the learning rate on a plateau of the monitored metric; None for never."""
        return None

    @property
    def period_epochs(self) -> int | None:
        """Epochs between the changes of the learning rate, if it changes in periods."""
        return None


class ConstantConfig(ScheduleConfig):
    """The learning rate is constant."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_constant"
    is_open_ended: ClassVar[bool] = True
    name: Literal["constant"] = "constant"


class StepConfig(ScheduleConfig):
    """The learning rate is multiplied by ``gamma`` every ``step_epochs`` epochs."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_step"
    is_open_ended: ClassVar[bool] = True
    name: Literal["step"] = "step"
    step_epochs: Count = 10
    """Epochs between changes."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Factor of each change."""

    @property
    def period_epochs(self) -> int:
        """Epochs between changes."""
        return self.step_epochs


class CosineConfig(ScheduleConfig):
    """The learning rate falls along half a cosine wave until the last step."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_cosine"
    name: Literal["cosine"] = "cosine"
    final_factor: Fraction = 0.0
    """Final learning rate, as a fraction of the first."""


class OneCycleConfig(ScheduleConfig):
    """The learning rate rises to its peak along a cosine, then falls."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_one_cycle"
    name: Literal["one_cycle"] = "one_cycle"
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Fraction of the steps spent rising."""
    initial_factor: Annotated[float, Field(gt=0, le=1)] = 0.04
    """First learning rate, as a fraction of the peak."""
    final_factor: Fraction = 4e-6
    """Final learning rate, as a fraction of the peak."""


class PlateauConfig(ScheduleConfig):
    """The learning rate is cut for a replica whose monitored metric no longer improves."""

    builder: ClassVar[str] = "nnlab.optim.schedules:build_constant"
    is_open_ended: ClassVar[bool] = True
    name: Literal["plateau"] = "plateau"
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor of each cut."""
    patience: Count = 5
    """Evaluations without improvement before a cut."""
    min_factor: Positive = 1e-4
    """Minimum learning rate, as a fraction of the first."""

    @property
    def plateau(self) -> PlateauConfig:
        """This schedule."""
        return self


AnySchedule = Annotated[
    ConstantConfig | StepConfig | CosineConfig | OneCycleConfig | PlateauConfig,
    Field(discriminator="name"),
]
