"""Values as NVIDIA's package has them: shapes that can be changed in place, and errors of the parser with methods."""

from __future__ import annotations

import ctypes
import operator
import sys
from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn, SupportsIndex, cast

from trtx import HostMemory, OnnxErrorCode, ParserErrorInfo
from trtx_sys import ffi

__all__ = ["Dims", "Dims2", "Dims3", "Dims4", "DimsHW", "NodeIndices", "ParserError", "Permutation"]

#: Whether a class of Python can have the buffer protocol.
HAS_BUFFERS = sys.version_info >= (3, 12)


class Dims(list[int]):
    """A shape: a list of int that equals tuples, too. A slice of it is a tuple."""

    __slots__ = ()
    __hash__: ClassVar[None]

    #: Most dimensions that a shape may have.
    MAX_DIMS: ClassVar[int] = 8
    _count: ClassVar[int | None] = None

    def __init__(self, *sizes: Any) -> None:
        count = self._count
        if len(sizes) == 1 and not isinstance(sizes[0], SupportsIndex):
            items = sizes[0]
            if count is not None and len(items) != count:
                raise ValueError(f"{type(self).__name__} has {count} dimensions, not {len(items)}")
        elif len(sizes) == (count or 0):
            items = sizes
        elif not sizes:
            items = (0,) * (count or 0)
        else:
            allowed = "a sequence" if count is None else f"{count} sizes or a sequence of them"
            raise TypeError(f"{type(self).__name__} takes {allowed}, not {len(sizes)} arguments")
        numbers = [operator.index(size) for size in cast("Iterable[Any]", items)]
        if len(numbers) > self.MAX_DIMS:
            raise ValueError(f"a shape has at most {self.MAX_DIMS} dimensions, not {len(numbers)}")
        super().__init__(numbers)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return tuple(found) if isinstance(index, slice) else found

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (list, tuple)):
            return list.__eq__(self, list(other))
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return repr(tuple(self))


class Dims2(Dims):
    """A shape of two dimensions."""

    __slots__ = ()
    _count = 2


class Dims3(Dims):
    """A shape of three dimensions."""

    __slots__ = ()
    _count = 3


class Dims4(Dims):
    """A shape of four dimensions."""

    __slots__ = ()
    _count = 4


class DimsHW(Dims2):
    """A height and a width."""

    __slots__ = ()

    @property
    def h(self) -> int:
        """The first of the two."""
        return self[0]  # type: ignore[no-any-return]

    @h.setter
    def h(self, value: int) -> None:
        self[0] = value

    @property
    def w(self) -> int:
        """The second of the two."""
        return self[1]  # type: ignore[no-any-return]

    @w.setter
    def w(self, value: int) -> None:
        self[1] = value


class UnknownDims(Dims):
    """A shape of which not even the number of dimensions is known: it has no length."""

    __slots__ = ()

    def _refuse(self, index: Any = None) -> NoReturn:
        raise ValueError("the number of dimensions is not known")

    __len__ = _refuse
    __iter__ = _refuse
    __getitem__ = _refuse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownDims)

    def __repr__(self) -> str:
        return "(unknown rank)"


class Permutation(Dims):
    """An order of axes."""

    __slots__ = ()


class NodeIndices(list[int]):
    """Indices of nodes in a model."""

    __slots__ = ()


class ParserError(ParserErrorInfo):
    """An error of the parser: a `trtx.ParserErrorInfo` whose parts are read by methods."""

    __slots__ = ()

    def _part(self, index: int) -> Any:
        return tuple.__getitem__(self, index)

    def code(self) -> OnnxErrorCode:  # type: ignore[override]
        """What kind of error it is."""
        return OnnxErrorCode(self._part(0))

    def desc(self) -> str:
        """TensorRT-RTX's words."""
        return str(self._part(1))

    def file(self) -> str:  # type: ignore[override]
        """Source file of NVIDIA's parser that reports it."""
        return str(self._part(2))

    def line(self) -> int:  # type: ignore[override]
        """Line in that file."""
        return int(self._part(3))

    def func(self) -> str:
        """Function in that file."""
        return str(self._part(4))

    def node(self) -> int:  # type: ignore[override]
        """Index of the node in the model's graph; -1 for none."""
        return int(self._part(5))

    def node_name(self) -> str:  # type: ignore[override]
        """Name of the node."""
        return str(self._part(6))

    def node_operator(self) -> str:  # type: ignore[override]
        """Operator of the node."""
        return str(self._part(7))

    def local_function_stack(self) -> list[str]:  # type: ignore[override]
        """Names of the ONNX functions that the node is in, outermost first."""
        return list(self._part(8))

    def local_function_stack_size(self) -> int:
        """How many there are."""
        return len(self.local_function_stack())

    def __str__(self) -> str:
        return str(ParserErrorInfo(*self))

    __repr__ = __str__


class _Bytes:
    """What `memory_with_buffer` adds to an array of bytes: everything that the `HostMemory` has."""

    _memory: HostMemory

    def __getattr__(self, name: str) -> Any:
        if name == "_memory":  # not set yet
            raise AttributeError(name)
        return getattr(self._memory, name)

    @property  # type: ignore[misc]
    def __class__(self) -> type[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return type(self._memory)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return repr(self._memory)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def memory_with_buffer(memory: HostMemory) -> Any:
    """Host memory that files, numpy and ``memoryview`` can read, before Python 3.12.

    No class written in Python has the buffer protocol there. An array of ctypes has it: this one lies where the memory
    is, nothing is copied, and it passes for the `HostMemory` otherwise.
    """
    view = memory.view()
    size = len(view)
    kind: Any = type("IHostMemory", (_Bytes, ctypes.c_ubyte * size), {})
    made = kind.from_address(int(ffi.cast("intptr_t", memory._data)))
    made._memory, made._view = memory, view  # the view keeps the bytes, also after close()
    return made
