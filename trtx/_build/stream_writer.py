"""`StreamWriter`: takes an engine in pieces while it is serialized."""

from __future__ import annotations

from typing import Any, ClassVar

from trtx_sys._ffi import ffi

from .._core.callbacks import Callback, trampoline
from .._core.errors import BuilderError
from .._core.public import public
from .._core.values import reject

__all__ = ["StreamWriter"]


@public
class StreamWriter(Callback):
    """Takes an engine in pieces (``IStreamWriter``); derive from it for `Builder.build_serialized_network_to_stream`.

    In its place any binary file is taken, any other object with such a method, and a function that is called as
    ``function(data)``.
    """

    __slots__ = ()

    _native: ClassVar[str] = "stream_writer"
    _methods: ClassVar[tuple[str, ...]] = ("write",)
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("write",),)
    _function: ClassVar[str | None] = "write"

    def write(self, data: bytes, /) -> int:
        """Take the next bytes (``IStreamWriter::write``).

        Parameters
        ----------
        data : bytes
            A copy, which may be kept.

        Returns
        -------
        int
            How many bytes were taken: all, or the build fails.
        """
        raise NotImplementedError

    @classmethod
    def _implementation(cls, value: object, name: str) -> Any:
        if isinstance(value, type) or not (callable(value) or callable(getattr(value, "write", None))):
            reject(name, value, "a binary file or another object with a method write(bytes) -> int, or such a function")
        is_other = not isinstance(value, cls) and callable(getattr(value, "write", None))
        return value if is_other else super()._implementation(value, name)


@trampoline("trtx_py_stream_writer_write", error=-1)
def _write(writer: Any, data: Any, size: int) -> int:
    # A copy: the writer may keep what it gets, and the library's memory is gone after the call.
    written = writer.write(ffi.buffer(data, size)[:])
    if type(written) is not int:
        raise TypeError(f"{type(writer).__name__}.write must return the number of bytes written, not {written!r}")
    if written != size:
        raise BuilderError(f"{type(writer).__name__}.write took {written} of {size} bytes; it must take all")
    return written
