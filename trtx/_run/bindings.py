"""The addresses of a context's inputs and outputs, kept where one native call can read them all."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from trtx_sys._ffi import ffi

from ..cuda import ADDRESS_MAX


class Bindings:
    """A ``trtx_bindings`` with its arrays.

    Parameters
    ----------
    names : mapping of str to bytes
        The engine's inputs and outputs, with their native forms.
    """

    __slots__ = ("_names", "_told", "_view", "addresses", "index", "native")

    #: Where the address of a tensor is in `addresses`.
    index: dict[str, int]
    #: What the next run uses. An array of the standard library, as storing into one is faster than into one of cffi;
    #: an integer that is no address raises OverflowError.
    addresses: array[int]
    #: The struct, for the shim.
    native: Any

    def __init__(self, names: Mapping[str, bytes]) -> None:
        strings = [ffi.new("char[]", encoded) for encoded in names.values()]
        self._names = ffi.new("const char *[]", strings), strings
        self._told = ffi.new("trtx_address[]", len(names))
        self.addresses = array("Q", bytes(ffi.sizeof(self._told)))
        self._view = ffi.from_buffer("trtx_address[]", self.addresses)
        self.index = {name: index for index, name in enumerate(names)}
        # "running" is 0: the call of a run sets it meanwhile.
        fields = {"count": len(names), "names": self._names[0], "addresses": self._view, "told": self._told}
        self.native = ffi.new("trtx_bindings *", fields)

    def tell_again(self) -> None:
        """Let the next run hand over every address: the library may have forgotten them."""
        for index in range(len(self._told)):
            self._told[index] = ADDRESS_MAX
