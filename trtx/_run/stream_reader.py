"""`StreamReader`: delivers an engine in pieces while it is deserialized."""

from __future__ import annotations

import operator
import os
from typing import Any, BinaryIO, ClassVar, Protocol

from trtx_sys._enums_gen import SeekPosition

from .._core.accessors import Members
from .._core.callbacks import Callback, trampoline
from .._core.errors import EngineError
from .._core.gpu_allocator import as_success
from .._core.public import public
from .._core.values import reject
from ..cuda import copy_in

__all__ = ["StreamReader"]

_POSITIONS = Members(SeekPosition)


@public
class StreamReader(Callback):
    """Delivers an engine in pieces (``IStreamReaderV2``); derive from it for `Runtime.deserialize_cuda_engine`.

    In its place any binary file is taken, and any other object with ``read(size) -> bytes``: it is read from where it
    stands. Without a ``seek`` it is read whole before the call.

    Notes
    -----
    What the methods raise comes out of the call that reads.
    """

    __slots__ = ()

    _native: ClassVar[str] = "stream_reader_v2"
    _methods: ClassVar[tuple[str, ...]] = ("read", "seek")
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("read", "seek"),)

    def read(self, destination: int, num_bytes: int, stream: int) -> int:
        """Deliver the next bytes (``IStreamReaderV2::read``).

        Parameters
        ----------
        destination : int
            Address where to write them: **on the host or on the device**. `deliver` does the right thing.
        num_bytes : int
            How many are wanted.
        stream : int
            The CUDA stream, as an integer, on which to copy to the device.

        Returns
        -------
        int
            How many were delivered; fewer than were wanted at the end of the data only, and 0 beyond that.
        """
        raise NotImplementedError

    def seek(self, offset: int, where: SeekPosition) -> bool | None:
        """Go to another place in the data (``IStreamReaderV2::seek``).

        Parameters
        ----------
        offset : int
            Bytes from there.
        where : SeekPosition
            SET is the beginning of the engine, CUR the present place, END its end.

        Returns
        -------
        bool or None
            False is a failure; anything but a bool or None is a `TypeError`.
        """
        raise NotImplementedError

    def deliver(self, destination: int, data: Any, stream: int) -> int:
        """Copy bytes to where `read` is to write them, host or device, and wait until they are there.

        Parameters
        ----------
        destination, stream : int
            What `read` got.
        data : bytes, or anything else with the buffer protocol

        Returns
        -------
        int
            Number of bytes, for `read` to return.

        Raises
        ------
        CudaError
            If copying to the device fails.
        """
        size = memoryview(data).nbytes
        if size:
            copy_in(operator.index(destination), data, operator.index(stream))
        return size

    @classmethod
    def _implementation(cls, value: object, name: str) -> Any:
        if isinstance(value, cls):
            return super()._implementation(value, name)
        if isinstance(value, type) or not is_file(value):
            reject(name, value, "a trtx.StreamReader, or a binary file or another object with read(size) -> bytes")
        return _FileReader(value)


class HasRead(Protocol):
    """What can be read like a file."""

    def read(self, size: int, /) -> bytes: ...


#: What an engine can be read from in pieces.
Reader = StreamReader | BinaryIO | HasRead


def is_file(value: object) -> bool:
    """Whether a value can be read like a file; what has a buffer as well is no file."""
    if not callable(getattr(value, "read", None)):
        return False
    try:
        memoryview(value)  # type: ignore[arg-type]
    except TypeError:
        return True
    return False


class _FileReader:
    """A file as a reader. The engine begins where the file stands, and ends where it ends."""

    def __init__(self, file: Any) -> None:
        self._file = file
        seekable = getattr(file, "seekable", None)
        self._can_seek = bool(seekable()) if callable(seekable) else callable(getattr(file, "seek", None))
        self._start = int(file.tell()) if self._can_seek and callable(getattr(file, "tell", None)) else 0
        #: All that is left, of what cannot go back.
        self._whole: bytes | None = None
        self._position = 0

    def read(self, destination: int, num_bytes: int, stream: int) -> int:
        done = 0
        while done < num_bytes:  # a raw file or a socket may give less than there is
            data = self._next(num_bytes - done)
            if not data:
                break
            copy_in(destination + done, data, stream)
            done += len(data)
        return done

    def seek(self, offset: int, where: SeekPosition) -> bool:
        if self._can_seek:
            base = self._start if where is SeekPosition.SET else 0
            self._file.seek(base + offset, (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END)[where])
            return True
        base = (0, self._position, len(self._rest()))[where]
        self._position = min(max(base + offset, 0), len(self._rest()))
        return True

    def _next(self, most: int) -> Any:
        if self._can_seek:
            data = self._file.read(most)
        else:
            whole = self._rest()
            data = memoryview(whole)[self._position : self._position + most]
            self._position += len(data)
        if isinstance(data, (bytes, bytearray, memoryview)):
            if len(data) > most:
                raise EngineError(f"{type(self._file).__name__}.read gave {len(data)} bytes where {most} were wanted")
            return data
        kind = type(self._file).__name__
        if data is None:
            raise EngineError(f"{kind}.read gave None: it does not block, and has nothing to read yet")
        raise TypeError(f"{kind}.read must return bytes, not {type(data).__name__}; open files with mode 'rb'")

    def _rest(self) -> bytes:
        if self._whole is None:
            pieces = []
            while True:
                piece = self._file.read(1 << 20)
                if not isinstance(piece, (bytes, bytearray)):
                    raise TypeError(f"{type(self._file).__name__}.read must return bytes, not {type(piece).__name__}")
                if not piece:
                    break
                pieces.append(piece)
            self._whole = b"".join(pieces)
        return self._whole


@trampoline("trtx_py_stream_reader_v2_read", error=-1)
def _read(reader: Any, destination: int, size: int, stream: int) -> int:
    count = reader.read(destination, size, stream)
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"{type(reader).__name__}.read must return the number of bytes delivered, not {count!r}")
    number = operator.index(count)
    if not 0 <= number <= size:
        raise ValueError(f"{type(reader).__name__}.read returned {number}; allowed is 0 to {size}, as many were wanted")
    return number


@trampoline("trtx_py_stream_reader_v2_seek", error=False)
def _seek(reader: Any, offset: int, where: int) -> bool:
    return as_success(reader.seek(offset, _POSITIONS[where]), reader, "seek")
