"""How failures are told in NVIDIA's way: in the log, and by None or False."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, NoReturn

from trtx import (
    BusyError,
    ClosedError,
    Error,
    InvalidArgumentError,
    LibraryError,
    Logger,
    OutOfMemoryError,
    Severity,
    UnsupportedError,
)

#: In place of an answer: the call raises.
RAISES = object()

#: What raises always: NVIDIA's package would crash, or knows of no such thing.
_ALWAYS = (BusyError, ClosedError, LibraryError, OutOfMemoryError, UnsupportedError)

_combined: dict[tuple[type[Error], type[Exception]], type[Error]] = {}


def answer_or_raise(subject: Any, error: Error, answer: object) -> object:
    """Log a failure and give the answer that stands for it, or raise where there is none.

    Parameters
    ----------
    subject
        Whose method failed.
    error
        The exception that `trtx` raised, which is being handled.
    answer
        None, False and so on; `RAISES` for none.
    """
    if sys.modules["trtx.compat"].raise_errors or isinstance(error, _ALWAYS):
        raise error
    if isinstance(error, InvalidArgumentError) and error._is_type:
        _raise_as(TypeError, error)
    if answer is RAISES:
        _raise_as(RuntimeError, error)
    logged = any(message.severity <= Severity.ERROR for message in error.messages)  # by the library itself
    logger = None if logged else logger_of(subject)
    if logger is not None:
        Logger.log(logger, Severity.ERROR, str(error).replace("\0", "\\0"))
    return answer


def _raise_as(kind: type[Exception], error: Error) -> NoReturn:
    """Raise the error as one that is of a builtin kind, too."""
    if not isinstance(error, kind):
        known = type(error)
        combined = _combined.get((known, kind))
        if combined is None:
            body = {"__module__": known.__module__, "__doc__": known.__doc__}
            combined = _combined.setdefault((known, kind), type(known.__name__, (known, kind), body))
        with suppress(TypeError):  # from an OSError, which is laid out in another way
            error.__class__ = combined
    raise error


def logger_of(subject: Any) -> Logger | None:
    """The logger that an object was made with."""
    known = getattr(subject, "_network", subject)
    while not isinstance(known, Logger):
        parents = getattr(known, "_parents", ())
        if not parents:
            return None
        known = next((one for one in parents if isinstance(one, Logger)), parents[0])
    return None if known.is_closed else known
