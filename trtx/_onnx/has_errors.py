"""`HasErrors`: the errors that a native parser, or its refitter, has noted."""

from __future__ import annotations

from typing import Any, ClassVar, SupportsIndex

from .._core.accessors import changed
from .._core.handle import Handle
from .._core.values import check_index
from .report import ParserErrorInfo


class HasErrors(Handle):
    """A base of `OnnxParser` and `OnnxParserRefitter`."""

    __slots__ = ()

    #: A static method that copies the errors of a native object, and the C function that clears them.
    _read_errors: ClassVar[Any]
    _clear_errors: ClassVar[Any]

    @property
    def errors(self) -> tuple[ParserErrorInfo, ...]:
        """The errors of TensorRT-RTX since the object was made, or since `clear_errors`.

        (``IParser::getError``, ``IParserRefitter::getError``)
        """
        found: tuple[ParserErrorInfo, ...] = self._long("errors", self._read_errors)  # which makes several calls
        return found

    def get_error(self, index: SupportsIndex) -> ParserErrorInfo:
        """One of `errors` (``IParser::getError``, ``IParserRefitter::getError``).

        Parameters
        ----------
        index : int
            From 0 to ``num_errors - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such error.
        """
        errors = self.errors
        return errors[check_index(index, "index", len(errors), "errors")]

    def clear_errors(self) -> None:
        """Forget the errors (``IParser::clearErrors``, ``IParserRefitter::clearErrors``)."""
        what = "clear_errors"
        self._check(changed(self, what, self, self._clear_errors), what)
