"""`ErrorRecorder`: is told of errors, beside the exceptions that they come with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, SupportsIndex

from trtx_sys._enums_gen import ErrorCode

from .callbacks import Callback, trampoline
from .errors import readable, text
from .handle import Handle
from .public import public
from .values import check_index

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ErrorRecorder", "RecordedError"]

_CODES = {int(code): code for code in ErrorCode}

#: More errors than these are counted only.
_MOST = 1024


@public
class RecordedError(NamedTuple):
    """An error as an `ErrorRecorder` was told it.

    Attributes
    ----------
    code : ErrorCode
    desc : str
    """

    code: ErrorCode
    desc: str


@public
class ErrorRecorder(Callback):
    """Collects errors (``IErrorRecorder``); assign one to ``error_recorder`` of a builder, network, runtime, engine ...

    It works as it is: errors come as exceptions in any case, and what led to them is here in addition, with codes.
    Derive from it to hear of each error in `report_error`. In its place a function is taken that is called as
    ``function(code, desc)``.

    Notes
    -----
    One recorder may serve any number of objects and threads. What an object makes while it has a recorder, keeps using
    it. With a recorder, TensorRT-RTX tells it of errors *instead of the logger*; warnings go to the logger as before.
    An `OnnxParser` puts a recorder of its own in the place of the network's: what it hears there is in its exceptions.
    The builder's recorder is told of the build as before.

    Errors of short calls are told when TensorRT-RTX has returned, those of long calls (builds, runs ...) at once, maybe
    on a thread of the library. So TensorRT-RTX itself does not read a recorder of Python: `num_errors` and the like are
    for the program.
    """

    __slots__ = ()

    _native: ClassVar[str] = "error_recorder"
    # The others of the interface in C are left alone: they would be called inside of short calls.
    _methods: ClassVar[tuple[str, ...]] = ("report_error",)
    _function: ClassVar[str | None] = "report_error"

    _errors: list[RecordedError]
    _dropped: int

    def __new__(cls, *_: object, **__: object) -> Self:
        recorder = super().__new__(cls)
        recorder._errors, recorder._dropped = [], 0
        return recorder

    def report_error(self, code: ErrorCode, desc: str) -> bool | None:
        """Take an error (``IErrorRecorder::reportError``). This one keeps the first 1024.

        Parameters
        ----------
        code : ErrorCode
        desc : str
            What TensorRT-RTX says of it.

        Returns
        -------
        bool or None
            True asks TensorRT-RTX to end what it is doing. That counts in long calls only; all others are over by then.

        Notes
        -----
        What it raises comes out of the call that led to the error, with TensorRT-RTX's own error as its context.
        """
        if len(self._errors) < _MOST:
            self._errors.append(RecordedError(code, desc))
        else:
            self._dropped += 1
        return False

    @property
    def errors(self) -> tuple[RecordedError, ...]:
        """The errors that are kept, oldest first."""
        return tuple(self._errors)

    def num_errors(self) -> int:
        """Count the errors that are kept (``IErrorRecorder::getNbErrors``)."""
        return len(self._errors)

    def get_error_code(self, index: SupportsIndex) -> ErrorCode:
        """Code of an error (``IErrorRecorder::getErrorCode``).

        Parameters
        ----------
        index : int
            From 0, the oldest, to `num_errors` - 1.

        Raises
        ------
        InvalidArgumentError
            If there is no such error.
        """
        return self._error(index).code

    def get_error_desc(self, index: SupportsIndex) -> str:
        """Words of an error (``IErrorRecorder::getErrorDesc``).

        Parameters
        ----------
        index : int
            From 0, the oldest, to `num_errors` - 1.

        Raises
        ------
        InvalidArgumentError
            If there is no such error.
        """
        return self._error(index).desc

    def has_overflowed(self) -> bool:
        """Whether there were more errors than are kept (``IErrorRecorder::hasOverflowed``)."""
        return self._dropped > 0

    def clear(self) -> None:
        """Forget all errors (``IErrorRecorder::clear``)."""
        self._errors, self._dropped = [], 0

    def _error(self, index: SupportsIndex) -> RecordedError:
        errors = self._errors
        return errors[check_index(index, "index", len(errors), "errors")]


#: What may be assigned to ``error_recorder``.
Recorder = ErrorRecorder | Callable[[ErrorCode, str], object]


class RecordsErrors(Handle):
    """What an error recorder can be set on."""

    __slots__ = ()

    #: The C functions that set and get it.
    _set_error_recorder: ClassVar[Any]
    _get_error_recorder: ClassVar[Any]

    @property
    def error_recorder(self) -> Recorder | None:
        """Is told of errors, beside the exceptions; None, the default, for nobody (``setErrorRecorder``).

        An `ErrorRecorder`, or a function that is called as ``function(code, desc)``. It is kept alive. What this object
        makes may use it too, from the beginning; its own ``error_recorder`` tells.

        Raises
        ------
        InvalidArgumentError
            If it is set to anything else, or to an object with a misspelt method.
        BusyError
            If it is set while a long call uses the object.
        """
        # Asked of the library, as some objects take over what their maker had.
        pointer = self._get_error_recorder(self._ptr)
        for group in list(self._bridges.values()) if pointer else ():
            for bridge in group:
                if bridge.pointer == pointer:
                    found: Recorder = bridge.value
                    return found
        return None

    @error_recorder.setter
    def error_recorder(self, recorder: Recorder | None) -> None:
        what, function = "error_recorder", self._set_error_recorder
        # Alone: a long call that runs may be telling the recorder that would go.
        self._refuse_change(what)
        status = self._refer_to(
            what, ErrorRecorder, recorder, lambda pointer: self._long(what, function, pointer, alone=(self,))
        )
        self._check(status, what)


@trampoline("trtx_py_error_recorder_report_error", error=False)
def _report_error(recorder: ErrorRecorder, code: int, desc: Any) -> bool:
    known = _CODES.get(code, ErrorCode.UNSPECIFIED_ERROR)
    return bool(recorder.report_error(known, readable(text(desc))))
