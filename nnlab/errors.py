"""Errors a user can fix, one class per exit code, and the interruption of a run.

NnlabError
+-- ConfigError      2  the command line or a config is invalid
+-- DataError        3  a data set is missing, corrupt or unusable
+-- RunError         4  a run or a checkpoint is missing, corrupt or not as expected
+-- StorageError     5  the disk is full or a folder is not writable
+-- DivergedError    6  the loss is not finite
+-- DeviceError      7  the device is absent or failed
+-- CheckFailedError 8  a check failed

KeyboardInterrupt
+-- InterruptedRun   129, 130 or 143: a signal stopped the run
"""

from __future__ import annotations


class NnlabError(Exception):
    """An error the user can fix; the message says what, where and how."""

    exit_code = 1


class ConfigError(NnlabError):
    """The command line or a config is invalid."""

    exit_code = 2


class KeyedError(ConfigError):
    """A value of an experiment contradicts its data.

    Args:
        path: The key to blame.
        text: What is wrong with it.
    """

    def __init__(self, path: tuple[str | int, ...], text: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {text}")
        self.path = path
        self.text = text


class DataError(NnlabError):
    """A data set is missing, corrupt or unusable."""

    exit_code = 3


class RunError(NnlabError):
    """A run directory or a checkpoint is missing, corrupt or not what was expected."""

    exit_code = 4


class StorageError(NnlabError):
    """The disk is full, or a file or folder is not writable."""

    exit_code = 5


class DivergedError(NnlabError):
    """Training produced a loss that is not finite."""

    exit_code = 6


class DeviceError(NnlabError):
    """The requested device is absent or failed."""

    exit_code = 7


class CheckFailedError(NnlabError):
    """A check that the user requested failed."""

    exit_code = 8


class InterruptedRun(KeyboardInterrupt):
    """A signal asked the run to stop; everything up to that step is saved.

    A loop over experiments that catches ``Exception`` stops too, as it would in any other program.

    Args:
        message: What was saved and how to resume.
        signal_number: The signal; the exit code is 128 plus this.
    """

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
