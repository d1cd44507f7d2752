"""`HostMemory`: what TensorRT-RTX serialized."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import Any

from trtx_sys._enums_gen import DataType
from trtx_sys._ffi import ffi, lib

from .calls import new_place
from .handle import Handle
from .public import public
from .values import reject

__all__ = ["HostMemory"]

#: `inspect.BufferFlags.WRITABLE`.
_WRITABLE = 1


@public
class HostMemory(Handle):
    """A block of memory that TensorRT-RTX allocated: a serialized engine, a cache, a set of weights (``IHostMemory``).

    It depends on no other object, so it may outlive the builder or engine that made it. ``len(memory)`` is its size in
    bytes and ``bytes(memory)`` a copy; `view` reads it in place, as does ``memoryview(memory)`` since Python 3.12.

    Notes
    -----
    The memory never changes, so any number of threads may read it. Views keep it alive: after `close` it is freed when
    the last view is gone.
    """

    __slots__ = ("_data", "_size")

    _is_shared = True
    #: Where the bytes are, as the library said when it handed them out.
    _data: Any
    _size: int

    def _prepare(self, pointer: Any) -> None:
        self._data = ffi.cast("char *", lib.trtx_host_memory_data(pointer))
        self._size = lib.trtx_host_memory_size(pointer)

    def _how_to_make(self) -> str:
        return "Builder.build_serialized_network() and the serialize() methods make them."

    @property
    def nbytes(self) -> int:
        """Size in bytes (``IHostMemory::size``)."""
        _ = self._ptr
        return self._size

    def __len__(self) -> int:
        return self.nbytes

    def __bool__(self) -> bool:
        return True  # also where it is empty or closed

    @property
    def dtype(self) -> DataType:
        """Type of the elements; serialized data is of `DataType.INT8` or `DataType.UINT8` (``IHostMemory::type``)."""
        return DataType(lib.trtx_host_memory_type(self._ptr))

    def view(self) -> memoryview:
        """Read the memory in place (``IHostMemory::data``).

        Returns
        -------
        memoryview
            Bytes, read-only. It stays valid after `close`: the memory is freed when the last view is gone.

        Raises
        ------
        ClosedError
            If the memory has been closed before.
        """
        owner = new_place("trtx_host_memory")
        self._check(lib.trtx_retain(self._ptr, owner), "view")
        # A destructor without Python code: an interrupt that comes in such code is lost, and the memory with it.
        data = ffi.gc(self._data, {self._data: owner}.pop)
        return memoryview(ffi.buffer(data, self._size)).toreadonly()

    def __bytes__(self) -> bytes:
        return self.view().tobytes()

    def __buffer__(self, flags: int) -> memoryview:
        if flags & _WRITABLE:
            raise BufferError("a HostMemory is read-only")
        return self.view()

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the memory to a file, completely or not at all.

        The bytes go to a new file beside, which then takes the place of the old one. Nobody sees a half-written file,
        and if it fails, what was there stays as it was.

        Parameters
        ----------
        path : str or path-like
            The file, new or to be replaced. A symbolic link is followed; the permissions of a file that is replaced
            stay as they are.

        Returns
        -------
        str
            Absolute path of the file.

        Raises
        ------
        InvalidArgumentError
            If the path is none, or names something else than a regular file.
        OSError
            If the file cannot be written.
        """
        return _write_file(path, self.view())

    def _details(self) -> str:
        return f"{self.nbytes} bytes"


def _write_file(path: str | os.PathLike[str], data: memoryview) -> str:
    try:
        target = os.path.realpath(os.fsdecode(path))
    except (TypeError, ValueError):  # of another type, or with a NUL
        reject("path", path, "a str or path-like object that names a file")
    try:
        found: int | None = os.stat(target).st_mode
    except FileNotFoundError:
        found = None
    if (found is not None and not stat.S_ISREG(found)) or not os.path.basename(target):
        reject("path", path, "a regular file, or one that does not exist yet")
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name[:200]}.{os.urandom(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(draft, flags, 0o666)
    except OSError as error:  # name the file that was asked for
        raise type(error)(error.errno, error.strerror, target) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            # The mode of a new file is what the umask leaves; while it is written it is nobody else's business.
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode if found is None else found)
            _set_mode(descriptor, 0o600)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            _set_mode(descriptor, mode)
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one that tells
            os.unlink(draft)
        raise
    return target


def _set_mode(descriptor: int, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
