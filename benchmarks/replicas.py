"""Replica-epochs per second: ``python -m benchmarks.replicas [--device cuda]``.

The 784-64-64-64-10 network by nnlab, by a JAX scan vmapped over the replicas, and by plain torch,
which trains one replica after the other; the data are on the device. JAX uses the device it was
installed for. Every contender runs in its own process, they take turns, and each must reach the band.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from benchmarks.peers import Contender, Turn, hardware, take_turn

JOB = "mlp"


def contenders(device: str, num_replicas: int) -> dict[str, Contender]:
    """Return the contenders; plain torch, R times slower for R replicas, only trains one."""
    of_nnlab = (f"train.seeds={num_replicas}", f"train.device={device}")
    found = {
        "nnlab": Contender("nnlab_run", of_nnlab),
        "JAX scan, vmapped": Contender("jax_scan", (f"replicas={num_replicas}",)),
    }
    if num_replicas == 1:
        on_device = {"NNLAB_BENCH_DEVICE": device}
        found["plain torch in memory"] = Contender("plain_torch", environment=on_device)
    return found


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 64, 1024])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5, help="epochs per turn")
    options = parser.parse_args()
    print(f"### Replicas: {options.rounds} rounds of {options.epochs} epochs, on {options.device}")
    print(f"\n{place(options.device)}\n")
    print("| replicas | | replica-epochs per second | x nnlab |\n|--:|---|--:|--:|")
    for number in options.replicas:
        named = contenders(options.device, number)
        turns: dict[str, list[Turn]] = {name: [] for name in named}
        for _ in range(options.rounds):
            for name, contender in named.items():
                turns[name].append(take_turn(contender, JOB, options.epochs))
                print(f"{number} replicas, {name}: {turns[name][-1]}", file=sys.stderr)
        print("\n".join(rows(number, turns)), flush=True)


def rows(number: int, turns: dict[str, list[Turn]]) -> list[str]:
    """Return a line per contender: medians of rates, and of the ratios within a round."""
    found = []
    for name, mine in turns.items():
        rate = statistics.median(1 / turn.epoch_seconds for turn in mine)
        ratio = statistics.median(
            ours.epoch_seconds / turn.epoch_seconds
            for turn, ours in zip(mine, turns["nnlab"], strict=True)
        )
        found.append(f"| {number} | {name} | {rate:.3g} | {ratio:.2f} |")
    return found


def place(device: str) -> str:
    """Return the device and the processor."""
    if device == "cpu":
        return hardware()
    import torch

    return f"{torch.cuda.get_device_name()}, {hardware()}"


if __name__ == "__main__":
    main()
