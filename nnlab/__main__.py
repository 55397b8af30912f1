"""The entry point: every error that a user can mend ends here, as a message and an exit code."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys

from nnlab.errors import ConfigError, NnlabError, StorageError


def main() -> None:
    """Run the command line."""
    # What imports make lives as long as the process: looking for garbage in it while importing torch
    # and once more at the end costs half a second.
    gc.set_threshold(300_000)
    atexit.register(_leave_garbage)
    # Pictures go into files. A shell in a notebook hands down a backend that may not exist here.
    os.environ["MPLBACKEND"] = "agg"
    from nnlab import console, streams
    from nnlab.cli.app import app
    from nnlab.cli.help import MistypedError, say_mistake

    streams.harden()
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except MistypedError as error:
        say_mistake(error)
        sys.exit(ConfigError.exit_code)
    except NnlabError as error:
        console.print_error(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        console.print_note("stopped")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output has enough; keep Python from complaining at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        _say_own_fault(error)
        name = errno.errorcode.get(error.errno or 0, "error")
        console.print_error(f"{error.strerror or error}: {error.filename or 'a file'} ({name})")
        sys.exit(StorageError.exit_code)
    except Exception as error:
        _say_own_fault(error)
        raise


def _say_own_fault(error: Exception) -> None:
    """If an error passed through the user's own code, say where and leave."""
    loading = sys.modules.get("nnlab.own.loading")
    place = loading.place_of(error) if loading else None
    if place is not None:
        from nnlab import console

        console.print_error(f"{place}: {type(error).__name__}: {error}")
        sys.exit(ConfigError.exit_code)


def _leave_garbage() -> None:
    # triton, which torch.optim imports, complains of what is left.
    if "triton" not in sys.modules:
        gc.freeze()


if __name__ == "__main__":
    main()
