"""`check_onnx_model`: parses a model in a process of its own, for models that nobody vouches for.

NVIDIA's parser is native code that reads a complicated format, and some models crash it. The structure check stops
those that are known; a process of its own takes the rest. It gets the bytes through a pipe, so that what it parsed is
what the caller parses later, and answers in JSON, which is read as a stranger's: the model may have taken it over.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING, Any

from trtx_sys._enums_gen import OnnxErrorCode

from .._core import errors as _errors
from .._core import library as _library
from .._core.errors import Error, ParserError, UnsupportedError
from .._core.public import public
from .._core.values import check_float, reject
from .report import ParserErrorInfo

if TYPE_CHECKING:
    from .._core.types import Bool, BytesLike, Number

__all__ = ["check_onnx_model"]

#: Seconds that `OnnxParser.parse` gives the process.
DEFAULT_TIMEOUT = 60.0
#: More than this is no answer.
LONGEST_ANSWER = 1 << 20
MOST_ERRORS = 100
#: Set in the environment of the process, so that it never starts another one.
MARK = "TRTX_ISOLATED"
#: What else than `ParserError` the process may raise here.
_KINDS = ("InvalidArgumentError", "LibraryError", "OutOfMemoryError", "UnsupportedError")


@dataclasses.dataclass(frozen=True)
class Request:
    """What the process must know beside the model's bytes."""

    path: str | None = None
    allow_outside_data: bool = False
    flags: int | None = None
    network_flags: int | None = None
    #: The library of this process; None where it has loaded none.
    library: str | None = None


@public
def check_onnx_model(
    model: str | os.PathLike[str] | BytesLike,
    path: str | os.PathLike[str] | None = None,
    *,
    timeout: Number = DEFAULT_TIMEOUT,
    allow_outside_data: Bool = False,
) -> None:
    """Parse a model in a process of its own, to find out whether it can be parsed here.

    Parameters
    ----------
    model : str, os.PathLike or bytes-like
        An ONNX file, or a serialized ModelProto.
    path : str or os.PathLike, optional
        Where a model that is given as bytes comes from; needed for external data.
    timeout : float, default 60
        Seconds after which the process is killed.
    allow_outside_data : bool, default False
        As in `OnnxParser.parse`.

    Raises
    ------
    ParserError
        If the model is malformed or refused, as `OnnxParser.parse` would say it, or if the process crashed or took too
        long: the message has the signal or the time.
    InvalidArgumentError
        If an argument is of a wrong kind.
    LibraryError
        If the process cannot load the native library.
    UnsupportedError
        In a frozen program, which has no Python interpreter to start.

    Notes
    -----
    The process runs with the rights of this one: it keeps a crash away, not an intruder. Files of external data must
    not change before the model is parsed. It takes about a second, most of it to load the library.
    """
    from .source import as_view, check, map_file

    subject = "check_onnx_model"
    seconds = check_float(timeout, "timeout")
    if not 0 < seconds <= 86400:
        reject("timeout", timeout, "a number of seconds above 0 and at most 86400")
    opened: AbstractContextManager[memoryview]
    if isinstance(model, (str, os.PathLike)):
        if path is not None:
            reject("path", path, "None where the model is a path itself")
        path, opened = model, map_file(subject, model)
    else:
        opened = nullcontext(as_view(model))
    with opened as view:
        checked = check(subject, view, path, allow_outside_data)
        parse_apart(subject, checked.source, view, Request(checked.path, checked.outside), seconds)


def parse_apart(what: str, source: str, view: memoryview, request: Request, timeout: float = DEFAULT_TIMEOUT) -> None:
    """Raise unless a process of its own parses the model."""
    if "core" in _library._loaded:
        request = dataclasses.replace(request, library=_library.library_path())
    # A file of ours and not a pipe: the answer is read when the process has ended, and only as much as we want.
    with tempfile.TemporaryFile() as answer:
        process = _start(request, answer)
        try:
            process.communicate(view, timeout)  # type: ignore[arg-type]  # any buffer will do
        except subprocess.TimeoutExpired:
            raise ParserError(f"{what}: parsing {source} in its own process did not end in {timeout:g} s") from None
        finally:
            # Also where we are interrupted: nothing stays behind.
            process.kill()
            process.wait()
        answer.seek(0)
        _judge(f"{what}: parsing {source} in its own process", process.returncode, answer.read(LONGEST_ANSWER + 1))


def _start(request: Request, answer: IO[bytes]) -> subprocess.Popen[bytes]:
    refuse_without_python()
    # The same modules as here, wherever they came from; the path of the script is not one of them for -c.
    code = f"import sys; sys.path[:] = {sys.path!r}; from trtx._onnx.isolated import main; main()"
    command = [sys.executable, "-c", code, json.dumps(dataclasses.asdict(request))]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={**os.environ, MARK: "1"},
        )
    except OSError as error:
        raise UnsupportedError(f"a process of its own cannot be started: {error}") from error


def refuse_without_python() -> None:
    """Raise where this program itself would be started again, in place of a Python interpreter, and again by that."""
    what = "a process of its own needs a Python interpreter"
    remedy = (
        "parse here, without isolated=True, or in a process that the program starts itself: multiprocessing with "
        "get_context('spawn'), and multiprocessing.freeze_support() first thing in the main module"
    )
    if os.environ.get(MARK):
        raise UnsupportedError(f"{what}, but {sys.executable} has started this program again; {remedy}")
    if getattr(sys, "frozen", False) or "__compiled__" in vars(sys.modules["__main__"]):  # the latter is Nuitka's
        raise UnsupportedError(f"{what}, and a frozen program has none: sys.executable is the program itself; {remedy}")
    if not sys.executable:
        raise UnsupportedError(f"{what}, and sys.executable names none; {remedy}")


def _judge(subject: str, status: int, answer: bytes) -> None:
    """Raise for what the process said, or for how it ended."""
    said = _read(answer)
    if status == 0 and said is not None:
        if said == {}:
            return
        raise _rebuilt(said)
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        raise ParserError(f"{subject} crashed ({name}); do not parse it here")
    if status & 0xC0000000 == 0xC0000000:  # Windows: an exception that nobody handled
        raise ParserError(f"{subject} crashed (exception {status:#x}); do not parse it here")
    raise ParserError(f"{subject} ended with exit status {status} and without an answer")


def _read(answer: bytes) -> dict[str, Any] | None:
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _rebuilt(said: dict[str, Any]) -> Error:
    """The exception that the process told of; of its parts, those that are what they should be."""
    name, text = said.get("kind"), str(said.get("text", ""))
    if name in _KINDS:
        kind: type[Error] = getattr(_errors, name)
        return kind(text)
    error = ParserError(text)
    found = said.get("errors")
    if isinstance(found, list):
        error.errors = tuple(info for entry in found[:MOST_ERRORS] if (info := _info(entry)) is not None)
    return error


def _info(entry: Any) -> ParserErrorInfo | None:
    try:
        code, text, file, line, function, node, name, operator, stack = entry
        return ParserErrorInfo(
            OnnxErrorCode(code), str(text), str(file), int(line), str(function), int(node), str(name), str(operator),
            tuple(map(str, stack)),
        )  # fmt: skip
    except (TypeError, ValueError):
        return None
