"""`HostMemory`: what TensorRT-RTX serialized."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import DataType
from trtx_sys._ffi import ffi, lib

from .calls import new_place
from .files import save
from .handle import Handle
from .public import public

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Self

__all__ = ["HostMemory"]

#: `inspect.BufferFlags.WRITABLE`.
_WRITABLE = 1


@public
class HostMemory(Handle):
    """A block of memory that TensorRT-RTX allocated: a serialized engine, a cache, a set of weights (``IHostMemory``).

    It depends on no other object, so it may outlive the builder or engine that made it. ``len(memory)`` is its size in
    bytes and ``bytes(memory)`` a copy; `view` reads it in place, as do ``numpy.asarray(memory)`` and, since
    Python 3.12, ``memoryview(memory)``.

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

    @classmethod
    def from_handle(cls, handle: Any) -> Self:
        """Take memory that a function of `trtx_sys` made.

        Parameters
        ----------
        handle : trtx_host_memory *
            The pointer. This object becomes one more owner of the memory: whoever had it still has to destroy it.

        Raises
        ------
        InvalidArgumentError
            If it is no such pointer, or if the memory has been destroyed.
        """
        return cls._share(handle, "trtx_host_memory")

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The bytes as numpy sees them: an array of uint8 in place, read-only, as `view` gives them.

        numpy reads buffers first, so this is what it asks before Python 3.12, where classes have none. Without it, it
        would make an array of this one object, and say nothing.
        """
        import numpy as np

        array: npt.NDArray[np.uint8] = np.frombuffer(self.view(), np.uint8)
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"copy is False, but the bytes of a HostMemory cannot be shown as {dtype} without one")
            return array.astype(dtype)
        return array.copy() if copy else array

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the memory to a file, completely or not at all where that can be done.

        The bytes go to a new file beside, which then takes the place of the old one. Nobody sees a half-written file,
        and if it fails, what was there stays as it was.

        Parameters
        ----------
        path : str or path-like
            The file, new or to be replaced: any regular one that `open` can write. A symbolic link is followed; the
            permissions of a file that is replaced stay as they are.

        Returns
        -------
        str
            Absolute path of the file.

        Raises
        ------
        InvalidArgumentError
            If the path is none, or names something else than a regular file.
        OSError
            If the file cannot be written; it names the path as it was given.

        Notes
        -----
        Where there can be no other file beside, or none can take its place, the file itself is written: in a folder
        that is read-only, for a file that is mounted by itself as containers do it, at the limit of a path's length. If
        that fails midway, the file is half-written, and the error has a note that says so.
        """
        return save(path, self.view())

    def _details(self) -> str:
        return f"{self.nbytes} bytes"
