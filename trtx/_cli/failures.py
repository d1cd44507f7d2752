"""What goes wrong in a command: exit codes, and the line that names the cause and the next step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from enum import IntEnum

import click


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
        return Failure(_line(str(error)), "trtx doctor says what is missing", Code.MISSING)
    if isinstance(error, errors.Error):
        first, *more = str(error).splitlines() or [type(error).__name__]
        return Failure(first.rstrip(":"), details=[line.strip() for line in more if line.strip()])
    if isinstance(error, ImportError):
        return Failure(_line(str(error)), "pip install it", Code.MISSING)
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return Failure(f"{error.filename}: {what}" if error.filename else what)
    if isinstance(error, MemoryError):
        return Failure("the memory of this machine is used up")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failure(_line(what), "run it again with --debug for the traceback, and report that please")


def _usage(error: click.UsageError) -> Failure:
    path = error.ctx.command_path if error.ctx is not None else "trtx"
    text = _line(error.format_message()).rstrip(".")
    return Failure(text[:1].lower() + text[1:], f"{path} --help lists what there is", Code.USAGE)


def _line(text: str) -> str:
    return " ".join(text.split())
