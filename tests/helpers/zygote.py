"""Real processes at the price of a fork: a process that has imported everything, and divides."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

READY = "ready"
HANGS_AFTER_SECONDS = 600


class Zygote:
    """Starts ``nnlab ARGS`` in processes of their own, within milliseconds.

    A warmed process, which has one thread only, forks for each of them.

    Attributes:
        peak_bytes: Most resident memory of the process that was waited for last.
    """

    peak_bytes = 0

    def __enter__(self) -> Zygote:
        command = [sys.executable, "-m", "tests.helpers.zygote"]
        self.folder = tempfile.TemporaryDirectory(prefix="nnlab-zygote-")
        environment = {"MPLCONFIGDIR": self.folder.name, **os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline().strip() == READY
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=600)
        self.process.stdout.close()
        self.folder.cleanup()

    def start(
        self,
        *args: object,
        output: Path,
        errors: Path | None = None,
        watched: dict | None = None,
        program: str = "nnlab.__main__",
        **env: str,
    ) -> int:
        """Start a command whose messages go to a file; return the number of its process.

        Args:
            args: Words of the command.
            output: Where its messages go.
            errors: Where those of stderr go; None for ``output``, too.
            watched: The ``folders`` it may touch, and the ``seconds`` of processor time after which
                SIGPROF ends it.
            program: Module whose ``main`` is called.
            env: Environment variables.
        """
        words = [str(arg) for arg in args]
        question = {"args": words, "env": env, "watched": watched, "program": program}
        question["streams"] = [str(output), str(errors or output)]
        (pid,) = self._ask(question)
        return pid

    def load(self, *modules: str) -> None:
        """Import modules now, so that no process has to."""
        self._ask({"import": modules})

    def wait(self, pid: int) -> int:
        """Return the exit code of a process that was started, minus the signal that ended it."""
        code, self.peak_bytes = self._ask({"wait": pid})
        return code

    def run(self, *args: object, output: Path, **options: Any) -> int:
        """Run a command to its end, and return its exit code; see ``start``."""
        return self.wait(self.start(*args, output=output, **options))

    def _ask(self, question: dict[str, object]) -> list[int]:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]


def wait_until(is_so: Callable[[], object], output: Path, seconds: float = 60) -> None:
    """Wait for what a process does; if it does not in time, fail with its messages."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, output.read_text()
        time.sleep(0.002)


def warm() -> None:
    """Import what training imports, by training, and build the command line."""
    import torch
    import typer.main

    import nnlab
    from nnlab import __main__, console, streams  # noqa: F401 - imported for the processes to come
    from nnlab.cli.app import app as cli
    from nnlab.cli.progress import watch
    from nnlab.runs import verify  # noqa: F401 - as above
    from tests.helpers.command import build_once

    build_once()
    typer.main.get_command(cli)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for engine in ("fused", "autograd"):
            overrides = ["train.epochs=1", f"train.engine={engine}"]
            nnlab.train("spiral_mlp", overrides, runs_dir=folder, watch=watch)
        nnlab.train("digits_cnn", ["train.epochs=1", "train.limit_batches=1"], runs_dir=folder)
    gc.collect()
    gc.freeze()  # so that looking for garbage does not copy these pages into every process


def become(question: dict) -> None:
    """Turn this process, just forked, into ``nnlab ARGS``; does not return."""
    from tests.helpers.watchdog import watch

    for stream, path in enumerate(question["streams"], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), stream)
    os.environ.update(question["env"])
    sys.argv = ["nnlab", *question["args"]]
    if watched := question["watched"]:
        signal.setitimer(signal.ITIMER_PROF, watched["seconds"])
        signal.alarm(HANGS_AFTER_SECONDS)
        watch(watched["folders"])
    code = 0
    try:
        importlib.import_module(question["program"]).main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - shown and reported, as by an interpreter
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def serve() -> None:
    """Answer questions until there are no more."""
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for the life of the process
    warm()
    sys.stderr = sys.__stderr__
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    print(READY, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        if "import" in question:
            print(len([importlib.import_module(name) for name in question["import"]]), flush=True)
            continue
        if "wait" in question:
            _, status, used = os.wait4(question["wait"], 0)
            print(os.waitstatus_to_exitcode(status), 1024 * used.ru_maxrss, flush=True)
            continue
        pid = os.fork()
        if not pid:
            become(question)
        print(pid, flush=True)


if __name__ == "__main__":
    serve()
