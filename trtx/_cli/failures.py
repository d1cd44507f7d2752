"""What goes wrong in a command: exit codes, and the line that names the cause and the next step."""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from trtx._core import errors

#: The method that failed, with which messages of the library begin: users of the command did not call it.
_SUBJECT = re.compile(r"^(?:trtx )?[A-Za-z_]\w*(?:\.\w+)?(?:\([^)]*\))?: ")
_REFUSED = re.compile(r"^OnnxParser(?:Refitter)?\.\w+ failed for (.*)$")

#: What to do when the system refuses to write.
_OF_SYSTEM = {
    errno.ENOSPC: "nothing was written; free some space, or name a place elsewhere with -o",
    errno.EDQUOT: "nothing was written; free some space, or name a place elsewhere with -o",
    errno.EFBIG: "nothing was written; files here may not be that large, so name a place elsewhere with -o",
    errno.EACCES: "nothing was written; name a place that you may write to with -o",
    errno.EROFS: "nothing was written; name a place that you may write to with -o",
}


class Code(IntEnum):
    """Exit codes of all commands."""

    OK = 0
    #: It was tried and did not work, or the answer is no: a model is refused, outputs differ, a file is not written.
    FAILED = 1
    #: The command line is wrong, or names a file that cannot be read.
    USAGE = 2
    #: Something is missing on this machine: the TensorRT-RTX library, a GPU, a Python package.
    MISSING = 3
    INTERRUPTED = 130


class Failure(click.ClickException):
    """Ends a command with a line on standard error.

    Parameters
    ----------
    cause
        What is wrong: one line.
    hint
        What to do next: one line, or nothing where the cause says it.
    code
        The exit code.
    details
        More lines, each of its own: the errors of a parser.
    """

    def __init__(self, cause: str, hint: str = "", code: Code = Code.FAILED, details: Sequence[str] = ()) -> None:
        super().__init__(cause)
        self.cause, self.hint, self.code, self.details = cause, hint, code, tuple(details)

    def format_message(self) -> str:
        """The cause and the hint in one line."""
        return f"{self.cause}; {self.hint}" if self.hint else self.cause


def suggestion(word: str, known: Iterable[str]) -> str:
    """A question such as ``did you mean 'build'?``; empty where nothing is close."""
    close = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {close[0]!r}?" if close else ""


def explain(error: BaseException) -> Failure:
    """The failure that an exception of any kind becomes."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, click.ClickException):
        return Failure(_line(error.format_message()), code=Code.USAGE)
    from trtx._core import errors

    if isinstance(error, errors.LibraryError):
        hint = "trtx doctor says where it was looked for, and what to do"
        return Failure(_line(str(error).split(" Tried:")[0].rstrip(".")), hint, Code.MISSING)
    if isinstance(error, errors.CudaError):
        return _cuda(error)
    if isinstance(error, errors.Error):
        first, *more = str(error).splitlines() or [type(error).__name__]
        first = without_subject(first).rstrip(":")
        hint = _after_parsing(error) if isinstance(error, errors.ParserError) else ""
        return Failure(
            _REFUSED.sub(r"TensorRT-RTX refuses \1", first), hint, details=[one.strip() for one in more if one]
        )
    if isinstance(error, ImportError):
        advice = "" if "pip install" in str(error) else "pip install what is missing"
        return Failure(_line(str(error)), advice, Code.MISSING)
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return Failure(f"{error.filename}: {what}" if error.filename else what, _OF_SYSTEM.get(error.errno or 0, ""))
    if isinstance(error, MemoryError):
        return Failure("the memory of this machine is used up")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failure(_line(what), "run it again with --debug for the traceback, and report that please")


def _after_parsing(error: errors.ParserError) -> str:
    if isinstance(error, OSError):
        return ""
    if any(info.node >= 0 or info.node_operator for info in error.errors):
        return "trtx check says it node by node, and whether --prepare helps"
    return "name an ONNX model"


def without_subject(text: str) -> str:
    """A message without the method that it begins with."""
    return _SUBJECT.sub("", text)


def _cuda(error: Exception) -> Failure:
    from trtx import cuda

    problem = cuda.driver_problem()
    if problem is None:
        return Failure(_line(str(error)), "trtx doctor says what is missing", Code.MISSING)
    cause = f"this needs a GPU: {problem[0].lower()}{problem[1:]}"
    return Failure(cause, "trtx doctor says what works without", Code.MISSING)


def _usage(error: click.UsageError) -> Failure:
    if isinstance(error, click.exceptions.NoSuchOption):
        close = error.possibilities or ()
        text = f"no such option {error.option_name!r}" + (f", did you mean {close[0]!r}?" if close else "")
    else:
        text = _line(error.format_message()).rstrip(".")
    path = error.ctx.command_path if error.ctx is not None else "trtx"
    return Failure(text[:1].lower() + text[1:], f"see {path} --help", Code.USAGE)


def _line(text: str) -> str:
    return " ".join(text.split())
