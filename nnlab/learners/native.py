"""Dense networks trained in C++ (``nnlab/native``), many steps in one call.

The equations are those of the fused learner. Every sum runs in one order, whatever the number of
threads and of replicas: the weights of a seed have the same bytes alone and among others.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from nnlab.data.steps import Rows
from nnlab.learners.crew import Crew
from nnlab.learners.dense_parameters import DenseParameters
from nnlab.learners.protocol import ignore
from nnlab.native import library as native
from nnlab.native.library import LOSSES, OPTIMIZERS, Network, Options, activation_of
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.optimizers import AnyOptimizer
    from nnlab.data.steps import Steps
    from nnlab.learners.dense_buffers import DenseSpec
    from nnlab.learners.protocol import LearningRates
    from nnlab.native.library import Library
    from nnlab.tasks.protocol import Task

# The options of the optimizers by the names in interface.h.
OPTIONS = {"momentum": "momentum", "weight_decay": "weight_decay", "alpha": "beta2", "eps": "eps"}
ADAGRAD_EPS = 1e-10  # torch's, which is no option


class NativeLearner:
    """R dense networks on the CPU, behind the learner protocol.

    Args:
        models: One module per replica; its linear layers, in order, are the network.
        specs: Activations, dropout and loss of each replica; they share activations and loss.
        task: Metrics.
        seeds: One seed per replica, for dropout.
        optimizers: The elementwise optimizer of each replica; all of one name.
        num_threads: The most threads; results do not depend on their number.
        library: The built library.
    """

    MAX_STEPS: ClassVar[int] = sys.maxsize
    NEEDS_AUTOGRAD: ClassVar[bool] = False
    iterations: ClassVar[None] = None

    def __init__(
        self,
        models: Sequence[nn.Module],
        specs: Sequence[DenseSpec],
        task: Task,
        *,
        seeds: Sequence[int],
        optimizers: Sequence[AnyOptimizer],
        num_threads: int,
        library: Library,
    ) -> None:
        self.task = task
        self.seeds = seeds
        self.library = library
        self.on_phase: Callable[[str], object] = ignore
        self.step = 0
        self.num_threads = num_threads
        self.crew = Crew(few=len(seeds), most=num_threads)
        self.parameters = DenseParameters(models, torch.device("cpu"))
        flat = self.parameters.flat
        self.moments = {name: torch.zeros_like(flat) for name in _moments_of(optimizers)}
        layers = [module for module in models[0].modules() if isinstance(module, nn.Linear)]
        self.widths = torch.tensor(
            [layers[0].in_features, *(layer.out_features for layer in layers)]
        )
        self.class_weight = specs[0].class_weight
        keys = [derive_seed("dropout-0", seed) for seed in seeds]
        self.dropout_keys = torch.tensor(keys, dtype=torch.int64)
        pairs = zip(specs, optimizers, strict=True)
        self.options = (Options * len(seeds))(*(_options(*pair) for pair in pairs))
        self.network = self._network(specs[0], optimizers[0])

    def _network(self, spec: DenseSpec, optimizer: AnyOptimizer) -> Network:
        return Network(
            num_replicas=len(self.seeds),
            num_layers=len(self.widths) - 1,
            widths=self.widths.data_ptr(),
            is_double=self.parameters.flat.dtype == torch.float64,
            activation=activation_of(spec.activation),
            output_activation=activation_of(spec.output_activation),
            loss=LOSSES.index(spec.loss),
            optimizer=OPTIMIZERS.index(optimizer.name),
            nesterov=getattr(optimizer, "nesterov", False),
            options=self.options,
            class_weight=_pointer(self.class_weight),
            dropout_keys=self.dropout_keys.data_ptr(),
            parameters=self.parameters.flat.data_ptr(),
            **{name: tensor.data_ptr() for name, tensor in self.moments.items()},
        )

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update every replica once; see ``Learner``."""
        num_replicas, size = inputs.shape[:2]
        rows = torch.arange(num_replicas * size).view(num_replicas, size)
        examples = inputs.flatten(0, 1).contiguous()
        step = Rows(examples, targets.flatten().contiguous(), rows, [0])
        return self._train(step, [size], [lrs])[0].to(examples.dtype)

    def train_steps(self, steps: Steps, lrs: Sequence[LearningRates]) -> Tensor:
        """Take the steps in one call; see ``Learner``."""
        losses, done = [], 0
        for part in steps.parts():
            rates = lrs[done : done + part.count]
            losses.append(self._train(part.rows(), part.sizes, rates))
            done += part.count
        return losses[0] if len(losses) == 1 else torch.cat(losses)

    def _train(self, rows: Rows, sizes: list[int], lrs: Sequence[LearningRates]) -> Tensor:
        """Return the losses ``(S, R)`` of steps with batches of the given sizes, in float64."""
        rates = torch.tensor([[_rate(lr) for lr in row] for row in lrs], dtype=torch.float64)
        losses = torch.zeros_like(rates)
        starts, lengths = torch.tensor(rows.starts), torch.tensor(sizes)
        assert rows.examples.is_contiguous(), "rows of examples follow one another"
        assert rows.targets.is_contiguous(), "so do targets"
        call = native.Steps(
            count=len(lrs),
            done=self.step,
            examples=rows.examples.data_ptr(),
            is_pixels=rows.examples.dtype == torch.uint8,
            targets=rows.targets.data_ptr(),
            has_classes=not rows.targets.is_floating_point(),
            rows=rows.rows.data_ptr(),
            rows_per_replica=rows.rows.shape[1] if len(rows.rows) > 1 else 0,
            starts=starts.data_ptr(),
            sizes=lengths.data_ptr(),
            lrs=rates.data_ptr(),
            losses=losses.data_ptr(),
        )
        with self.crew.at_work(len(lrs)) as call.num_threads:
            self.library.train(self.network, call)
        self.step += len(lrs)
        return losses

    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs of every replica; see ``Learner``."""
        flat = inputs.flatten(2 if is_varied else 1).to(self.parameters.flat.dtype).contiguous()
        size = flat.shape[-2]
        outputs = flat.new_empty(len(self.seeds), size, int(self.widths[-1]))
        products = size * self.parameters.flat.numel()
        batch = native.Batch(
            size=size,
            inputs=flat.data_ptr(),
            is_varied=is_varied,
            num_threads=native.threads_for(products, self.num_threads),
            outputs=outputs.data_ptr(),
        )
        self.library.predict(self.network, batch)
        return outputs

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the parameters; see ``Learner``."""
        return self.parameters.copies()

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load the parameters; see ``Learner``."""
        self.parameters.load(weights)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the step and the optimizer's moments; see ``Learner``."""
        return {"step": torch.tensor(self.step), **self.moments}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state in place; see ``Learner``."""
        self.step = int(state["step"])
        for name, tensor in self.moments.items():
            tensor.copy_(state[name])


def _moments_of(optimizers: Sequence[AnyOptimizer]) -> list[str]:
    """Return the names of the moments that optimizers keep for each weight."""
    has_momentum = any(getattr(optimizer, "momentum", 0.0) > 0 for optimizer in optimizers)
    has_first = has_momentum or hasattr(optimizers[0], "betas")
    has_second = optimizers[0].name != "sgd"
    return ["first_moment"] * has_first + ["second_moment"] * has_second


def _rate(lr: float | None) -> float:
    return math.nan if lr is None else lr


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _options(spec: DenseSpec, optimizer: AnyOptimizer) -> Options:
    given = optimizer.model_dump()
    options = {name: given[option] for option, name in OPTIONS.items() if option in given}
    if optimizer.name == "adagrad":
        options["eps"] = ADAGRAD_EPS
    if "betas" in given:
        options["beta1"], options["beta2"] = given["betas"]
    return Options(
        dropout=spec.dropout,
        label_smoothing=spec.label_smoothing,
        clip_norm=spec.clip_norm or 0.0,
        **options,
    )
