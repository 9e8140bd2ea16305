"""The errors neurosim raises; every message names the owner, the field, the value and the remedy.

Each class also derives from the built-in exception that fits, so that callers may catch either.
"""

__all__ = [
    "BudgetExceeded",
    "DeviceUnavailable",
    "FileError",
    "InputError",
    "NeurosimError",
    "NotRecorded",
    "RunFailed",
    "Unsupported",
]


class NeurosimError(Exception):
    """Base of every error raised on purpose by neurosim."""


class InputError(NeurosimError, ValueError):
    """A value given by the caller is not acceptable."""


class FileError(NeurosimError, ValueError):
    """A file is missing, damaged, of the wrong kind, or says something impossible."""


class NotRecorded(NeurosimError, LookupError):
    """A recording was asked for something it was not told to keep."""

    def __str__(self) -> str:  # LookupError subclasses must not quote their message
        return str(self.args[0]) if self.args else ""


class Unsupported(NeurosimError, NotImplementedError):
    """A model uses an operation that has no exact spiking form here."""


class DeviceUnavailable(NeurosimError, ImportError):
    """A simulation device lacks a package, a compiler, a driver or a machine."""


class RunFailed(NeurosimError, RuntimeError):
    """A build or a simulation ended without a trustworthy result."""


class BudgetExceeded(NeurosimError, MemoryError):
    """A run would need more memory or disk than there is."""
