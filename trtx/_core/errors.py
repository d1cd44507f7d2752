"""The exceptions of `trtx`, and the one funnel through which native failures become exceptions.

::

    Error
    ├── LibraryError            the native library is missing, is none, or has another version
    ├── InvalidArgumentError    also ValueError: an argument cannot be right
    ├── ClosedError             also ValueError: the object was closed, or never made
    ├── BusyError               also RuntimeError: the object is in use by another call
    │   └── WaitTimeoutError    also TimeoutError: it is still in use when the time to wait is over
    ├── UnsupportedError        also NotImplementedError: the loaded library is too old
    ├── OutOfMemoryError        also MemoryError: host memory ran out
    ├── BuilderError            building an engine failed
    ├── NetworkError            a network refused a change
    ├── ParserError             an ONNX model was refused
    ├── EngineError             an engine cannot be read or used
    ├── ExecutionError          a run failed
    ├── RefitError              weights cannot be replaced
    └── CudaError               CUDA failed, or is missing

Where a file is the cause, the error is of the operating system's kind too: a model that is not there raises what is
both a `ParserError` and a `FileNotFoundError`.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from trtx_sys._enums_gen import Severity
from trtx_sys._ffi import ffi, lib

from .public import public

if TYPE_CHECKING:
    from typing_extensions import Self

    from .._onnx.report import ParserErrorInfo

__all__ = [
    "BuilderError",
    "BusyError",
    "ClosedError",
    "CudaError",
    "EngineError",
    "Error",
    "ExecutionError",
    "InvalidArgumentError",
    "LibraryError",
    "Message",
    "NetworkError",
    "OutOfMemoryError",
    "ParserError",
    "RefitError",
    "UnsupportedError",
    "WaitTimeoutError",
]


@public
class Message(NamedTuple):
    """A line that TensorRT-RTX logged during a call."""

    severity: Severity
    text: str


@public
class Error(Exception):
    """Base of all exceptions of `trtx`.

    Attributes
    ----------
    status : int
        Status of the C call (``trtx_sys.lib.TRTX_FAILED`` ...); 0 where no native call was made.
    messages : tuple of Message
        What TensorRT-RTX logged during the call, warnings and worse, oldest first.
    """

    def __init__(self, text: str = "", *, status: int = 0, messages: Sequence[Message] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.messages = tuple(messages)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders (multiprocessing): keep what the keywords carry.
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(kind: type[Error], args: tuple[object, ...], state: dict[str, object]) -> Error:
    error = kind()
    error.args = args
    error.__dict__.update(state)
    return error


@public
class LibraryError(Error):
    """The native library is missing, is none, or has a version that cannot be used."""


@public
class InvalidArgumentError(Error, ValueError):
    """An argument cannot be right; the message names it, what was given and what is allowed."""

    #: Whether no value of its type would be right, for `trtx.compat`, where that is a `TypeError`.
    _is_type: bool = False

    @classmethod
    def _of_type(cls, text: str) -> Self:
        """One where no value of the type would be right, to be raised at once: a name for it would make a circle."""
        error = cls(text)
        error._is_type = True
        return error


@public
class ClosedError(Error, ValueError):
    """The object was closed, its parent was closed, or it was never made."""


@public
class BusyError(Error, RuntimeError):
    """The object is in use by another call, of this thread or of another one."""


@public
class WaitTimeoutError(BusyError, TimeoutError):
    """The object was still in use when the time to wait was over."""


@public
class UnsupportedError(Error, NotImplementedError):
    """The loaded library, or the kind of object, does not have this feature."""


@public
class OutOfMemoryError(Error, MemoryError):
    """Host memory ran out inside a native call."""


@public
class BuilderError(Error):
    """TensorRT-RTX could not build an engine, or refused a setting of the build."""


@public
class NetworkError(Error):
    """TensorRT-RTX refused a change of a network."""


@public
class ParserError(Error):
    """An ONNX model was refused.

    Attributes
    ----------
    errors : tuple of ParserErrorInfo
        Every error that the parser reported, in its order; where the model's structure was refused before that, what
        is wrong with it.
    """

    errors: tuple[ParserErrorInfo, ...] = ()


@public
class EngineError(Error):
    """An engine cannot be deserialized, inspected or used."""


@public
class ExecutionError(Error):
    """A run, or its preparation, failed."""


@public
class RefitError(Error):
    """Weights of an engine cannot be replaced."""


@public
class CudaError(Error):
    """CUDA failed, or there is no CUDA driver."""


class _AboutFile:
    """What errors about files share: a message of our own, which `OSError` would replace by one of its making."""

    args: tuple[Any, ...]
    _kinds: tuple[type[Error], type[OSError]]

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[object, ...]:
        said: Any = self
        about = (said.errno, said.strerror, said.filename)
        return (_rebuild_about_file, (self._kinds, self.args, self.__dict__, about))


_about_files: dict[tuple[type[Error], type[OSError]], type[Error]] = {}


def _about_file(kind: type[Error], system: type[OSError]) -> type[Error]:
    known = _about_files.get((kind, system))
    if known is not None:
        return known
    name = f"{kind.__name__.removesuffix('Error')}{system.__name__}"
    lines = f"Both a `{kind.__name__}` and a `{system.__name__}`."
    body = {"__module__": "trtx", "__doc__": lines, "_kinds": (kind, system)}
    return _about_files.setdefault((kind, system), type(name, (_AboutFile, kind, system), body))


def _rebuild_about_file(
    kinds: tuple[type[Error], type[OSError]], args: tuple[object, ...], state: dict[str, object], about: tuple[Any, ...]
) -> Error:
    error: Any = _rebuild(_about_file(*kinds), args, state)
    error.errno, error.strerror, error.filename = about
    return error  # type: ignore[no-any-return]


def file_error(kind: type[Error], message: str, cause: BaseException, path: object = None) -> Error:
    """An error about a file, which is of the operating system's kind too: what ``except FileNotFoundError`` catches.

    Parameters
    ----------
    kind
        The exception of `trtx`.
    cause
        What the operating system said. Anything but an `OSError` gives a plain ``kind``.
    path
        The file, where the cause does not name it.
    """
    if not isinstance(cause, OSError):
        return kind(message)
    error: Any = _about_file(kind, type(cause))(message)
    error.errno, error.strerror = cause.errno, cause.strerror
    error.filename = path if cause.filename is None else cause.filename
    return error  # type: ignore[no-any-return]


def text(pointer: Any) -> str:
    """The Python string of a C string that a call has written, empty for null; no byte is lost."""
    if isinstance(pointer, str):
        return pointer
    return ffi.string(pointer).decode("utf-8", "surrogateescape") if pointer else ""


def readable(line: str) -> str:
    """What the library says, for people: bytes that are not UTF-8 show as replacement characters."""
    return line if line.isascii() else line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


#: Statuses that say by themselves what kind of error they are.
_KINDS: dict[int, type[Error]] = {
    lib.TRTX_NOT_SUPPORTED: UnsupportedError,
    lib.TRTX_NOT_LOADED: LibraryError,
    lib.TRTX_LOAD_FAILED: LibraryError,
    lib.TRTX_VERSION_REFUSED: LibraryError,
    lib.TRTX_ALREADY_LOADED: LibraryError,
    lib.TRTX_OUT_OF_MEMORY: OutOfMemoryError,
    lib.TRTX_INVALID_ARGUMENT: InvalidArgumentError,
    lib.TRTX_BUSY: BusyError,
}


def _is_driver_missing(reason: str) -> bool:
    """Whether the library complains about CUDA because there is no driver; 1.5 says no more than that CUDA failed."""
    if "CUDA driver version is insufficient" in reason:
        return True
    # Flags that want the engine refitted or stripped of its weights compile for the GPU at hand.
    failed = "CHECK(status == CUDA_SUCCESS)" in reason or ("Cuda Runtime (" in reason and "cudaError" not in reason)
    return failed and not _has_driver()


@functools.cache
def _has_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def last_messages() -> tuple[Message, ...]:
    """What TensorRT-RTX logged during the last failed call of this thread."""
    severity = ffi.new("trtx_severity *")
    lines = []
    for index in range(lib.trtx_last_message_count()):
        line = lib.trtx_last_message(index, severity)
        lines.append(Message(Severity(severity[0]), readable(line or "")))
    return tuple(lines)


def last_reason() -> str:
    """The words of the last failure of this thread, without the name of the C function."""
    line, function = readable(lib.trtx_last_error()), lib.trtx_last_function()
    return line[len(function) + 2 :] if line.startswith(f"{function}: ") else line


def failure(kind: type[Error], what: str, status: int | None = None) -> Error:
    """Make the exception for the native call that has just failed on this thread.

    Parameters
    ----------
    kind
        The exception where the status does not name one by itself.
    what
        Object and action, such as ``"network 'net': add_input('x')"``.
    """
    status = lib.trtx_last_status() if status is None else status
    reason = last_reason()
    messages = last_messages()
    kind = _KINDS.get(status, kind)
    if _is_driver_missing(reason):
        reason += " (TensorRT-RTX needs a CUDA driver and a GPU for this)"
    return kind(f"{what} failed: {reason}", status=status, messages=messages)
