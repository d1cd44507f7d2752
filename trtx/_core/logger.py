"""`Logger`: where the messages of TensorRT-RTX go."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from trtx_sys import _enums_gen as enums
from trtx_sys._enums_gen import Severity
from trtx_sys._ffi import ffi, lib

from .callbacks import Target
from .calls import new_place
from .errors import InvalidArgumentError
from .handle import Handle
from .library import require_library
from .process import refuse_after_fork
from .public import public
from .values import check_enum, check_text, reject

if TYPE_CHECKING:
    import logging

__all__ = ["Logger"]

Sink = Callable[[Severity, str], object]

_LETTERS = {
    Severity.INTERNAL_ERROR: "F",
    Severity.ERROR: "E",
    Severity.WARNING: "W",
    Severity.INFO: "I",
    Severity.VERBOSE: "V",
}

#: Levels of the `logging` module, which is not imported for the sake of those who do not use it.
_LEVELS = {
    Severity.INTERNAL_ERROR: 50,
    Severity.ERROR: 40,
    Severity.WARNING: 30,
    Severity.INFO: 20,
    Severity.VERBOSE: 10,
}


def _write_to_stderr(severity: Severity, message: str) -> None:
    if sys.stderr is not None:  # pythonw has none
        sys.stderr.write(f"[TensorRT-RTX] [{_LETTERS[severity]}] {message}\n")


@public
class Logger(Handle):
    """Receives every message of TensorRT-RTX (``ILogger``).

    Parameters
    ----------
    min_severity : Severity, default WARNING
        Less severe messages are dropped natively, before they cost anything.
    sink : callable or logging.Logger, optional
        Called as ``sink(severity, message)``, on whatever thread TensorRT-RTX logs, one call at a time. A
        `logging.Logger` gets the messages at the level that corresponds. Without it they go to ``sys.stderr``.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind.
    UnsupportedError
        If this process was forked from one that had used the library.

    Notes
    -----
    Objects made with a logger keep it alive. It may be shared by any number of objects and threads. An exception that
    the sink raises comes out of the call that logged. Errors are part of exceptions whatever the severity is.
    """

    __slots__ = ("_severity", "_target")

    #: Levels, which NVIDIA's package has here too.
    INTERNAL_ERROR: ClassVar[enums.Severity] = Severity.INTERNAL_ERROR
    ERROR: ClassVar[enums.Severity] = Severity.ERROR
    WARNING: ClassVar[enums.Severity] = Severity.WARNING
    INFO: ClassVar[enums.Severity] = Severity.INFO
    VERBOSE: ClassVar[enums.Severity] = Severity.VERBOSE
    Severity: ClassVar[type[enums.Severity]] = Severity

    _is_shared = True
    _severity: enums.Severity
    _target: Target

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "log" in cls.__dict__:
            raise TypeError(
                f"class {cls.__name__} defines log(), which nobody would call: messages go to the sink of a logger, "
                "trtx.Logger(severity, sink=function)"
            )

    def __init__(
        self, min_severity: enums.Severity = Severity.WARNING, sink: Sink | logging.Logger | None = None
    ) -> None:
        refuse_after_fork()  # also the shim's own locks may be taken for good
        self._severity = check_enum(Severity, min_severity, "min_severity")
        self._target = Target(_as_sink(sink))
        callbacks = ffi.new("trtx_logger_callbacks *")
        callbacks.log = lib.trtx_py_logger_log
        # It must live until the bridge has been retired, and that is before _let_go.
        self._keep["payload"] = payload = ffi.new_handle(self._target)
        place = new_place("trtx_logger")
        self._check(lib.trtx_logger_create(callbacks, payload, place), "create")
        lib.trtx_logger_set_threshold(place[0], self._severity)
        self._targets = (self._target,)
        self._take(place)

    @classmethod
    def to_logging(cls, min_severity: enums.Severity = Severity.INFO, name: str = "trtx") -> Logger:
        """Make a logger that writes to ``logging.getLogger(name)``."""
        import logging

        return cls(min_severity, logging.getLogger(name))

    @property
    def severity(self) -> enums.Severity:
        """Least severe messages that pass; may be set at any time."""
        _ = self._ptr
        return self._severity

    @severity.setter
    def severity(self, value: enums.Severity) -> None:
        severity = check_enum(Severity, value, "severity")
        lib.trtx_logger_set_threshold(self._ptr, severity)
        self._severity = severity

    #: The spelling of NVIDIA's package.
    min_severity = severity

    def log(self, severity: enums.Severity, msg: str) -> None:
        """Send a message through the logger, as TensorRT-RTX would.

        Parameters
        ----------
        severity : Severity
        msg : str
            Text without NUL characters.
        """
        encoded = check_text(msg, "msg")
        self._check(lib.trtx_logger_log(self._ptr, check_enum(Severity, severity, "severity"), encoded), "log")

    def _details(self) -> str:
        return self._severity.name

    def _how_to_make(self) -> str:
        return "Call trtx.Logger()."


class MadeWithLogger(Handle):
    """What is made directly with a logger, and keeps it alive: builders and runtimes."""

    __slots__ = ()

    def _create(self, logger: Logger, c_type: str, function: Callable[..., int]) -> None:
        if not isinstance(logger, Logger):
            reject("logger", logger, "a trtx.Logger")
        require_library()
        self._targets = logger._targets
        place = new_place(c_type)
        self._check(logger._long(f"{self._label()}()", function, place), "create")
        self._take(place, logger)

    @property
    def logger(self) -> Logger:
        """The logger that it was made with."""
        _ = self._ptr
        logger = self._parents[0]
        assert isinstance(logger, Logger)
        return logger


def _as_sink(sink: Any) -> Sink:
    if sink is None:
        return _write_to_stderr
    logging = sys.modules.get("logging")
    if logging is not None and isinstance(sink, logging.Logger):
        return lambda severity, message: sink.log(_LEVELS[severity], "%s", message)
    if callable(sink):
        return sink  # type: ignore[no-any-return]
    raise InvalidArgumentError(
        f"sink is {type(sink).__name__}; allowed is a logging.Logger or a callable that takes severity and message"
    )
