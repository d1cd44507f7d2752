"""Classes that are more than a name around those of `trtx`: loggers to derive from, and those that print."""

from __future__ import annotations

import sys
import time
import weakref
from typing import Any

import trtx
from trtx import Severity

from ._layers import class_named

__all__ = ["ILogger", "IPluginV2Layer", "IPluginV3Layer", "Logger", "Profiler"]

_LETTERS = {
    Severity.INTERNAL_ERROR: "F",
    Severity.ERROR: "E",
    Severity.WARNING: "W",
    Severity.INFO: "I",
    Severity.VERBOSE: "V",
}


class ILogger(trtx.Logger):
    """Receives every message: derive from it, define ``log(severity, msg)``, and call ``__init__``."""

    __slots__ = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super(trtx.Logger, cls).__init_subclass__(**keywords)  # it would refuse a class with the method log()

    def __init__(self) -> None:
        super().__init__(Severity.VERBOSE, _to_method_log(self))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        """Free nothing, as in NVIDIA's package."""


def _log_of_none(self: ILogger, severity: Severity, msg: str) -> None:
    """Take a message; for derived classes to define."""
    raise NotImplementedError(f"{type(self).__name__} does not define log()")


ILogger.log = _log_of_none  # type: ignore[method-assign,assignment] # not in the class, where trtx.Logger refuses it


class Logger(ILogger):
    """A logger that writes to ``sys.stderr``.

    Parameters
    ----------
    min_severity : Severity, default WARNING
        Less severe messages are dropped.
    """

    __slots__ = ()

    def __init__(self, min_severity: Severity = Severity.WARNING) -> None:
        if not isinstance(min_severity, Severity):
            raise TypeError(f"min_severity is {min_severity!r}; allowed is a member of Logger.Severity")
        has_own = type(self).log is not Logger.log
        trtx.Logger.__init__(self, min_severity, _to_method_log(self) if has_own else _write)

    def log(self, severity: Severity, msg: str) -> None:
        """Write a message, if it is severe enough."""
        trtx.Logger.log(self, severity, msg)


def _to_method_log(logger: ILogger) -> Any:
    reference = weakref.ref(logger)  # the native logger must not keep the object that owns it

    def sink(severity: Severity, message: str) -> None:
        target = reference()
        if target is not None:
            target.log(severity, message)

    return sink


def _write(severity: Severity, message: str) -> None:
    if sys.stderr is not None:  # pythonw has none
        now = time.strftime("%m/%d/%Y-%H:%M:%S")
        sys.stderr.write(f"[{now}] [TRT] [{_LETTERS[severity]}] {message}\n")


class Profiler(class_named("IProfiler")):  # type: ignore[misc]
    """A profiler that prints the time of each layer."""

    def report_layer_time(self, layer_name: str, ms: float) -> None:
        """Print the time that a layer took, in milliseconds."""
        print(f"{layer_name}: {ms}ms")


class IPluginV2Layer(class_named("ILayer")):  # type: ignore[misc]
    """The layer of a plugin. TensorRT-RTX has none, so no network has such a layer: the name is there for tables."""

    __slots__ = ()

    #: There is none.
    plugin = None


class IPluginV3Layer(class_named("ILayer")):  # type: ignore[misc]
    """The layer of a plugin. TensorRT-RTX has none, so no network has such a layer: the name is there for tables."""

    __slots__ = ()

    #: There is none.
    plugin = None
