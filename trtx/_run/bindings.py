"""The addresses of a context's inputs and outputs, kept where one native call can read them all."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from trtx_sys._ffi import ffi

from .._core.values import ADDRESS_MAX


class Bindings:
    """A ``trtx_bindings`` with its arrays.

    Parameters
    ----------
    names : mapping of str to bytes
        The engine's inputs and outputs, with their native forms.
    """

    __slots__ = ("_names", "_told", "_views", "addresses", "index", "native", "running")

    #: Where the address of a tensor is in `addresses`.
    index: dict[str, int]
    #: What the next run uses. An array of the standard library, as storing into one is faster than into one of cffi;
    #: an integer that is no address raises OverflowError.
    addresses: array[int]
    #: One byte, which is 1 while a run is under way.
    running: bytearray
    #: The struct, for the shim.
    native: Any

    def __init__(self, names: Mapping[str, bytes]) -> None:
        strings = [ffi.new("char[]", encoded) for encoded in names.values()]
        self._names = ffi.new("const char *[]", strings), strings
        self._told = ffi.new("trtx_address[]", len(names))
        self.addresses = array("Q", bytes(ffi.sizeof(self._told)))
        self.running = bytearray(1)
        view, running = ffi.from_buffer("trtx_address[]", self.addresses), ffi.from_buffer("uint8_t[]", self.running)
        self._views = view, running
        self.index = {name: index for index, name in enumerate(names)}
        fields = {
            "count": len(names),
            "names": self._names[0],
            "addresses": view,
            "told": self._told,
            "running": running,
        }
        self.native = ffi.new("trtx_bindings *", fields)

    def tell_again(self) -> None:
        """Let the next run hand over every address: the library may have forgotten them."""
        for index in range(len(self._told)):
            self._told[index] = ADDRESS_MAX
