"""A dense network written by hand in JAX: one jitted scan over the batches of an epoch.

With ``replicas=R`` the scan is vmapped over R networks, each with its own order.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.contenders.common import arguments, measure, replicas
from benchmarks.jobs import BATCH_SIZE, load

job, num_epochs = arguments()
train_images, train_labels, test_images, test_labels = load(job.dataset)
train_inputs = jnp.asarray(train_images.reshape(-1, 784) / np.float32(255))
test_inputs = jnp.asarray(test_images.reshape(-1, 784) / np.float32(255))
train_targets, test_targets = jnp.asarray(train_labels), jnp.asarray(test_labels)
activation = {"tanh": jnp.tanh, "relu": jax.nn.relu}[job.activation]
generator = np.random.default_rng(0)


def layer(size_in: int, size_out: int) -> tuple[jax.Array, jax.Array]:
    bound = size_in**-0.5
    weight = generator.uniform(-bound, bound, (size_in, size_out))
    bias = generator.uniform(-bound, bound, size_out)
    return jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32)


def forward(params, inputs):
    for weight, bias in params[:-1]:
        inputs = activation(inputs @ weight + bias)
    weight, bias = params[-1]
    return inputs @ weight + bias


def loss_fn(params, inputs, targets):
    log_probs = jax.nn.log_softmax(forward(params, inputs))
    return -jnp.take_along_axis(log_probs, targets[:, None], 1).mean()


def adam(params, grads, state):
    step, first, second = state
    step = step + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
    scale = 1 - 0.9**step, 1 - 0.999**step
    update = lambda p, m, v: p - job.lr * (m / scale[0]) / (jnp.sqrt(v / scale[1]) + 1e-8)  # noqa: E731
    return jax.tree.map(update, params, first, second), (step, first, second)


def sgd(params, grads, state):
    return jax.tree.map(lambda p, g: p - job.lr * g, params, grads), state


rule = {"adam": adam, "sgd": sgd}[job.optimizer]


def run_epoch(params, state, order):
    def step(carry, chosen):
        params, state = carry
        loss, grads = jax.value_and_grad(loss_fn)(
            params, train_inputs[chosen], train_targets[chosen]
        )
        return rule(params, grads, state), loss

    whole = len(order) // BATCH_SIZE * BATCH_SIZE
    carry, _ = jax.lax.scan(step, (params, state), order[:whole].reshape(-1, BATCH_SIZE))
    if whole < len(order):
        carry, _ = step(carry, order[whole:])
    return carry


num_replicas = replicas()
is_single = num_replicas == 1
compiled_epoch = jax.jit(run_epoch if is_single else jax.vmap(run_epoch))
predict = jax.jit(forward if is_single else jax.vmap(forward, (0, None)))
sizes = list(zip(job.sizes, job.sizes[1:], strict=False))


def network():
    params = [layer(size_in, size_out) for size_in, size_out in sizes]
    zeros = jax.tree.map(jnp.zeros_like, params)
    return params, (jnp.zeros(()), zeros, zeros)


def stacked(items: list):
    return items[0] if is_single else jax.tree.map(lambda *leaves: jnp.stack(leaves), *items)


params, state = stacked([network() for _ in range(num_replicas)])


def train_epoch() -> None:
    global params, state
    orders = [
        generator.permutation(len(train_targets))[: job.num_examples] for _ in range(num_replicas)
    ]
    order = jnp.asarray(orders[0] if is_single else np.stack(orders))
    params, state = jax.block_until_ready(compiled_epoch(params, state, order))


def evaluate() -> float:
    return float((predict(params, test_inputs).argmax(-1) == test_targets).mean())


measure(num_epochs, train_epoch, evaluate, seeds=num_replicas)
